// The buyer presses "confirm": class A is paid at once, class B is sent a code.

import type { Context } from '../../ground/context.ts';
import { inTransaction, type Tx } from '../../ground/database/index.ts';
import { sendMessage } from '../messages/index.ts';
import { findOrder, type Order } from '../orders/index.ts';
import { decidePayment } from './decide-payment.ts';
import { generateOtp, hashOtp, otpMessageText } from './otp.ts';
import type { Payment } from './payment.ts';
import { type PaymentFacts, readPaymentFacts } from './payment-facts.ts';
import {
  findConfirmation,
  findNextCodeAt,
  findPayment,
  lockPayment,
  storeCode,
  updatePaymentConfirming,
  updatePaymentRefused,
} from './payment-queries.ts';
import { postPayments } from './post-payments.ts';

/** What happened; the caller shows the payment as it now is. */
export type ConfirmOutcome =
  | 'paid'
  | 'code_sent'
  /** The wallet was sent as many codes as it may in an hour (readNextCodeAt says when): nothing has changed. */
  | 'too_many_codes'
  | 'refused'
  | 'too_late'
  | 'busy'
  | 'unknown';

/**
 * Idempotent: pressed twice, or in two tabs, it pays once and sends one code. A payment that is confirming
 * already answers `code_sent` without sending again.
 */
export async function confirmPayment(context: Context, paymentId: string): Promise<ConfirmOutcome> {
  const step = await inTransaction(context.db, async (tx): Promise<ConfirmOutcome | 'post_now'> => {
    const payment = await lockPayment(tx, paymentId);
    if (!payment) throw new Error(`payment ${paymentId} does not exist`);
    if (payment.status === 'paid') return 'paid';
    if (payment.status === 'confirming') return 'code_sent';
    if (payment.status !== 'started') return 'too_late';
    const order = await getOrder(tx, payment.orderId);
    const facts = await readPaymentFacts(context, tx, order, payment.walletId);
    const decision = decidePayment(facts);
    if (!decision.ok) {
      if (order.status !== 'open' || decision.code === '11') return 'too_late';
      await updatePaymentRefused(tx, payment.id, { code: decision.code, detail: decision.detail }, facts.now);
      return 'refused';
    }
    if (decision.confirmationClass === 'A') return 'post_now';
    if (!(await sendCode(tx, context, payment, facts))) return 'too_many_codes';
    await updatePaymentConfirming(tx, payment.id, 'B', facts.now);
    return 'code_sent';
  });
  if (step !== 'post_now') return step;

  const [result] = await postPayments(context, [{ paymentId, confirmed: { confirmationClass: 'A' } }]);
  switch (result?.outcome) {
    case 'paid':
    case 'refused':
    case 'too_late':
    case 'busy':
    case 'unknown':
      return result.outcome;
    case 'class_risen':
      // Another payment of the wallet was posted in between: now this one needs a code.
      return confirmPayment(context, paymentId);
    default:
      throw new Error(`posting a class A payment answered ${result?.outcome}`);
  }
}

export type ResendOutcome = 'sent' | 'too_soon' | 'no_more' | 'too_many_codes' | 'too_late';

/** A new code in place of the last one; what was counted stays counted. */
export async function resendCode(context: Context, paymentId: string): Promise<ResendOutcome> {
  return inTransaction(context.db, async (tx) => {
    const payment = await lockPayment(tx, paymentId);
    if (payment?.status !== 'confirming') return 'too_late';
    const order = await getOrder(tx, payment.orderId);
    const facts = await readPaymentFacts(context, tx, order, payment.walletId);
    if (order.status !== 'open' || facts.now >= order.expiresAt) return 'too_late';
    const confirmation = await findConfirmation(tx, paymentId);
    if (!confirmation) throw new Error(`payment ${paymentId} is confirming without a code`);
    if (confirmation.resends >= facts.policies['otp.resends_max']) return 'no_more';
    const waitMs = Number(facts.policies['otp.resend_wait_seconds']) * 1000;
    if (facts.now.getTime() < confirmation.sentAt.getTime() + waitMs) return 'too_soon';
    return (await sendCode(tx, context, payment, facts)) ? 'sent' : 'too_many_codes';
  });
}

/** False, and nothing is sent, when the wallet was sent as many codes as it may in an hour, for whatever payment. */
async function sendCode(tx: Tx, context: Context, payment: Payment, facts: PaymentFacts): Promise<boolean> {
  const otp = generateOtp();
  const validSeconds = Number(facts.policies['otp.valid_seconds']);
  const binding = {
    paymentId: payment.id,
    amountDong: payment.amountDong,
    merchantSite: facts.order.merchantSite,
  };
  const nextAt = await storeCode(tx, {
    paymentId: payment.id,
    walletId: payment.walletId,
    codeHash: hashOtp(context, otp, binding),
    sentAt: facts.now,
    validUntil: new Date(facts.now.getTime() + validSeconds * 1000),
  });
  if (nextAt !== null) return false;
  await sendMessage(tx, context, {
    environment: payment.environment,
    recipientPhone: facts.wallet.phone,
    purpose: 'otp',
    text: otpMessageText(facts.wallet.locale, {
      otp,
      amountDong: payment.amountDong,
      shopName: facts.site.name,
      validSeconds,
    }),
  });
  return true;
}

async function getOrder(tx: Tx, orderId: string): Promise<Order> {
  const order = await findOrder(tx, orderId);
  if (!order) throw new Error(`order ${orderId} does not exist`);
  return order;
}

/** For the page that asks for the code. */
export async function readConfirmation(context: Context, paymentId: string) {
  const payment = await findPayment(context.db, paymentId);
  return payment?.status === 'confirming' ? findConfirmation(context.db, paymentId) : null;
}

/** From when the wallet may be sent a code again, as far as the bound of the hour goes; null: it was sent none lately. */
export function readNextCodeAt(context: Context, walletId: string): Promise<Date | null> {
  return findNextCodeAt(context.db, walletId, context.clock.now());
}
