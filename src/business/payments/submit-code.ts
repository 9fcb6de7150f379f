// The buyer types the code. The attempt is counted in its own commit, then judged, then the payment is posted.

import type { Context } from '../../ground/context.ts';
import { inTransaction } from '../../ground/database/index.ts';
import { sendMessage } from '../messages/index.ts';
import { findOrder } from '../orders/index.ts';
import { readPolicies } from '../policies/index.ts';
import { countOtpAttempt, findWallet, forgiveOtpAttempt, otpLockedText } from '../wallets/index.ts';
import { otpMatches } from './otp.ts';
import type { Payment } from './payment.ts';
import {
  countConfirmationAttempt,
  findConfirmation,
  lockPayment,
  updatePaymentRefused,
} from './payment-queries.ts';
import { type PostingResult, postPayments } from './post-payments.ts';

export type CodeOutcome =
  | { outcome: 'paid' }
  | { outcome: 'wrong_code'; attemptsLeft: number }
  | { outcome: 'code_expired' }
  /** A newer code was sent while this one was judged. */
  | { outcome: 'code_replaced' }
  /** Every attempt is taken; those under way decide. */
  | { outcome: 'no_attempt_left' }
  | { outcome: 'refused' }
  | { outcome: 'too_late' }
  /** The right code, but the machine is busy (75) or its answer is not known (68): the code still works. */
  | { outcome: 'busy' }
  | { outcome: 'unknown' };

type Attempt = {
  payment: Payment;
  merchantSite: string;
  codeHash: Buffer;
  attempts: number;
  attemptsMax: bigint;
  lockedUntil: Date;
};

/** `otp` may be anything; what is not six digits is a wrong code, and counts. */
export async function submitCode(context: Context, paymentId: string, otp: string): Promise<CodeOutcome> {
  const attempt = await countAttempt(context, paymentId);
  if ('outcome' in attempt) return attempt;

  const { payment, merchantSite, codeHash } = attempt;
  const binding = { paymentId: payment.id, amountDong: payment.amountDong, merchantSite };
  if (!otpMatches(context, otp, binding, codeHash)) return refuseCode(context, attempt);

  const [result] = await postPayments(context, [
    { paymentId, confirmed: { confirmationClass: 'B', codeHash } },
  ]);
  if (result?.outcome === 'busy' || result?.outcome === 'refused') {
    // The code was right and nothing was paid: the attempt is given back. When even that fails it stays counted.
    await forgiveOtpAttempt(context.db, payment.walletId).catch((err: unknown) =>
      context.log.warn({ err, paymentId }, 'an attempt at a code was not given back'),
    );
  }
  return toOutcome(result);
}

async function countAttempt(context: Context, paymentId: string): Promise<Attempt | CodeOutcome> {
  return inTransaction(context.db, async (tx) => {
    // Waits for a posting that holds the payment: who comes after it is told the truth, and takes no attempt.
    const payment = await lockPayment(tx, paymentId);
    if (!payment) throw new Error(`payment ${paymentId} does not exist`);
    if (payment.status === 'paid') return { outcome: 'paid' };
    if (payment.status !== 'confirming') return { outcome: 'too_late' };
    const now = context.clock.now();
    const order = await findOrder(tx, payment.orderId);
    if (order?.status !== 'open' || order.expiresAt <= now) return { outcome: 'too_late' };
    const confirmation = await findConfirmation(tx, paymentId);
    if (!confirmation) throw new Error(`payment ${paymentId} is confirming without a code`);
    if (confirmation.validUntil <= now) return { outcome: 'code_expired' };

    const policies = await readPolicies(tx, now);
    const attemptsMax = policies['otp.attempts_max'];
    const lockedUntil = new Date(now.getTime() + Number(policies['lock.seconds']) * 1000);
    const attempts = await countOtpAttempt(tx, payment.walletId, { attemptsMax, lockedUntil, now });
    if (attempts === null) return { outcome: 'no_attempt_left' };
    await countConfirmationAttempt(tx, paymentId);
    return {
      payment,
      merchantSite: order.merchantSite,
      codeHash: confirmation.codeHash,
      attempts,
      attemptsMax,
      lockedUntil,
    };
  });
}

async function refuseCode(context: Context, attempt: Attempt): Promise<CodeOutcome> {
  const attemptsLeft = Math.max(0, Number(attempt.attemptsMax) - attempt.attempts);
  if (attemptsLeft > 0) return { outcome: 'wrong_code', attemptsLeft };
  return inTransaction(context.db, async (tx) => {
    const payment = await lockPayment(tx, attempt.payment.id);
    if (payment?.status === 'paid') return { outcome: 'paid' };
    if (payment?.status !== 'confirming') return { outcome: 'too_late' };
    const now = context.clock.now();
    const lockedUntil = attempt.lockedUntil.toISOString();
    await updatePaymentRefused(tx, payment.id, { code: '13', detail: { lockedUntil } }, now);
    const wallet = await findWallet(tx, payment.walletId);
    if (!wallet) throw new Error(`wallet ${payment.walletId} does not exist`);
    await sendMessage(tx, context, {
      environment: wallet.environment,
      recipientPhone: wallet.phone,
      purpose: 'otp_locked',
      text: otpLockedText(wallet.locale, attempt.lockedUntil),
    });
    return { outcome: 'refused' };
  });
}

function toOutcome(result: PostingResult | undefined): CodeOutcome {
  switch (result?.outcome) {
    case 'paid':
      return { outcome: 'paid' };
    case 'refused':
      return { outcome: 'refused' };
    case 'code_replaced':
      return { outcome: 'code_replaced' };
    case 'too_late':
    case 'busy':
    case 'unknown':
      return { outcome: result.outcome };
    default:
      // A code meets class B, the highest there is: the class cannot have risen above it.
      throw new Error(`posting a payment by code answered ${result?.outcome}`);
  }
}
