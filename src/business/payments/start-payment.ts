// A signed-in buyer is about to pay: the payment begins, checked once so that a refusal is shown before
// anything is asked of the buyer.

import { uuidv7 } from 'uuidv7';
import type { Context } from '../../ground/context.ts';
import { inPipelinedTransaction, type Tx, type Written } from '../../ground/database/index.ts';
import { computeFee } from '../../ground/money/index.ts';
import { recallPolicies } from '../policies/index.ts';
import { decidePayment } from './decide-payment.ts';
import type { Payment } from './payment.ts';
import { factsOf } from './payment-facts.ts';
import { insertPayment } from './payment-queries.ts';
import { lockForStart } from './payment-record.ts';

export type PaymentStart = { orderId: string; walletId: string; checkoutSessionId: string | null };

/**
 * Stores a payment, `started` or already `refused`. Null, with nothing stored, when the order has its result by now,
 * or when it or this wallet has had as many attempts at it as it may (`payment.per_order_max`,
 * `payment.per_order_wallet_max`): the caller shows which. The fee is snapshot here.
 */
export async function startPayment(context: Context, input: PaymentStart): Promise<Payment | null> {
  return inPipelinedTransaction(context.db, (tx) => startPaymentIn(tx, context, input));
}

/** The same in the caller's transaction, which sends the writes before it commits. */
export async function startPaymentIn(
  tx: Tx,
  context: Context,
  input: PaymentStart,
): Promise<Written<Promise<Payment | null> | null>> {
  // Locked and not only read, because an order that gets its result at this moment must not keep a payment
  // under way.
  const { order, payer, site } = await lockForStart(tx, input);
  if (order.status !== 'open') return { result: null, writes: [] };
  if (payer.wallet.environment !== order.environment) {
    throw new Error(`wallet ${input.walletId} is not of the environment of order ${order.publicId}`);
  }

  const now = context.clock.now();
  const policies = await recallPolicies(context, now, tx);
  const decision = decidePayment(factsOf({ order, payer }, { site, policies, now }));
  const fee = computeFee(site.fee, order.amountDong);

  const inserted = insertPayment(
    tx,
    {
      id: uuidv7(),
      orderId: order.id,
      environment: order.environment,
      walletId: input.walletId,
      checkoutSessionId: input.checkoutSessionId,
      status: decision.ok ? 'started' : 'refused',
      amountDong: order.amountDong,
      feeDong: fee.feeDong,
      vatDong: fee.vatDong,
      creditAccountId: site.creditAccountId,
      confirmationClass: decision.ok ? decision.confirmationClass : 'B',
      refusalCode: decision.ok ? null : decision.code,
      refusalDetail: decision.ok ? null : decision.detail,
      createdAt: now,
      finalAt: decision.ok ? null : now,
    },
    { ofOrder: policies['payment.per_order_max'], ofWallet: policies['payment.per_order_wallet_max'] },
  );
  return { result: inserted, writes: [inserted] };
}
