// All SQL of single orders; the lists are in order-lists.ts.

import { type RawBuilder, sql } from 'kysely';
import { type Columns, type DbOrTx, selectList, type Tx } from '../../ground/database/index.ts';
import type { FinalStatus, ResponseCode } from '../../ground/protocols/index.ts';
import { formatOrderId, type Order } from './order.ts';

/** An order's row. Its public id follows from its id (toOrder). */
export type OrderRow = Omit<Order, 'publicId'>;

export const orderColumns: Columns<OrderRow> = {
  id: 'id',
  environment: 'environment',
  merchantSite: 'merchant_site',
  protocol: 'protocol',
  merchTxnRef: 'merch_txn_ref',
  orderNo: 'order_no',
  amountDong: 'amount_dong',
  description: 'description',
  returnUrl: 'return_url',
  cancelUrl: 'cancel_url',
  locale: 'locale',
  received: 'received',
  status: 'status',
  responseCode: 'response_code',
  resultPaymentId: 'result_payment_id',
  transactionNo: 'transaction_no',
  createdAt: 'created_at',
  expiresAt: 'expires_at',
  finalAt: 'final_at',
};

export function toOrder(row: OrderRow): Order {
  return { ...row, publicId: formatOrderId(row.id) };
}

const orderList = selectList(orderColumns, { from: 'orders' });

async function selectOrder(db: DbOrTx, where: RawBuilder<unknown>): Promise<Order | null> {
  const { rows } = await sql<OrderRow>`select ${orderList} from orders where ${where}`.execute(db);
  return rows[0] ? toOrder(rows[0]) : null;
}

export function findOrder(db: DbOrTx, id: string): Promise<Order | null> {
  return selectOrder(db, sql`id = ${id}`);
}

export function findOrderByReference(
  db: DbOrTx,
  merchantSite: string,
  merchTxnRef: string,
): Promise<Order | null> {
  return selectOrder(db, sql`merchant_site = ${merchantSite} and merch_txn_ref = ${merchTxnRef}`);
}

/** Locks the order's row. Paying, cancelling and expiring all take this lock first. */
export function lockOrder(tx: Tx, id: string): Promise<Order | null> {
  return selectOrder(tx, sql`id = ${id} for no key update`);
}

/** An order as it is stored first: open, without a result. */
export type NewOrder = Omit<
  OrderRow,
  'status' | 'responseCode' | 'resultPaymentId' | 'transactionNo' | 'finalAt'
> & { contentHash: Buffer };

/**
 * The SQL that stores a new order, as a value of a select list. True when it did. False when the reference is
 * known, or when the site or the key (of this id) that the order came with is no longer valid.
 */
export function insertingOrder(order: NewOrder, keyId: string | null): RawBuilder<boolean> {
  return sql<boolean>`
    order_insert(${order.id}, ${order.environment}, ${order.merchantSite}, ${order.protocol}, ${order.merchTxnRef},
      ${order.orderNo}, ${order.amountDong}, ${order.description}, ${order.returnUrl}, ${order.cancelUrl},
      ${order.locale}, ${JSON.stringify(order.received)}::jsonb, ${order.contentHash}, ${order.createdAt},
      ${order.expiresAt}, ${keyId}::uuid)`;
}

/** Returns false when nothing was stored: see insertingOrder. */
export async function insertOrder(tx: Tx, order: NewOrder): Promise<boolean> {
  const { rows } = await sql<{
    isStored: boolean;
  }>`select ${insertingOrder(order, null)} as "isStored"`.execute(tx);
  return rows[0]?.isStored === true;
}

export async function findContentHash(db: DbOrTx, id: string): Promise<Buffer | null> {
  const { rows } = await sql<{ contentHash: Buffer }>`
    select content_hash as "contentHash" from orders where id = ${id}`.execute(db);
  return rows[0]?.contentHash ?? null;
}

/**
 * Writes the order's one final result; asserts that the locked order was open. A classic order came in by its buyer's
 * browser, so it has a number at every end: that of a payment, or one of its own.
 */
export async function updateOrderFinal(
  tx: Tx,
  id: string,
  result: {
    status: FinalStatus;
    responseCode: ResponseCode;
    paymentId: string | null;
    transactionNo: string | null;
    finalAt: Date;
  },
): Promise<void> {
  const { rows } = await sql`
    with drawn as (
      insert into order_numbers (order_id)
      select id from orders where id = ${id} and protocol <> 'rest' and ${result.transactionNo}::text is null
      returning transaction_no)
    update orders set status = ${result.status}, response_code = ${result.responseCode},
      result_payment_id = ${result.paymentId}, final_at = ${result.finalAt},
      transaction_no = coalesce(${result.transactionNo}, (select transaction_no::text from drawn))
    where id = ${id} and status = 'open' returning id`.execute(tx);
  if (rows.length !== 1) throw new Error(`order ${id} was not open when its result was written`);
}

/** The classic order that ended under this number without a payment. */
export async function findOrderByNumber(db: DbOrTx, transactionNo: string): Promise<Order | null> {
  const { rows } = await sql<{ orderId: string }>`
    select order_id as "orderId" from order_numbers where transaction_no = ${transactionNo}::bigint`.execute(
    db,
  );
  return rows[0] ? findOrder(db, rows[0].orderId) : null;
}

export type PassedDeadline = { orderId: string; expiresAt: Date };

/**
 * Orders whose time is over and whose deadline nobody has looked at since. Ended ones are among them. Oldest
 * first, after the given one.
 */
export async function listPassedDeadlines(
  db: DbOrTx,
  page: { now: Date; after: PassedDeadline | null; limit: number },
): Promise<PassedDeadline[]> {
  const { rows } = await sql<PassedDeadline>`
    select order_id as "orderId", expires_at as "expiresAt" from order_deadlines
    where expires_at <= ${page.now} and (${page.after === null}::boolean
      or (expires_at, order_id) > (${page.after?.expiresAt ?? null}::timestamptz, ${page.after?.orderId ?? null}::uuid))
    order by expires_at, order_id limit ${page.limit}`.execute(db);
  return rows;
}
