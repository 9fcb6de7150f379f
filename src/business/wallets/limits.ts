// How much a wallet may still pay: the policy's limits, narrowed by the holder's own. Pure.

import {
  startOfNextVietnamDay,
  startOfNextVietnamMonth,
  vietnamDay,
  vietnamMonth,
} from '../../ground/time/index.ts';
import type { Policies } from '../policies/index.ts';
import type { Wallet } from './wallet.ts';

/** What the wallet has paid in the day and the month (GMT+7) that `now` falls in. */
export type WalletTotals = { dayDong: bigint; monthDong: bigint };

/**
 * As stored in the wallet's row: the last day (GMT+7) with a payment, the amount paid on that day, and the
 * amount paid in its month so far.
 */
export type PaidTotals = { totalsDay: string | null; paidDayDong: bigint; paidMonthDong: bigint };

/**
 * The part of it that counts at `now`. Nothing counts when its day is later than `now` (another clock is
 * ahead of ours).
 */
export function totalsAt({ totalsDay, paidDayDong, paidMonthDong }: PaidTotals, now: Date): WalletTotals {
  const day = vietnamDay(now);
  const isThisMonth = totalsDay !== null && totalsDay >= vietnamMonth(now) && totalsDay <= day;
  return { dayDong: totalsDay === day ? paidDayDong : 0n, monthDong: isThisMonth ? paidMonthDong : 0n };
}

export type LimitName = 'per_payment' | 'daily' | 'monthly';

/** For the buyer: which limit, what is left of it, and when it starts anew (null: never, it is per payment). */
export type LimitRefusal = { limit: LimitName; limitDong: bigint; leftDong: bigint; resetsAt: Date | null };

/** The first limit the amount exceeds, in the order per payment, daily, monthly; equal passes. */
export function findExceededLimit(
  wallet: Pick<Wallet, 'limitPerPaymentDong' | 'limitDailyDong' | 'limitMonthlyDong'>,
  policies: Policies,
  totals: WalletTotals,
  amountDong: bigint,
  now: Date,
): LimitRefusal | null {
  const limits: {
    limit: LimitName;
    own: bigint | null;
    policyDong: bigint;
    usedDong: bigint;
    resetsAt: () => Date | null;
  }[] = [
    {
      limit: 'per_payment',
      own: wallet.limitPerPaymentDong,
      policyDong: policies['limit.per_payment_dong'],
      usedDong: 0n,
      resetsAt: () => null,
    },
    {
      limit: 'daily',
      own: wallet.limitDailyDong,
      policyDong: policies['limit.daily_dong'],
      usedDong: totals.dayDong,
      resetsAt: () => startOfNextVietnamDay(now),
    },
    {
      limit: 'monthly',
      own: wallet.limitMonthlyDong,
      policyDong: policies['limit.monthly_dong'],
      usedDong: totals.monthDong,
      resetsAt: () => startOfNextVietnamMonth(now),
    },
  ];
  for (const { limit, own, policyDong, usedDong, resetsAt } of limits) {
    const limitDong = own !== null && own < policyDong ? own : policyDong;
    if (usedDong + amountDong > limitDong) {
      const leftDong = limitDong > usedDong ? limitDong - usedDong : 0n;
      return { limit, limitDong, leftDong, resetsAt: resetsAt() };
    }
  }
  return null;
}
