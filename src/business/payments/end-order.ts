// An order gets its one final result: the state, the payments still under way, and the notification, in one commit.

import type { Context } from '../../ground/context.ts';
import { inTransaction, type Tx } from '../../ground/database/index.ts';
import { logEvent } from '../../ground/log/index.ts';
import type { FinalStatus, ResponseCode } from '../../ground/protocols/index.ts';
import { recordNotification } from '../notifications/index.ts';
import { findOrder, isPastExpiry, lockOrder, type Order, updateOrderFinal } from '../orders/index.ts';
import { isFinalPayment, type Payment } from './payment.ts';
import {
  endLivePayments,
  findLatestPaymentOfSession,
  listPaymentsOfOrder,
  lockPayment,
  updatePaymentCancelled,
} from './payment-queries.ts';

export type OrderResult = {
  /** Paid orders are ended by the posting, with the money, in its batch. */
  status: Exclude<FinalStatus, 'paid'>;
  responseCode: ResponseCode;
  /** The payment the result speaks of, if there was any. */
  payment: Pick<Payment, 'id' | 'transactionNo'> | null;
  finalAt: Date;
};

/** The caller holds the order's lock and has seen it open. */
export async function endOrder(tx: Tx, order: Order, result: OrderResult): Promise<void> {
  // The number that the buyer may have seen; an order that nobody tried to pay gets one of its own.
  const numbered = result.payment ?? (order.protocol === 'rest' ? null : await findLastPayment(tx, order.id));
  await updateOrderFinal(tx, order.id, {
    status: result.status,
    responseCode: result.responseCode,
    paymentId: result.payment?.id ?? null,
    transactionNo: numbered?.transactionNo ?? null,
    finalAt: result.finalAt,
  });
  const others = result.status === 'expired' ? 'expired' : 'cancelled';
  await endLivePayments(tx, order.id, others, result.finalAt);
  await recordNotification(tx, {
    orderId: order.id,
    merchantSite: order.merchantSite,
    environment: order.environment,
    now: result.finalAt,
  });
}

export type EndedOrder =
  | { ok: true; order: Order }
  | { ok: false; error: 'order_not_found' }
  | { ok: false; error: 'order_already_final'; order: Order };

/**
 * The buyer, or the merchant by the API, cancels the order (24). An order that has its result, or whose time
 * is over, is not cancelled: the answer is `order_already_final` with the order as it is.
 */
export async function cancelOrder(context: Context, orderId: string): Promise<EndedOrder> {
  return told(context, await inTransaction(context.db, (tx) => cancelOrderIn(tx, context, orderId)));
}

/**
 * The same in the caller's transaction, which must not hold a lock of any payment or account. The caller logs the end
 * (logEnded) when it is committed.
 */
export function cancelOrderIn(tx: Tx, context: Context, orderId: string): Promise<EndedOrder> {
  return endOpenOrder(tx, context, orderId, async () => ({
    status: 'cancelled',
    responseCode: '24',
    payment: await findLastPayment(tx, orderId),
  }));
}

async function findLastPayment(tx: Tx, orderId: string): Promise<Payment | null> {
  return (await listPaymentsOfOrder(tx, orderId))[0] ?? null;
}

/**
 * A refused buyer goes back to the shop: the order ends as failed with the code of that refusal. Without a
 * refused payment in this session, going back is cancelling.
 */
export async function giveUpOrder(
  context: Context,
  orderId: string,
  checkoutSessionId: string | null,
): Promise<EndedOrder> {
  const ended = await inTransaction(context.db, (tx) =>
    endOpenOrder(tx, context, orderId, async () => {
      const payment =
        checkoutSessionId === null ? null : await findLatestPaymentOfSession(tx, checkoutSessionId, orderId);
      return payment?.status === 'refused' && payment.refusalCode !== null
        ? { status: 'failed', responseCode: payment.refusalCode, payment }
        : { status: 'cancelled', responseCode: '24', payment };
    }),
  );
  return told(context, ended);
}

/** The order ends as failed with a code that no payment carries, such as too many wrong sign-ins (10, 79). */
export async function failOrder(
  context: Context,
  orderId: string,
  responseCode: ResponseCode,
): Promise<EndedOrder> {
  const ended = await inTransaction(context.db, (tx) =>
    endOpenOrder(tx, context, orderId, async () => ({ status: 'failed', responseCode, payment: null })),
  );
  return told(context, ended);
}

function told(context: Context, ended: EndedOrder): EndedOrder {
  if (ended.ok) logEnded(context, ended.order);
  return ended;
}

/** One line for an order that got its result without a payment, once that is committed. */
export function logEnded({ log }: Pick<Context, 'log'>, order: Order): void {
  logEvent(log, 'order.ended', {
    orderId: order.publicId,
    merchantSite: order.merchantSite,
    status: order.status,
    code: order.responseCode,
  });
}

async function endOpenOrder(
  tx: Tx,
  context: Context,
  orderId: string,
  decide: () => Promise<Omit<OrderResult, 'finalAt'>>,
): Promise<EndedOrder> {
  const order = await lockOrder(tx, orderId);
  if (!order) return { ok: false, error: 'order_not_found' };
  if (order.status !== 'open') return { ok: false, error: 'order_already_final', order };
  const finalAt = context.clock.now();
  const expired = isPastExpiry(order, finalAt);
  await endOrder(tx, order, { ...(expired ? expiredResult : await decide()), finalAt });
  const ended = await findOrder(tx, orderId);
  if (!ended) throw new Error(`order ${order.publicId} vanished`);
  return expired ? { ok: false, error: 'order_already_final', order: ended } : { ok: true, order: ended };
}

const expiredResult = { status: 'expired', responseCode: '11', payment: null } as const;

/** Writes down that an open order's time is over; does nothing to any other. */
export async function expireOrderIfDue(context: Context, orderId: string): Promise<boolean> {
  const expired = await inTransaction(context.db, async (tx) => {
    const order = await lockOrder(tx, orderId);
    const now = context.clock.now();
    if (order?.status !== 'open' || !isPastExpiry(order, now)) return null;
    await endOrder(tx, order, { ...expiredResult, finalAt: now });
    return order;
  });
  if (expired) logEnded(context, { ...expired, ...expiredResult });
  return expired !== null;
}

/**
 * The buyer changes to another wallet: this payment ends and the order stays open. Final payments stay as
 * they are.
 */
export async function abandonPayment(context: Context, paymentId: string): Promise<void> {
  await inTransaction(context.db, async (tx) => {
    const payment = await lockPayment(tx, paymentId);
    if (!payment || isFinalPayment(payment.status)) return;
    await updatePaymentCancelled(tx, payment.id, context.clock.now());
  });
}
