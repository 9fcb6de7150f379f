// All SQL of the payments.

import { type RawBuilder, sql } from 'kysely';
import { type Columns, type DbOrTx, selectList, type Tx } from '../../ground/database/index.ts';
import type { ResponseCode } from '../../ground/protocols/index.ts';
import type { ConfirmationClass, Payment, RefusalDetail } from './payment.ts';

export const paymentColumns: Columns<Payment> = {
  id: 'id',
  transactionNo: '$.transaction_no::text',
  orderId: 'order_id',
  environment: 'environment',
  walletId: 'wallet_id',
  checkoutSessionId: 'checkout_session_id',
  status: 'status',
  amountDong: 'amount_dong',
  feeDong: 'fee_dong',
  vatDong: 'vat_dong',
  creditAccountId: 'credit_account_id',
  confirmationClass: 'confirmation_class',
  refusalCode: 'refusal_code',
  refusalDetail: 'refusal_detail',
  createdAt: 'created_at',
  finalAt: 'final_at',
};

const paymentList = selectList(paymentColumns, { from: 'payments' });

async function selectPayments(db: DbOrTx, rest: RawBuilder<unknown>): Promise<Payment[]> {
  const { rows } = await sql<Payment>`select ${paymentList} from payments where ${rest}`.execute(db);
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

/** How many payments an order may have in all, and how many from one wallet. */
export type PaymentsMax = { ofOrder: bigint; ofWallet: bigint };

/**
 * Null, with nothing stored, when the order or the wallet has had as many as it may. The caller holds the order's lock,
 * taken in a statement before: so this one sees all payments there are.
 */
export async function insertPayment(
  tx: Tx,
  payment: Omit<Payment, 'transactionNo'>,
  max: PaymentsMax,
): Promise<Payment | null> {
  const { rows } = await sql<{ transactionNo: string }>`
    insert into payments (id, order_id, environment, wallet_id, checkout_session_id, status, amount_dong, fee_dong,
      vat_dong, credit_account_id, confirmation_class, refusal_code, refusal_detail, created_at, final_at)
    select ${payment.id}::uuid, ${payment.orderId}::uuid, ${payment.environment}, ${payment.walletId}::uuid,
      ${payment.checkoutSessionId}::uuid, ${payment.status}, ${payment.amountDong}::bigint, ${payment.feeDong}::bigint,
      ${payment.vatDong}::bigint, ${payment.creditAccountId}::uuid, ${payment.confirmationClass}, ${payment.refusalCode},
      ${payment.refusalDetail === null ? null : JSON.stringify(payment.refusalDetail)}::jsonb,
      ${payment.createdAt}::timestamptz, ${payment.finalAt}::timestamptz
    from (select count(*) as of_order, count(*) filter (where p.wallet_id = ${payment.walletId}) as of_wallet
      from payments p where p.order_id = ${payment.orderId}) made
    where made.of_order < ${max.ofOrder} and made.of_wallet < ${max.ofWallet}
    returning transaction_no::text as "transactionNo"`.execute(tx);
  const [numbered] = rows;
  return numbered ? { ...payment, ...numbered } : null;
}

/**
 * A move names the states it may start from, so it never overwrites a result. Asserts that the payment was in
 * one of them.
 */
async function movePayment(tx: Tx, id: string, changes: RawBuilder<unknown>): Promise<void> {
  const { numAffectedRows } = await sql`
    update payments set ${changes} where id = ${id} and status in ('started', 'confirming')`.execute(tx);
  if (numAffectedRows !== 1n) throw new Error(`payment ${id} was not under way when it was moved`);
}

export async function updatePaymentConfirming(
  tx: Tx,
  id: string,
  confirmationClass: ConfirmationClass,
  now: Date,
): Promise<void> {
  await movePayment(
    tx,
    id,
    sql`status = 'confirming', confirmation_class = ${confirmationClass}, confirming_at = ${now}`,
  );
}

export async function updatePaymentRefused(
  tx: Tx,
  id: string,
  refusal: { code: ResponseCode; detail: RefusalDetail | null },
  now: Date,
): Promise<void> {
  const detail = refusal.detail === null ? null : JSON.stringify(refusal.detail);
  await movePayment(
    tx,
    id,
    sql`status = 'refused', refusal_code = ${refusal.code}, refusal_detail = ${detail}::jsonb, final_at = ${now}`,
  );
}

export async function updatePaymentCancelled(tx: Tx, id: string, now: Date): Promise<void> {
  await movePayment(tx, id, sql`status = 'cancelled', final_at = ${now}`);
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
  paymentId: string;
  codeHash: Buffer;
  sentAt: Date;
  validUntil: Date;
  resends: number;
  spentAt: Date | null;
};

export const confirmationColumns: Columns<Confirmation> = {
  paymentId: 'payment_id',
  codeHash: 'code_hash',
  sentAt: 'sent_at',
  validUntil: 'valid_until',
  resends: 'resends',
  spentAt: 'spent_at',
};

/**
 * Stores a first code, or a new one in its place. Returns null when it is to be sent now, else the time from which the
 * wallet may be sent another; then nothing is stored.
 */
export async function storeCode(
  tx: Tx,
  code: { paymentId: string; walletId: string; codeHash: Buffer; sentAt: Date; validUntil: Date },
): Promise<Date | null> {
  const { rows } = await sql<{ nextAt: Date | null }>`
    select code_store(${code.paymentId}, ${code.walletId}, ${code.codeHash}, ${code.sentAt}, ${code.validUntil}) as "nextAt"`.execute(
    tx,
  );
  return rows[0]?.nextAt ?? null;
}

/** An hour after the oldest of the codes that a wallet was sent in the last hour. */
export async function findNextCodeAt(db: DbOrTx, walletId: string, now: Date): Promise<Date | null> {
  const { rows } = await sql<{ nextAt: Date | null }>`
    select min(at) + interval '1 hour' as "nextAt" from code_sends, unnest(sent_at) at
    where wallet_id = ${walletId} and at > ${now}::timestamptz - interval '1 hour'`.execute(db);
  return rows[0]?.nextAt ?? null;
}

export type CodeAttempt =
  | { verdict: 'paid' | 'too_late' | 'code_expired' | 'no_attempt_left' }
  | {
      /** Counted: compare the code. `attempts` in a row, this one included. */
      verdict: 'judge';
      walletId: string;
      amountDong: bigint;
      merchantSite: string;
      codeHash: Buffer;
      attempts: number;
      attemptsMax: number;
      /** Until when the wallet is locked if this was the last attempt and it is wrong. */
      lockedUntil: Date;
    };

/** Counts one attempt at a payment's code, in a commit of its own when `db` is no transaction. */
export async function countCodeAttempt(db: DbOrTx, paymentId: string, now: Date): Promise<CodeAttempt> {
  const { rows } = await sql<CodeAttempt>`
    select verdict, wallet_id as "walletId", amount_dong as "amountDong", merchant_site as "merchantSite",
      code_hash as "codeHash", attempts, attempts_max as "attemptsMax", locked_until as "lockedUntil"
    from code_count_attempt(${paymentId}, ${now})`.execute(db);
  const [attempt] = rows;
  if (!attempt) throw new Error('an attempt at a code was neither counted nor refused');
  return attempt;
}

/** Gives an attempt back whose code was right, unless it has paid. */
export async function forgiveCodeAttempt(db: DbOrTx, paymentId: string): Promise<void> {
  await sql`select code_forgive_attempt(${paymentId})`.execute(db);
}
