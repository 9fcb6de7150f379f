// All SQL of the payments.

import { type RawBuilder, sql } from 'kysely';
import type { DbOrTx, Tx } from '../../ground/database/index.ts';
import type { ResponseCode } from '../../ground/protocols/index.ts';
import type { ConfirmationClass, Payment, RefusalDetail } from './payment.ts';

const paymentColumns = sql`
  id, transaction_no::text as "transactionNo", order_id as "orderId", environment, wallet_id as "walletId",
  checkout_session_id as "checkoutSessionId", status, amount_dong as "amountDong", fee_dong as "feeDong",
  vat_dong as "vatDong", credit_account_id as "creditAccountId", confirmation_class as "confirmationClass",
  refusal_code as "refusalCode", refusal_detail as "refusalDetail", created_at as "createdAt", final_at as "finalAt"`;

async function selectPayments(db: DbOrTx, rest: RawBuilder<unknown>): Promise<Payment[]> {
  const { rows } = await sql<Payment>`select ${paymentColumns} from payments where ${rest}`.execute(db);
  return rows;
}

export async function findPayment(db: DbOrTx, id: string): Promise<Payment | null> {
  return (await selectPayments(db, sql`id = ${id}`))[0] ?? null;
}

export async function lockPayment(tx: Tx, id: string): Promise<Payment | null> {
  return (await selectPayments(tx, sql`id = ${id} for no key update`))[0] ?? null;
}

/** Newest first, at most 100. */
export function listPaymentsOfOrder(db: DbOrTx, orderId: string): Promise<Payment[]> {
  return selectPayments(db, sql`order_id = ${orderId} order by id desc limit 100`);
}

export async function findLatestPaymentOfSession(
  db: DbOrTx,
  checkoutSessionId: string,
  orderId: string,
): Promise<Payment | null> {
  const found = await selectPayments(
    db,
    sql`order_id = ${orderId} and checkout_session_id = ${checkoutSessionId} order by id desc limit 1`,
  );
  return found[0] ?? null;
}

export async function findPaymentByTransactionNo(db: DbOrTx, transactionNo: string): Promise<Payment | null> {
  return (await selectPayments(db, sql`transaction_no = ${transactionNo}::bigint`))[0] ?? null;
}

export async function insertPayment(tx: Tx, payment: Omit<Payment, 'transactionNo'>): Promise<Payment> {
  await sql`
    insert into payments (id, order_id, environment, wallet_id, checkout_session_id, status, amount_dong, fee_dong,
      vat_dong, credit_account_id, confirmation_class, refusal_code, refusal_detail, created_at, final_at)
    values (${payment.id}, ${payment.orderId}, ${payment.environment}, ${payment.walletId},
      ${payment.checkoutSessionId}, ${payment.status}, ${payment.amountDong}, ${payment.feeDong}, ${payment.vatDong},
      ${payment.creditAccountId}, ${payment.confirmationClass}, ${payment.refusalCode},
      ${payment.refusalDetail === null ? null : JSON.stringify(payment.refusalDetail)}::jsonb,
      ${payment.createdAt}, ${payment.finalAt})`.execute(tx);
  const inserted = await findPayment(tx, payment.id);
  if (!inserted) throw new Error(`payment ${payment.id} was inserted and is not found`);
  return inserted;
}

export async function updatePaymentConfirming(
  tx: Tx,
  id: string,
  confirmationClass: ConfirmationClass,
  now: Date,
): Promise<void> {
  await sql`
    update payments set status = 'confirming', confirmation_class = ${confirmationClass}, confirming_at = ${now}
    where id = ${id}`.execute(tx);
}

export async function updatePaymentRefused(
  tx: Tx,
  id: string,
  refusal: { code: ResponseCode; detail: RefusalDetail | null },
  now: Date,
): Promise<void> {
  await sql`
    update payments set status = 'refused', refusal_code = ${refusal.code},
      refusal_detail = ${refusal.detail === null ? null : JSON.stringify(refusal.detail)}::jsonb, final_at = ${now}
    where id = ${id}`.execute(tx);
}

export async function updatePaymentCancelled(tx: Tx, id: string, now: Date): Promise<void> {
  await sql`update payments set status = 'cancelled', final_at = ${now} where id = ${id}`.execute(tx);
}

/** Ends what is still under way on an order that has its result. The caller holds the order's lock. */
export async function endLivePayments(
  tx: Tx,
  orderId: string,
  status: 'cancelled' | 'expired',
  now: Date,
): Promise<void> {
  await sql`
    update payments set status = ${status}, final_at = ${now}
    where order_id = ${orderId} and status in ('started', 'confirming')`.execute(tx);
}

export type Confirmation = {
  codeHash: Buffer;
  sentAt: Date;
  validUntil: Date;
  attempts: number;
  resends: number;
  spentAt: Date | null;
};

/** The code sent for a payment; locks its row when the caller has a transaction that holds the payment. */
export async function findConfirmation(db: DbOrTx, paymentId: string): Promise<Confirmation | null> {
  const { rows } = await sql<Confirmation>`
    select code_hash as "codeHash", sent_at as "sentAt", valid_until as "validUntil", attempts, resends, spent_at as "spentAt"
    from confirmations where payment_id = ${paymentId}`.execute(db);
  return rows[0] ?? null;
}

/** A first code, or a new one in its place: the attempts stay counted. */
export async function upsertConfirmation(
  tx: Tx,
  confirmation: { paymentId: string; codeHash: Buffer; sentAt: Date; validUntil: Date },
): Promise<void> {
  await sql`
    insert into confirmations (payment_id, code_hash, sent_at, valid_until)
    values (${confirmation.paymentId}, ${confirmation.codeHash}, ${confirmation.sentAt}, ${confirmation.validUntil})
    on conflict (payment_id) do update set code_hash = excluded.code_hash, sent_at = excluded.sent_at,
      valid_until = excluded.valid_until, resends = confirmations.resends + 1`.execute(tx);
}

export async function countConfirmationAttempt(tx: Tx, paymentId: string): Promise<number> {
  const { rows } = await sql<{ attempts: number }>`
    update confirmations set attempts = attempts + 1 where payment_id = ${paymentId} returning attempts`.execute(
    tx,
  );
  return rows[0]?.attempts ?? 0;
}
