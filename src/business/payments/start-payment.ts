// A signed-in buyer is about to pay: the payment begins, checked once so that a refusal is shown before
// anything is asked of the buyer.

import { uuidv7 } from 'uuidv7';
import type { Context } from '../../ground/context.ts';
import { inTransaction } from '../../ground/database/index.ts';
import { computeFee } from '../../ground/money/index.ts';
import { lockOrder } from '../orders/index.ts';
import { decidePayment } from './decide-payment.ts';
import type { Payment } from './payment.ts';
import { readPaymentFacts } from './payment-facts.ts';
import { insertPayment } from './payment-queries.ts';

/**
 * Stores a payment, `started` or already `refused`. Null when the order has its result by now: there is nothing
 * to attempt, and the caller shows the result. The fee is snapshot here.
 */
export async function startPayment(
  context: Context,
  input: { orderId: string; walletId: string; checkoutSessionId: string | null },
): Promise<Payment | null> {
  return inTransaction(context.db, async (tx) => {
    // Not only read: an order that gets its result at this moment must not keep a payment under way.
    const order = await lockOrder(tx, input.orderId);
    if (!order) throw new Error(`order ${input.orderId} does not exist`);
    if (order.status !== 'open') return null;
    const facts = await readPaymentFacts(context, tx, order, input.walletId);
    if (facts.wallet.environment !== order.environment) {
      throw new Error(`wallet ${input.walletId} is not of the environment of order ${order.publicId}`);
    }
    const decision = decidePayment(facts);
    const fee = computeFee(facts.site.fee, order.amountDong);
    return insertPayment(tx, {
      id: uuidv7(),
      orderId: order.id,
      environment: order.environment,
      walletId: input.walletId,
      checkoutSessionId: input.checkoutSessionId,
      status: decision.ok ? 'started' : 'refused',
      amountDong: order.amountDong,
      feeDong: fee.feeDong,
      vatDong: fee.vatDong,
      creditAccountId: facts.site.creditAccountId,
      confirmationClass: decision.ok ? decision.confirmationClass : 'B',
      refusalCode: decision.ok ? null : decision.code,
      refusalDetail: decision.ok ? null : decision.detail,
      createdAt: facts.now,
      finalAt: decision.ok ? null : facts.now,
    });
  });
}
