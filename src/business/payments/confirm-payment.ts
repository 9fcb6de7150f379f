// The buyer presses "confirm": class A is paid at once, class B is sent a code.

import type { Context } from '../../ground/context.ts';
import { inTransaction, type Tx } from '../../ground/database/index.ts';
import { type MerchantSite, recallSite } from '../merchants/index.ts';
import { sendMessage } from '../messages/index.ts';
import { recallPolicies } from '../policies/index.ts';
import { decidePayment, type PaymentFacts } from './decide-payment.ts';
import { logCode, logPosted, logRefused } from './log-payments.ts';
import { generateOtp, hashOtp, otpMessageText } from './otp.ts';
import { factsOf } from './payment-facts.ts';
import {
  findNextCodeAt,
  storeCode,
  updatePaymentConfirming,
  updatePaymentRefused,
} from './payment-queries.ts';
import { type Attempted, getAttempted, lockAttempted } from './payment-record.ts';
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

/** What the transaction has decided; `line` goes to the log when it is committed. */
type Step<Outcome> = { outcome: Outcome; line?: () => void };

/**
 * Idempotent: a buyer who presses twice, or in two tabs, pays once and gets one code. A payment that is
 * already confirming answers `code_sent` and sends nothing again. `seen` is the payment as the same request
 * has read it.
 */
export async function confirmPayment(
  context: Context,
  paymentId: string,
  seen?: Attempted,
): Promise<ConfirmOutcome> {
  const attempted = seen ?? (await getAttempted(context.db, paymentId));
  // A payment that needs no code goes to the posting at once, which decides everything again under its locks.
  if (!(await needsNothingMore(context, attempted))) {
    const step = await inTransaction(context.db, (tx) => prepareConfirmation(tx, context, paymentId));
    step.line?.();
    if (step.outcome !== 'post_now') return step.outcome;
  }

  const [result] = await postPayments(context, [{ paymentId, confirmed: { confirmationClass: 'A' } }]);
  logPosted(context, { id: paymentId, confirmedBy: 'pin' }, result);
  switch (result?.outcome) {
    case 'paid':
    case 'refused':
    case 'too_late':
    case 'busy':
    case 'unknown':
      return result.outcome;
    case 'class_risen':
      // Another payment of the wallet was posted since, so this one needs a code now.
      return confirmPayment(context, paymentId);
    default:
      throw new Error(`posting a class A payment answered ${result?.outcome}`);
  }
}

async function needsNothingMore(context: Context, attempted: Attempted): Promise<boolean> {
  if (attempted.payment.status !== 'started') return false;
  const decision = decidePayment((await weigh(context, attempted)).facts);
  return decision.ok && decision.confirmationClass === 'A';
}

/** Everything but paying at once: the payment is refused, or a code is sent. */
async function prepareConfirmation(
  tx: Tx,
  context: Context,
  paymentId: string,
): Promise<Step<ConfirmOutcome | 'post_now'>> {
  const attempted = await lockAttempted(tx, paymentId);
  const { payment, order } = attempted;
  if (payment.status === 'paid') return { outcome: 'paid' };
  if (payment.status === 'confirming') return { outcome: 'code_sent' };
  if (payment.status !== 'started') return { outcome: 'too_late' };
  const { site, facts } = await weigh(context, attempted, tx);
  const decision = decidePayment(facts);
  if (!decision.ok) {
    if (order.status !== 'open' || decision.code === '11') return { outcome: 'too_late' };
    await updatePaymentRefused(tx, payment.id, { code: decision.code, detail: decision.detail }, facts.now);
    return { outcome: 'refused', line: () => logRefused(context, payment.id, decision.code) };
  }
  if (decision.confirmationClass === 'A') return { outcome: 'post_now' };
  const isSent = await sendCode(tx, context, attempted, { site, facts });
  if (isSent) await updatePaymentConfirming(tx, payment.id, 'B', facts.now);
  return { outcome: isSent ? 'code_sent' : 'too_many_codes', line: () => logCode(context, payment, isSent) };
}

export type ResendOutcome = 'sent' | 'too_soon' | 'no_more' | 'too_many_codes' | 'too_late';

/** Sends a new code in place of the last one. The attempts counted so far stay counted. */
export async function resendCode(context: Context, paymentId: string): Promise<ResendOutcome> {
  const { outcome, line } = await inTransaction(context.db, (tx) => resend(tx, context, paymentId));
  line?.();
  return outcome;
}

async function resend(tx: Tx, context: Context, paymentId: string): Promise<Step<ResendOutcome>> {
  const attempted = await lockAttempted(tx, paymentId);
  const { payment, order, confirmation } = attempted;
  if (payment.status !== 'confirming') return { outcome: 'too_late' };
  const { site, facts } = await weigh(context, attempted, tx);
  if (order.status !== 'open' || facts.now >= order.expiresAt) return { outcome: 'too_late' };
  if (!confirmation) throw new Error(`payment ${paymentId} is confirming without a code`);
  if (confirmation.resends >= facts.policies['otp.resends_max']) return { outcome: 'no_more' };
  const waitMs = Number(facts.policies['otp.resend_wait_seconds']) * 1000;
  if (facts.now.getTime() < confirmation.sentAt.getTime() + waitMs) return { outcome: 'too_soon' };
  const isSent = await sendCode(tx, context, attempted, { site, facts });
  return { outcome: isSent ? 'sent' : 'too_many_codes', line: () => logCode(context, payment, isSent) };
}

/**
 * The facts that this step decides on, before the posting decides again. The site and the rules may be
 * seconds old.
 */
async function weigh(
  context: Context,
  attempted: Attempted,
  tx?: Tx,
): Promise<{ site: MerchantSite; facts: PaymentFacts }> {
  const now = context.clock.now();
  const site = await recallSite(context, attempted.order.merchantSite, tx);
  if (!site) throw new Error(`the site of order ${attempted.order.publicId} does not exist`);
  const policies = await recallPolicies(context, now, tx);
  return { site, facts: factsOf(attempted, { site, policies, now }) };
}

/**
 * Returns false and sends nothing when the wallet has had its codes of this hour, counted over all its
 * payments.
 */
async function sendCode(
  tx: Tx,
  context: Context,
  { payment, payer, order }: Attempted,
  { site, facts }: { site: MerchantSite; facts: PaymentFacts },
): Promise<boolean> {
  const otp = generateOtp();
  const validSeconds = Number(facts.policies['otp.valid_seconds']);
  const binding = {
    paymentId: payment.id,
    amountDong: payment.amountDong,
    merchantSite: order.merchantSite,
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
    recipientPhone: payer.wallet.phone,
    purpose: 'otp',
    text: otpMessageText(payer.wallet.locale, {
      otp,
      amountDong: payment.amountDong,
      shopName: site.name,
      validSeconds,
    }),
  });
  return true;
}

/** When the hourly limit lets the wallet be sent a code again; null: it was sent none lately. */
export function readNextCodeAt(context: Context, walletId: string): Promise<Date | null> {
  return findNextCodeAt(context.db, walletId, context.clock.now());
}
