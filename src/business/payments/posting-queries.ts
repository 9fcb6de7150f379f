// All SQL of a posting batch: take the locks, read the facts, write the decisions.

import { type RawBuilder, sql } from 'kysely';
import { type DbOrTx, pickColumns, rowReader, selectList, type Tx } from '../../ground/database/index.ts';
import type { ResponseCode } from '../../ground/protocols/index.ts';
import { type SiteRow, siteColumns } from '../merchants/index.ts';
import { type OrderRow, orderColumns } from '../orders/index.ts';
import { type PaidTotals, paidTotalsColumns, type Wallet, walletColumns } from '../wallets/index.ts';
import type { ConfirmationClass, Payment, RefusalDetail } from './payment.ts';
import { type Confirmation, confirmationColumns, paymentColumns } from './payment-queries.ts';

const order = pickColumns(orderColumns, [
  'id',
  'merchantSite',
  'status',
  'responseCode',
  'expiresAt',
  'amountDong',
]);
const payment = pickColumns(paymentColumns, [
  'id',
  'transactionNo',
  'orderId',
  'walletId',
  'environment',
  'status',
  'amountDong',
  'feeDong',
  'vatDong',
  'creditAccountId',
]);
const wallet = pickColumns(walletColumns, [
  'id',
  'status',
  'identified',
  'accountId',
  'otpLockedUntil',
  'limitPerPaymentDong',
  'limitDailyDong',
  'limitMonthlyDong',
]);
const site = pickColumns(siteColumns, ['active', 'amountMinDong', 'amountMaxDong']);
const code = pickColumns(confirmationColumns, ['codeHash']);

/** One payment with all facts for its decision except the balances, read under the locks of the batch. */
export type PostingFacts = {
  order: Pick<OrderRow, keyof typeof order>;
  payment: Pick<Payment, keyof typeof payment>;
  wallet: Pick<Wallet, keyof typeof wallet>;
  paid: PaidTotals;
  site: Pick<SiteRow, keyof typeof site>;
  /** The code that was sent last and is not spent; null: none. */
  code: Pick<Confirmation, keyof typeof code> | null;
};

const factsList = sql.join([
  selectList(order, { from: 'o', as: 'order' }),
  selectList(payment, { from: 'p', as: 'payment' }),
  selectList(wallet, { from: 'w', as: 'wallet' }),
  selectList(paidTotalsColumns, { from: 'w', as: 'paid' }),
  selectList(site, { from: 's', as: 'site' }),
  selectList(code, { from: 'c', as: 'code' }),
]);
const readOrder = rowReader(order, { as: 'order', key: 'id' });
const readPayment = rowReader(payment, { as: 'payment', key: 'id' });
const readWallet = rowReader(wallet, { as: 'wallet', key: 'id' });
const readPaid = rowReader(paidTotalsColumns, { as: 'paid', key: 'paidDayDong' });
const readSite = rowReader(site, { as: 'site', key: 'active' });
const readCode = rowReader(code, { as: 'code', key: 'codeHash' });

/**
 * Locks orders, then their payments under way, then wallets, each kind by id. Every transaction takes them in
 * this order.
 */
export async function lockPostings(tx: Tx, paymentIds: string[]): Promise<void> {
  await sql`select posting_lock(${paymentIds}::uuid[])`.execute(tx);
}

/** Those of the payments whose order, wallet and own row nobody holds at this moment. */
export async function findFreePayments(db: DbOrTx, paymentIds: string[]): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    select p.id from payments p join orders o on o.id = p.order_id join wallets w on w.id = p.wallet_id
    where p.id = any (${paymentIds}::uuid[]) for no key update of o, p, w skip locked`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/** By the payment's id. */
export async function readPostings(tx: Tx, paymentIds: string[]): Promise<Map<string, PostingFacts>> {
  const { rows } = await sql<Record<string, unknown>>`
    select ${factsList}
    from payments p
    join orders o on o.id = p.order_id
    join wallets w on w.id = p.wallet_id
    join merchant_sites s on s.merchant_site = o.merchant_site
    join merchants m on m.id = s.merchant_id
    left join confirmations c on c.payment_id = p.id and c.spent_at is null
    where p.id = any (${paymentIds}::uuid[])`.execute(tx);
  return new Map(rows.map(toFacts).map((facts) => [facts.payment.id, facts]));
}

function toFacts(row: Record<string, unknown>): PostingFacts {
  // Inner joins and columns that are never null: each is there.
  return {
    order: readOrder(row) as PostingFacts['order'],
    payment: readPayment(row) as PostingFacts['payment'],
    wallet: readWallet(row) as PostingFacts['wallet'],
    paid: readPaid(row) as PostingFacts['paid'],
    site: readSite(row) as PostingFacts['site'],
    code: readCode(row),
  };
}

/** The SQL of the accounts that these payments debit and credit, as a uuid[]; their fees go to others. */
export function accountsOfPayments(paymentIds: string[]): RawBuilder<string[]> {
  return sql<string[]>`posting_accounts(${paymentIds}::uuid[])`;
}

/** The days the totals count in, GMT+7: the day itself and the first of its month. */
export type PostingPeriod = { day: string; month: string };

export type DecidedPostings = {
  paid: { facts: PostingFacts; confirmationClass: ConfirmationClass }[];
  refused: { paymentId: string; code: ResponseCode; detail: RefusalDetail | null }[];
};

/**
 * Writes the decisions: states and totals, then the writes of other modules, given as values of a select
 * list. It is one statement, and its functions run in the order written.
 */
export async function writePostings(
  tx: Tx,
  decided: DecidedPostings,
  { period, now, withIt }: { period: PostingPeriod; now: Date; withIt: (RawBuilder<unknown> | null)[] },
): Promise<void> {
  const parts = [applyPostings(decided, period, now), ...withIt.filter((part) => part !== null)];
  await sql`select ${sql.join(parts)}`.execute(tx);
}

function applyPostings(decided: DecidedPostings, period: PostingPeriod, now: Date): RawBuilder<unknown> {
  const { paid, refused } = decided;
  const payments = paid.map(({ facts }) => facts.payment);
  const byCode = paid
    .filter((posting) => posting.confirmationClass === 'B')
    .map((posting) => posting.facts.payment);
  const changes = new Map<string, bigint>();
  for (const { walletId, amountDong } of payments) {
    changes.set(walletId, (changes.get(walletId) ?? 0n) + amountDong);
  }
  return sql`
    posting_apply(${now}::timestamptz, ${period.day}::date, ${period.month}::date,
      ${payments.map(({ id }) => id)}::uuid[],
      ${payments.map(({ orderId }) => orderId)}::uuid[],
      ${payments.map(({ transactionNo }) => transactionNo)}::text[],
      ${paid.map((posting) => posting.confirmationClass)}::text[],
      ${byCode.map(({ id }) => id)}::uuid[],
      ${refused.map((refusal) => refusal.paymentId)}::uuid[],
      ${refused.map((refusal) => refusal.code)}::text[],
      ${refused.map((refusal) => (refusal.detail === null ? null : JSON.stringify(refusal.detail)))}::jsonb[],
      ${[...changes.keys()]}::uuid[],
      ${[...changes.values()].map(String)}::bigint[],
      ${[...new Set(byCode.map(({ walletId }) => walletId))]}::uuid[])`;
}
