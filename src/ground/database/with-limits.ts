// Runs work on one connection with the time limits and planning of another purpose than the connection's own.

import { sql } from 'kysely';
import type { DbOrTx } from './database.ts';
import { type Purpose, purposeNames, purposeStatement } from './session.ts';

/** `db` is one connection, not a pool. Its own settings hold again afterwards. */
export async function withLimits<T>(db: DbOrTx, purpose: Purpose, work: () => Promise<T>): Promise<T> {
  const { rows } = await sql<{ name: string; value: string }>`
    select name, current_setting(name) as value from pg_settings where name = any (${purposeNames})`.execute(
    db,
  );
  await sql.raw(purposeStatement(purpose)).execute(db);
  try {
    return await work();
  } finally {
    // A connection that was lost meanwhile has nothing to be restored.
    for (const { name, value } of rows)
      await sql`select set_config(${name}, ${value}, false)`.execute(db).catch(() => undefined);
  }
}
