// Payments in the log: one line when a payment starts, and one when it is decided, once that is committed.

import type { Context } from '../../ground/context.ts';
import { logEvent } from '../../ground/log/index.ts';
import type { ResponseCode } from '../../ground/protocols/index.ts';
import { formatOrderId } from '../orders/index.ts';
import { formatPaymentId, type Payment } from './payment.ts';
import type { PostingResult } from './post-payments.ts';

/** Logs a payment that startPayment has stored. */
export function logStarted({ log }: Pick<Context, 'log'>, payment: Payment): void {
  const { orderId, walletId, amountDong, confirmationClass, refusalCode } = payment;
  const paymentId = formatPaymentId(payment.id);
  if (payment.status === 'refused') logEvent(log, 'payment.refused', { paymentId, code: refusalCode });
  else
    logEvent(log, 'payment.started', {
      paymentId,
      orderId: formatOrderId(orderId),
      walletId,
      amountDong,
      confirmationClass,
    });
}

/**
 * Logs the outcome of a posting. An outcome that has not changed the payment (busy, too late, a newer code)
 * has no line.
 */
export function logPosted(
  { log }: Pick<Context, 'log'>,
  payment: { id: string; confirmedBy: 'pin' | 'code' },
  result: PostingResult | undefined,
): void {
  const paymentId = formatPaymentId(payment.id);
  switch (result?.outcome) {
    case 'paid':
      if (!result.repeated) logEvent(log, 'payment.paid', { paymentId, confirmedBy: payment.confirmedBy });
      return;
    case 'refused':
      logEvent(log, 'payment.refused', { paymentId, code: result.code });
      return;
    case 'unknown':
      logEvent(log, 'payment.not_known', { paymentId });
      return;
  }
}

/** Logs a payment that is refused before it is posted. */
export function logRefused({ log }: Pick<Context, 'log'>, id: string, code: ResponseCode): void {
  logEvent(log, 'payment.refused', { paymentId: formatPaymentId(id), code });
}

export function logCode({ log }: Pick<Context, 'log'>, payment: Payment, isSent: boolean): void {
  const fields = { paymentId: formatPaymentId(payment.id), walletId: payment.walletId };
  logEvent(log, isSent ? 'code.sent' : 'code.not_sent', fields);
}
