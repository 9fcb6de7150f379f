// The buyer types the code. The attempt is counted in its own commit, then judged, then the payment is posted.

import type { Context } from '../../ground/context.ts';
import { inTransaction } from '../../ground/database/index.ts';
import { logEvent } from '../../ground/log/index.ts';
import { sendMessage } from '../messages/index.ts';
import { findWallet, otpLockedText } from '../wallets/index.ts';
import { logPosted, logRefused } from './log-payments.ts';
import { otpMatches } from './otp.ts';
import { formatPaymentId } from './payment.ts';
import {
  type CodeAttempt,
  countCodeAttempt,
  forgiveCodeAttempt,
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

type Judged = Extract<CodeAttempt, { verdict: 'judge' }>;

/** `otp` may be anything; what is not six digits is a wrong code, and counts. */
export async function submitCode(context: Context, paymentId: string, otp: string): Promise<CodeOutcome> {
  const attempt = await countCodeAttempt(context.db, paymentId, context.clock.now());
  if (attempt.verdict !== 'judge') return { outcome: attempt.verdict };

  const { amountDong, merchantSite, codeHash } = attempt;
  if (!otpMatches(context, otp, { paymentId, amountDong, merchantSite }, codeHash))
    return refuseCode(context, paymentId, attempt);

  const [result] = await postPayments(context, [
    { paymentId, confirmed: { confirmationClass: 'B', codeHash } },
  ]);
  logPosted(context, { id: paymentId, confirmedBy: 'code' }, result);
  // The code was right but did not pay, so it takes no attempt. If the payment was posted after all ("not
  // known yet"), that commit has ended the row of wrong codes.
  if (result?.outcome !== 'paid') await giveAttemptBack(context, paymentId);
  return toOutcome(result);
}

async function refuseCode(context: Context, paymentId: string, attempt: Judged): Promise<CodeOutcome> {
  const attemptsLeft = Math.max(0, attempt.attemptsMax - attempt.attempts);
  const { walletId, lockedUntil } = attempt;
  const fields = { paymentId: formatPaymentId(paymentId), walletId };
  logEvent(context.log, 'code.wrong', { ...fields, attemptsLeft });
  if (attemptsLeft > 0) return { outcome: 'wrong_code', attemptsLeft };
  logEvent(context.log, 'code.locked', { ...fields, lockedUntil });
  const refused = await inTransaction(context.db, async (tx): Promise<CodeOutcome> => {
    const payment = await lockPayment(tx, paymentId);
    if (payment?.status === 'paid') return { outcome: 'paid' };
    if (payment?.status !== 'confirming') return { outcome: 'too_late' };
    const now = context.clock.now();
    const detail = { lockedUntil: lockedUntil.toISOString() };
    await updatePaymentRefused(tx, payment.id, { code: '13', detail }, now);
    const wallet = await findWallet(tx, walletId);
    if (!wallet) throw new Error(`wallet ${walletId} does not exist`);
    await sendMessage(tx, context, {
      environment: wallet.environment,
      recipientPhone: wallet.phone,
      purpose: 'otp_locked',
      text: otpLockedText(wallet.locale, lockedUntil),
    });
    return { outcome: 'refused' };
  });
  if (refused.outcome === 'refused') logRefused(context, paymentId, '13');
  return refused;
}

/** How long each try to give an attempt back waits for the next: the fault that stopped the posting may last. */
const giveBackAgainMs = [1_000, 5_000, 20_000, 60_000];

async function giveAttemptBack(context: Context, paymentId: string, failures = 0): Promise<void> {
  try {
    await forgiveCodeAttempt(context.db, paymentId);
  } catch (err) {
    const waitMs = giveBackAgainMs[failures];
    context.log.warn({ err, paymentId, againInMs: waitMs }, 'an attempt at a code was not given back');
    if (waitMs !== undefined)
      setTimeout(() => void giveAttemptBack(context, paymentId, failures + 1), waitMs).unref();
  }
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
      // A code meets class B, the highest class, so the class cannot have risen above it.
      throw new Error(`posting a payment by code answered ${result?.outcome}`);
  }
}
