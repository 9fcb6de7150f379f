// Whether a transaction and all before it have ended: then what they wrote is final.

import { sql } from 'kysely';
import type { DbOrTx } from './database.ts';

/**
 * Whether every transaction of this database with a lower id has ended. The snapshot speaks of the whole
 * server, so a long transaction of another database could make it say no. Only then the locks are read: each
 * transaction holds a lock on its own id until it has ended.
 */
export async function hasPassed(db: DbOrTx, xid: string): Promise<boolean> {
  const { rows } = await sql<{ passed: boolean }>`
    select case when pg_snapshot_xmin(pg_current_snapshot()) >= ${xid}::xid8 then true
      else not exists (
        select from pg_locks l
        left join pg_stat_activity a on a.pid = l.pid
        left join pg_prepared_xacts p on p.transaction = l.transactionid
        where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted
          and coalesce(a.datname, p.database, current_database()) = current_database()
          and age(l.transactionid) > age(${xid}::xid8::xid)) end as passed`.execute(db);
  return rows[0]?.passed === true;
}
