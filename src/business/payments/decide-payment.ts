// May this wallet pay this order now? The refusals of the domain, in their order. Pure.

import type { ResponseCode } from '../../ground/protocols/index.ts';
import type { MerchantSite } from '../merchants/index.ts';
import { isPastExpiry, type Order } from '../orders/index.ts';
import type { Policies } from '../policies/index.ts';
import { findExceededLimit, type Wallet, type WalletTotals } from '../wallets/index.ts';
import type { ConfirmationClass, RefusalDetail } from './payment.ts';

export type PaymentFacts = {
  now: Date;
  order: Pick<Order, 'status' | 'responseCode' | 'expiresAt' | 'amountDong'>;
  site: Pick<MerchantSite, 'active' | 'amountMinDong' | 'amountMaxDong'>;
  wallet: Pick<
    Wallet,
    'status' | 'identified' | 'otpLockedUntil' | 'limitPerPaymentDong' | 'limitDailyDong' | 'limitMonthlyDong'
  >;
  totals: WalletTotals;
  balanceDong: bigint;
  policies: Policies;
  /**
   * A right code ends the lock that wrong codes set, so the posting of a payment by code ignores that lock.
   */
  ignoreOtpLock: boolean;
};

export type PaymentDecision =
  | { ok: true; confirmationClass: ConfirmationClass }
  | { ok: false; code: ResponseCode; detail: RefusalDetail | null };

/** The first reason against it, in the documented order; equal passes at every boundary. */
export function decidePayment(facts: PaymentFacts): PaymentDecision {
  const { now, order, site, wallet, totals, policies } = facts;
  const amountDong = order.amountDong;

  if (order.status !== 'open' || isPastExpiry(order, now)) return refuse(order.responseCode ?? '11');
  if (!site.active) return refuse('04');
  if (wallet.status === 'inactive' || wallet.status === 'closed' || !wallet.identified) return refuse('09');
  if (wallet.status === 'locked') return refuse('12');
  if (!facts.ignoreOtpLock && wallet.otpLockedUntil !== null && wallet.otpLockedUntil > now) {
    return refuse('12', { lockedUntil: wallet.otpLockedUntil.toISOString() });
  }
  // The shop's bounds have changed since the order came in. At that time a breach was refused with 03, for
  // the shop to correct.
  if (amountDong < site.amountMinDong)
    return refuse('61', { limit: 'site_min', limitDong: String(site.amountMinDong) });
  if (amountDong > site.amountMaxDong)
    return refuse('61', { limit: 'site_max', limitDong: String(site.amountMaxDong) });
  const exceeded = findExceededLimit(wallet, policies, totals, amountDong, now);
  if (exceeded !== null) {
    return refuse(exceeded.limit === 'per_payment' ? '61' : '65', {
      limit: exceeded.limit,
      limitDong: String(exceeded.limitDong),
      leftDong: String(exceeded.leftDong),
      resetsAt: exceeded.resetsAt?.toISOString() ?? null,
    });
  }
  if (facts.balanceDong < amountDong) return refuse('51');

  const confirmationClass = classify(policies, totals, amountDong);
  // Classes C and D ask for a biometric match, which this gateway does not offer yet.
  return confirmationClass === null
    ? refuse('61', { limit: 'confirmation', limitDong: String(policies['class_b.payment_max_dong']) })
    : { ok: true, confirmationClass };
}

/** Class of a goods payment (Circular 50/2024/TT-NHNN, appendix); null above class B. */
export function classify(
  policies: Policies,
  totals: WalletTotals,
  amountDong: bigint,
): ConfirmationClass | null {
  if (totals.dayDong + amountDong <= policies['class_a.total_max_dong']) return 'A';
  if (amountDong <= policies['class_b.payment_max_dong']) return 'B';
  return null;
}

function refuse(code: ResponseCode, detail: RefusalDetail | null = null): PaymentDecision {
  return { ok: false, code, detail };
}
