// All SQL of the sweep that ends orders whose time is over, many at a time.

import { sql } from 'kysely';
import { uuidv7 } from 'uuidv7';
import type { DbOrTx, Tx } from '../../ground/database/index.ts';

/** Ends those that are open, past their time and held by nobody, with their notifications; returns their ids. */
export async function expireOrders(tx: Tx, orderIds: readonly string[], now: Date): Promise<string[]> {
  const { rows } = await sql<{ expired: string[] }>`
    select orders_expire(${orderIds}::uuid[], ${orderIds.map(() => uuidv7())}::uuid[], ${now})::text[] as expired`.execute(
    tx,
  );
  return rows[0]?.expired ?? [];
}

/** Sets an order aside that could not be ended, or counts one more failure of it. */
export async function setOrderAside(
  db: DbOrTx,
  failed: { orderId: string; fault: string; now: Date; waitSecondsMax: number },
): Promise<void> {
  await sql`
    with taken as (
      delete from order_deadlines d using orders o
      where o.id = ${failed.orderId} and d.expires_at = o.expires_at and d.order_id = o.id)
    insert into order_deadline_faults as f (order_id, expires_at, failures, failed_at, retry_at, fault)
    select o.id, o.expires_at, 1, ${failed.now}, ${failed.now}::timestamptz + interval '1 minute', ${failed.fault}
    from orders o where o.id = ${failed.orderId}
    on conflict (order_id) do update set failures = f.failures + 1, failed_at = excluded.failed_at,
      fault = excluded.fault, retry_at = excluded.failed_at + make_interval(
        secs => least(60 * power(2, least(f.failures, 20)), ${failed.waitSecondsMax}::int))`.execute(db);
}

/** Orders set aside whose next try is due, longest waiting first. */
export async function listDueFaults(db: DbOrTx, now: Date, limit: number): Promise<string[]> {
  const { rows } = await sql<{ orderId: string }>`
    select order_id as "orderId" from order_deadline_faults
    where retry_at <= ${now} order by retry_at limit ${limit}`.execute(db);
  return rows.map(({ orderId }) => orderId);
}

/** Forgets the fault of an order that has ended, however it did. */
export async function deleteSettledFault(db: DbOrTx, orderId: string): Promise<void> {
  await sql`
    delete from order_deadline_faults f using orders o
    where f.order_id = ${orderId} and o.id = f.order_id and o.status <> 'open'`.execute(db);
}

export type OverdueOrders = {
  /** Orders that could not be ended and wait apart. */
  setAside: number;
  /** The oldest deadline that has passed and that the sweep has not looked at since; null: none. */
  oldestPassed: Date | null;
};

export async function readOverdueOrders(db: DbOrTx, now: Date): Promise<OverdueOrders> {
  const { rows } = await sql<OverdueOrders>`
    select (select count(*)::int from order_deadline_faults) as "setAside",
      (select min(expires_at) from order_deadlines where expires_at <= ${now}) as "oldestPassed"`.execute(db);
  return rows[0] ?? { setAside: 0, oldestPassed: null };
}
