// All SQL of the wallets.

import { type RawBuilder, sql } from 'kysely';
import { type Columns, type DbOrTx, selectList, type Tx } from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { type PaidTotals, totalsAt, type WalletTotals } from './limits.ts';
import type { Wallet } from './wallet.ts';

export const walletColumns: Columns<Wallet> = {
  id: 'id',
  environment: 'environment',
  phone: 'phone',
  holderName: 'holder_name',
  status: 'status',
  identified: 'identified',
  accountId: 'account_id',
  locale: 'locale',
  limitPerPaymentDong: 'limit_per_payment_dong',
  limitDailyDong: 'limit_daily_dong',
  limitMonthlyDong: 'limit_monthly_dong',
  otpLockedUntil: 'otp_locked_until',
  createdAt: 'created_at',
};

export const paidTotalsColumns: Columns<PaidTotals> = {
  totalsDay: 'totals_day',
  paidDayDong: 'paid_day_dong',
  paidMonthDong: 'paid_month_dong',
};

/** The columns of `wallets`, for a select list with other tables. */
export const walletList = selectList(walletColumns, { from: 'wallets' });

async function selectWallet(db: DbOrTx, where: RawBuilder<unknown>): Promise<Wallet | null> {
  const { rows } = await sql<Wallet>`select ${walletList} from wallets where ${where}`.execute(db);
  return rows[0] ?? null;
}

export function findWallet(db: DbOrTx, id: string): Promise<Wallet | null> {
  return selectWallet(db, sql`id = ${id}`);
}

export function findWalletByPhone(
  db: DbOrTx,
  environment: Environment,
  phone: string,
): Promise<Wallet | null> {
  return selectWallet(db, sql`environment = ${environment} and phone = ${phone}`);
}

export async function listWallets(db: DbOrTx, environment: Environment, limit: number): Promise<Wallet[]> {
  const { rows } = await sql<Wallet>`
    select ${walletList} from wallets where environment = ${environment} order by phone limit ${limit}`.execute(
    db,
  );
  return rows;
}

export async function insertWallet(
  tx: Tx,
  wallet: Omit<Wallet, 'otpLockedUntil'> & { pinHash: string },
): Promise<boolean> {
  const { rows } = await sql`
    insert into wallets (id, environment, phone, holder_name, status, identified, account_id, pin_hash, pin_changed_at,
      locale, limit_per_payment_dong, limit_daily_dong, limit_monthly_dong, created_at)
    values (${wallet.id}, ${wallet.environment}, ${wallet.phone}, ${wallet.holderName}, ${wallet.status},
      ${wallet.identified}, ${wallet.accountId}, ${wallet.pinHash}, ${wallet.createdAt}, ${wallet.locale},
      ${wallet.limitPerPaymentDong}, ${wallet.limitDailyDong}, ${wallet.limitMonthlyDong}, ${wallet.createdAt})
    on conflict (environment, phone) do nothing returning id`.execute(tx);
  return rows.length === 1;
}

const totalsList = selectList(paidTotalsColumns, { from: 'wallets' });

/** What a wallet has paid on the day and in the month of `now`, GMT+7. */
export async function readWalletTotals(db: DbOrTx, walletId: string, now: Date): Promise<WalletTotals> {
  const { rows } = await sql<PaidTotals>`
    select ${totalsList} from wallets where id = ${walletId}`.execute(db);
  return rows[0] ? totalsAt(rows[0], now) : { dayDong: 0n, monthDong: 0n };
}
