// Calls the use case that an operation names and says what became of it in one word.

import { placeOrder } from '../../src/business/orders/index.ts';
import {
  abandonPayment,
  cancelOrder,
  confirmPayment,
  type EndedOrder,
  expireDueOrders,
  expireOrderIfDue,
  giveUpOrder,
  postPayments,
  resendCode,
  startPayment,
  submitCode,
} from '../../src/business/payments/index.ts';
import { signIn, topUpWallet } from '../../src/business/wallets/index.ts';
import type { Context } from '../../src/ground/context.ts';
import { inTransaction } from '../../src/ground/database/index.ts';
import { testActor } from './actor.ts';
import type { Operation, Outcome } from './worker-protocol.ts';

/** Never throws: an error of the use case is an outcome too. */
export async function attempt(context: Context, operation: Operation): Promise<Outcome> {
  try {
    return await perform(context, operation);
  } catch (error) {
    const { message, code } = error as Error & { code?: unknown };
    return {
      outcome: 'threw',
      message: `${operation.do}: ${message}`,
      sqlState: typeof code === 'string' ? code : null,
    };
  }
}

async function perform(context: Context, operation: Operation): Promise<Outcome> {
  switch (operation.do) {
    case 'start': {
      const payment = await startPayment(context, { checkoutSessionId: null, ...operation });
      return payment === null ? { outcome: 'too_late' } : { outcome: payment.status, id: payment.id };
    }
    case 'confirm':
      return { outcome: await confirmPayment(context, operation.paymentId) };
    case 'submit':
      return { outcome: (await submitCode(context, operation.paymentId, operation.otp)).outcome };
    case 'resend':
      return { outcome: await resendCode(context, operation.paymentId) };
    case 'abandon':
      await abandonPayment(context, operation.paymentId);
      return { outcome: 'abandoned' };
    case 'cancel':
      return toOutcome(await cancelOrder(context, operation.orderId));
    case 'give_up':
      return toOutcome(await giveUpOrder(context, operation.orderId, operation.checkoutSessionId));
    case 'expire':
      return { outcome: (await expireOrderIfDue(context, operation.orderId)) ? 'expired' : 'not_expired' };
    case 'expire_due':
      return { outcome: `expired_${await expireDueOrders(context)}` };
    case 'post': {
      const byPin = { confirmed: { confirmationClass: 'A' } } as const;
      const results = await postPayments(
        context,
        operation.paymentIds.map((paymentId) => ({ paymentId, ...byPin })),
      );
      return { outcome: results.map((result) => result.outcome).join(',') };
    }
    case 'place':
      return place(context, operation);
    case 'top_up': {
      const topped = await topUpWallet(context, testActor, { environment: 'sandbox', ...operation });
      if (!topped.ok) return { outcome: topped.error };
      return { outcome: topped.repeated ? 'repeated' : 'posted' };
    }
    case 'sign_in': {
      const signedIn = await signIn(context, { environment: 'sandbox', ...operation });
      return { outcome: signedIn.ok ? 'signed_in' : signedIn.error };
    }
  }
}

function toOutcome(ended: EndedOrder): Outcome {
  if (ended.ok) return { outcome: ended.order.status };
  return { outcome: ended.error === 'order_not_found' ? ended.error : `already_${ended.order.status}` };
}

async function place(
  context: Context,
  { site, merchTxnRef, amountDong }: Extract<Operation, { do: 'place' }>,
): Promise<Outcome> {
  const placed = await inTransaction(context.db, (tx) =>
    placeOrder(context, tx, site, {
      merchantSite: site.merchantSite,
      merchTxnRef,
      orderNo: 'DH-1',
      amountDong,
      description: 'Một chậu sen đá',
      returnUrl: 'http://127.0.0.1:9/return',
      cancelUrl: null,
      locale: 'vi',
      received: { merch_txn_ref: merchTxnRef, amount: String(amountDong) },
      expiresInSeconds: null,
    }),
  );
  if (!placed.ok) return { outcome: `refused_${placed.fault.code}` };
  return { outcome: placed.created ? 'created' : 'found', id: placed.order.id };
}
