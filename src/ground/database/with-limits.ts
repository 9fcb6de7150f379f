// Work on one connection under the limits of another purpose than the connection's own.

import { sql } from 'kysely';
import type { DbOrTx } from './database.ts';
import { limitNames, limitsStatement, type Purpose } from './session.ts';

/** `db` is one connection, not a pool. Its own limits hold again afterwards. */
export async function withLimits<T>(db: DbOrTx, purpose: Purpose, work: () => Promise<T>): Promise<T> {
  const { rows } = await sql<{ name: string; value: string }>`
    select name, current_setting(name) as value from pg_settings where name = any (${limitNames})`.execute(
    db,
  );
  await sql.raw(limitsStatement(purpose)).execute(db);
  try {
    return await work();
  } finally {
    // A connection that was lost meanwhile has nothing to be restored.
    for (const { name, value } of rows)
      await sql`select set_config(${name}, ${value}, false)`.execute(db).catch(() => undefined);
  }
}
