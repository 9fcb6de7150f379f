// The two statements of a posting batch: lock and read, then write. Both are functions of migration 0007.

import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../../ground/database/index.ts';
import type { ResponseCode } from '../../ground/protocols/index.ts';
import type { Environment } from '../../ground/terms.ts';
import type { WalletStatus } from '../wallets/index.ts';
import type { ConfirmationClass, PaymentStatus, RefusalDetail } from './payment.ts';

/** One payment with everything it is decided by, read under the locks of the batch. */
export type PostingFacts = {
  paymentId: string;
  transactionNo: string;
  paymentStatus: PaymentStatus;
  orderId: string;
  walletId: string;
  environment: Environment;
  amountDong: bigint;
  feeDong: bigint;
  vatDong: bigint;
  creditAccountId: string;
  /** Of the code last sent and not spent; null: none. */
  codeHash: Buffer | null;
  orderStatus: 'open' | 'paid' | 'failed' | 'cancelled' | 'expired';
  orderResponseCode: ResponseCode | null;
  orderExpiresAt: Date;
  merchantSite: string;
  walletStatus: WalletStatus;
  identified: boolean;
  walletAccountId: string;
  otpLockedUntil: Date | null;
  limitPerPaymentDong: bigint | null;
  limitDailyDong: bigint | null;
  limitMonthlyDong: bigint | null;
  /** The last day (GMT+7) on which the wallet paid; null: it never did. */
  totalsDay: string | null;
  dayDong: bigint;
  monthDong: bigint;
  siteActive: boolean;
  siteMinDong: bigint;
  siteMaxDong: bigint;
};

/** The days the totals count in, GMT+7: the day itself and the first of its month. */
export type PostingPeriod = { day: string; month: string };

export async function lockPostings(
  tx: Tx,
  paymentIds: string[],
  period: PostingPeriod,
): Promise<Map<string, PostingFacts>> {
  const { rows } = await sql<PostingFacts>`
    select payment_id as "paymentId", transaction_no as "transactionNo", payment_status as "paymentStatus",
      order_id as "orderId", wallet_id as "walletId", environment, amount_dong as "amountDong", fee_dong as "feeDong",
      vat_dong as "vatDong", credit_account_id as "creditAccountId", code_hash as "codeHash",
      order_status as "orderStatus", order_response_code as "orderResponseCode", order_expires_at as "orderExpiresAt",
      merchant_site as "merchantSite", wallet_status as "walletStatus", identified,
      wallet_account_id as "walletAccountId", otp_locked_until as "otpLockedUntil",
      limit_per_payment_dong as "limitPerPaymentDong", limit_daily_dong as "limitDailyDong",
      limit_monthly_dong as "limitMonthlyDong", totals_day as "totalsDay", day_dong as "dayDong", month_dong as "monthDong",
      site_active as "siteActive", site_min_dong as "siteMinDong", site_max_dong as "siteMaxDong"
    from posting_lock(${paymentIds}::uuid[], ${period.day}::date, ${period.month}::date)`.execute(tx);
  return new Map(rows.map((row) => [row.paymentId, row]));
}

/** The SQL of the accounts that these payments debit and credit, as a uuid[]; their fees go to others. */
export function accountsOfPayments(paymentIds: string[]): RawBuilder<string[]> {
  return sql<string[]>`posting_accounts(${paymentIds}::uuid[])`;
}

export type DecidedPostings = {
  paid: { facts: PostingFacts; confirmationClass: ConfirmationClass }[];
  refused: { paymentId: string; code: ResponseCode; detail: RefusalDetail | null }[];
};

/**
 * After the decisions: states and totals, then what other modules write with them, given as values of a select list.
 * One statement; its functions run in the order written.
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
  const byCode = paid.filter((posting) => posting.confirmationClass === 'B').map((posting) => posting.facts);
  const changes = new Map<string, bigint>();
  for (const { facts } of paid) {
    changes.set(facts.walletId, (changes.get(facts.walletId) ?? 0n) + facts.amountDong);
  }
  return sql`
    posting_apply(${now}::timestamptz, ${period.day}::date, ${period.month}::date,
      ${paid.map(({ facts }) => facts.paymentId)}::uuid[],
      ${paid.map(({ facts }) => facts.orderId)}::uuid[],
      ${paid.map(({ facts }) => facts.transactionNo)}::text[],
      ${paid.map((posting) => posting.confirmationClass)}::text[],
      ${byCode.map((facts) => facts.paymentId)}::uuid[],
      ${refused.map((refusal) => refusal.paymentId)}::uuid[],
      ${refused.map((refusal) => refusal.code)}::text[],
      ${refused.map((refusal) => (refusal.detail === null ? null : JSON.stringify(refusal.detail)))}::jsonb[],
      ${[...changes.keys()]}::uuid[],
      ${[...changes.values()].map(String)}::bigint[],
      ${[...new Set(byCode.map((facts) => facts.walletId))]}::uuid[])`;
}
