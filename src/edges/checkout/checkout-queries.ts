// All SQL of the checkout: its sessions, and everything a request to it needs to know, in one statement.

import { type RawBuilder, sql } from 'kysely';
import { findOrder } from '../../business/orders/index.ts';
import { joinPayer, type PaymentRecord, recordList, toRecord } from '../../business/payments/index.ts';
import { type Columns, type DbOrTx, rowReader, selectList } from '../../ground/database/index.ts';

export type CheckoutSession = { id: string; orderId: string; walletId: string; expiresAt: Date };

export type SessionRow = CheckoutSession & { browserHash: Buffer };

const sessionColumns: Columns<SessionRow> = {
  id: 'id',
  orderId: 'order_id',
  walletId: 'wallet_id',
  expiresAt: 'expires_at',
  browserHash: 'browser_hash',
};

const sessionList = selectList(sessionColumns, { from: 's', as: 'session' });

const readSession = rowReader(sessionColumns, { as: 'session', key: 'id' });

export type FoundCheckout = PaymentRecord & { session: SessionRow | null };

/**
 * The order, the open session behind `tokenHash` if it is of this order, the latest payment of that session, and the
 * wallet that is signed in. Null when there is no such order.
 */
export async function findCheckout(
  db: DbOrTx,
  { orderId, tokenHash, now }: { orderId: string; tokenHash: Buffer | null; now: Date },
): Promise<FoundCheckout | null> {
  // Nobody is signed in: there is the order and no more.
  if (tokenHash === null) {
    const order = await findOrder(db, orderId);
    return order && { order, payment: null, payer: null, confirmation: null, session: null };
  }
  const { rows } = await sql<Record<string, unknown>>`
    select ${recordList}, ${sessionList}
    from orders o
    left join checkout_sessions s on s.token_hash = ${tokenHash} and s.order_id = o.id
      and s.ended_at is null and s.expires_at > ${now}
    left join lateral (
      select * from payments where order_id = o.id and checkout_session_id = s.id order by id desc limit 1) p on true
    ${joinPayer(sql`s.wallet_id`)}
    where o.id = ${orderId}`.execute(db);
  const [row] = rows;
  return row ? { ...toRecord(row), session: readSession(row) } : null;
}

/**
 * A `with` list that stores the session, and ends the one that this browser had for the order, if any. For the
 * statement that settles the attempt to sign in.
 */
export function replacingSession(
  session: SessionRow & { tokenHash: Buffer; signedInAt: Date },
): RawBuilder<unknown> {
  return sql`
    with ended as (
      update checkout_sessions set ended_at = ${session.signedInAt}
      where order_id = ${session.orderId} and browser_hash = ${session.browserHash} and ended_at is null),
    begun as (
      insert into checkout_sessions (id, token_hash, browser_hash, order_id, wallet_id, signed_in_at, expires_at)
      values (${session.id}, ${session.tokenHash}, ${session.browserHash}, ${session.orderId}, ${session.walletId},
        ${session.signedInAt}, ${session.expiresAt}))`;
}

export async function updateSessionEnded(db: DbOrTx, id: string, now: Date): Promise<void> {
  await sql`update checkout_sessions set ended_at = ${now} where id = ${id} and ended_at is null`.execute(db);
}
