// The facts that decide what the buyer is shown, before the posting decides the payment under locks. Pure.

import type { MerchantSite } from '../merchants/index.ts';
import type { Order } from '../orders/index.ts';
import type { Policies } from '../policies/index.ts';
import { totalsAt } from '../wallets/index.ts';
import type { PaymentFacts } from './decide-payment.ts';
import type { Payer } from './payment-record.ts';

export function factsOf(
  { order, payer }: { order: Order; payer: Payer },
  { site, policies, now }: { site: MerchantSite; policies: Policies; now: Date },
): PaymentFacts {
  return {
    now,
    order,
    site,
    wallet: payer.wallet,
    totals: totalsAt(payer.paid, now),
    balanceDong: payer.balanceDong,
    policies,
    ignoreOtpLock: false,
  };
}
