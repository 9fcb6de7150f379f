// A mark by which two programs know that they work on one database, even when they reach it by different
// addresses.

import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { DbOrTx } from './database.ts';

/** Says nothing of the database but that it is this one: a hash of the cluster's own number and the database's. */
export async function readDatabaseMark(db: DbOrTx): Promise<string> {
  const { rows } = await sql<{ mark: string }>`
    select system_identifier::text || '/' || (select oid from pg_database where datname = current_database())::text as mark
    from pg_control_system()`.execute(db);
  return createHash('sha256').update(`vipay database ${rows[0]?.mark}`).digest('hex').slice(0, 16);
}
