// Signing in to the wallet with phone and PIN, and everything that keeps a stranger from guessing.

import type { RawBuilder } from 'kysely';
import { canonicalAddress, networkOf } from '../../ground/addresses/index.ts';
import type { Context } from '../../ground/context.ts';
import type { DbOrTx } from '../../ground/database/index.ts';
import { logEvent } from '../../ground/log/index.ts';
import { PinQueueFull } from '../../ground/secrets/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { phoneSubject, tellOfLockSoon } from './pin-locks.ts';
import {
  type AttemptSubjects,
  beginAttempt,
  type CountedAs,
  pinSubject,
  type SettledAttempt,
  settleAttempt,
} from './sign-in-queries.ts';
import type { Wallet } from './wallet.ts';

export type SignInRefusal =
  /** Unknown phone and wrong PIN alike. `attemptsLeft`: wrong PINs until sign-in by PIN is locked for this phone. */
  | { error: 'phone_or_pin_wrong'; attemptsLeft: number }
  /** Code 10: too many attempts from this checkout or this network; the next is free at `retryAt`. */
  | { error: 'too_many_attempts'; retryAt: Date }
  /** Code 79: too many wrong PINs in a row for this phone, known or not. Null: until somebody unlocks it. */
  | { error: 'pin_locked'; lockedUntil: Date | null }
  /** The PIN was right, but the wallet is locked (12) or closed (09). */
  | { error: 'wallet_locked' | 'wallet_closed' }
  /** Code 75: the machine is busy hashing. */
  | { error: 'busy' };

export type SignedIn = {
  ok: true;
  wallet: Wallet;
  /**
   * Ends the row of wrong PINs and gives the attempt back, by one statement. The caller runs it last in the
   * transaction that opens the session. Until that commits, the attempt stays counted. `along` is a `with` list that
   * the same statement writes.
   */
  settle(tx: DbOrTx, along?: RawBuilder<unknown>): Promise<void>;
};

export type SignInInput = {
  environment: Environment;
  /** National form, as parsePhone makes it. */
  phone: string;
  /** As typed. */
  pin: string;
  /** What the attempts are counted by: the checkout (apart for browsers that the shop sent) and the network. */
  checkoutId: string;
  address: string;
  arrived?: boolean;
  /** Wallets that this browser has paid from, and when; the caller has checked its proof. */
  paidFrom?: readonly { walletId: string; paidAt: Date }[];
};

/**
 * One statement counts the attempt and reads the wallet, in a commit of its own. Then the PIN is compared. The work is
 * the same for a phone that nobody has. A wrong PIN is answered without another statement: if it locks the wallet, its
 * holder is told after the answer.
 */
export async function signIn(
  context: Context,
  input: SignInInput,
): Promise<SignedIn | ({ ok: false } & SignInRefusal)> {
  const { environment, phone } = input;
  const subjects = subjectsOf(context, input);
  const paidFrom = input.paidFrom ?? [];
  const now = context.clock.now();
  const begun = await beginAttempt(context.db, { environment, phone, subjects, paidFrom, now });
  const lines = linesOf(context, input, subjects);
  if (begun.verdict === 'too_many_attempts') {
    lines.refused(null, begun.verdict);
    return { ok: false, error: begun.verdict, retryAt: begun.retryAt };
  }
  const lockedUntil = begun.isLockedForGood ? null : begun.lockedUntil;
  if (begun.verdict === 'pin_locked') {
    lines.refused(null, 'pin_locked');
    return { ok: false, error: 'pin_locked', lockedUntil };
  }

  const { wallet, pinHash, countedAs } = begun;
  const settled = { countedAs, subjects, walletId: wallet?.id ?? null, now };
  const checked = await context.pinHasher
    .check(input.pin, pinHash, begun.costsInUse)
    .catch((error: unknown) => {
      if (error instanceof PinQueueFull) return null;
      throw error;
    });
  if (checked === null) {
    // This attempt was not judged, so it does not count. Those judged before it stay counted.
    await settleAttempt(context.db, { ...settled, isRight: false, rehashed: null });
    lines.refused(wallet, 'busy');
    return { ok: false, error: 'busy' };
  }
  if (!checked.matches || !wallet || pinHash === null) {
    lines.failed(wallet, countedAs);
    if (begun.lockedUntil === null) {
      return { ok: false, error: 'phone_or_pin_wrong', attemptsLeft: begun.attemptsLeft };
    }
    lines.locked(wallet, countedAs, lockedUntil);
    tellOfLockSoon(context, { countedAs, subject: pinSubject(settled) });
    return { ok: false, error: 'pin_locked', lockedUntil };
  }

  const rehashed = checked.rehashed === null ? null : { former: pinHash, pinHash: checked.rehashed };
  const right: SettledAttempt = { ...settled, isRight: true, rehashed };
  if (wallet.status === 'locked' || wallet.status === 'closed') {
    await settleAttempt(context.db, right);
    const error = wallet.status === 'locked' ? 'wallet_locked' : 'wallet_closed';
    lines.refused(wallet, error);
    return { ok: false, error };
  }
  lines.succeeded(wallet, countedAs);
  return { ok: true, wallet, settle: (tx, along) => settleAttempt(tx, right, along) };
}

const subjectLength = 12;

/** `subject` stands for the phone, known or not. It is the same in every line, and the number cannot be read from it. */
function linesOf({ log }: Context, input: SignInInput, subjects: AttemptSubjects) {
  const at = { orderId: input.checkoutId, address: canonicalAddress(input.address) };
  const subject = subjects.phone.slice(0, subjectLength);
  const idOf = (wallet: Wallet | null) => wallet?.id ?? null;
  return {
    succeeded: (wallet: Wallet, countedAs: CountedAs) =>
      logEvent(log, 'sign_in.succeeded', { ...at, walletId: wallet.id, countedAs }),
    failed: (wallet: Wallet | null, countedAs: CountedAs) =>
      logEvent(log, 'sign_in.failed', { ...at, walletId: idOf(wallet), subject, countedAs }),
    refused: (wallet: Wallet | null, reason: string) =>
      logEvent(log, 'sign_in.refused', { ...at, walletId: idOf(wallet), subject, reason }),
    locked: (wallet: Wallet | null, countedAs: CountedAs, lockedUntil: Date | null) =>
      logEvent(log, 'sign_in.locked', { ...at, walletId: idOf(wallet), subject, countedAs, lockedUntil }),
  };
}

/** Browsers that the shop sent have attempts of their own, at their checkout and in their network. */
function subjectsOf(context: Context, input: SignInInput): AttemptSubjects {
  const standing = input.arrived ? 'arrived' : 'stranger';
  return {
    phone: phoneSubject(context, input.environment, input.phone),
    checkout: `${input.checkoutId}/${standing}`,
    address: context.keyRing.hmac('subject', `${networkOf(input.address)}/${standing}`).toString('base64url'),
    addressRule: input.arrived ? 'sign_in.address_arrived_attempts_max' : 'sign_in.address_attempts_max',
  };
}
