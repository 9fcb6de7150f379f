// All SQL of the wallets.

import { type RawBuilder, sql } from 'kysely';
import type { DbOrTx, Tx } from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { vietnamDay, vietnamMonth } from '../../ground/time/index.ts';
import type { WalletTotals } from './limits.ts';
import type { Wallet } from './wallet.ts';

/** Of `wallets`, for whatever else is selected beside them. */
export const walletColumns = sql`
  id, environment, phone, holder_name as "holderName", status, identified, account_id as "accountId", locale,
  limit_per_payment_dong as "limitPerPaymentDong", limit_daily_dong as "limitDailyDong",
  limit_monthly_dong as "limitMonthlyDong", otp_locked_until as "otpLockedUntil", created_at as "createdAt"`;

async function selectWallet(db: DbOrTx, where: RawBuilder<unknown>): Promise<Wallet | null> {
  const { rows } = await sql<Wallet>`select ${walletColumns} from wallets where ${where}`.execute(db);
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
    select ${walletColumns} from wallets where environment = ${environment} order by phone limit ${limit}`.execute(
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

/** What a wallet has paid on the day and in the month of `now`, GMT+7. */
export async function readWalletTotals(db: DbOrTx, walletId: string, now: Date): Promise<WalletTotals> {
  const { rows } = await sql<WalletTotals>`
    select case when totals_day = ${vietnamDay(now)}::date then paid_day_dong else 0 end as "dayDong",
      case when totals_day between ${vietnamMonth(now)}::date and ${vietnamDay(now)}::date then paid_month_dong else 0 end as "monthDong"
    from wallets where id = ${walletId}`.execute(db);
  return rows[0] ?? { dayDong: 0n, monthDong: 0n };
}
