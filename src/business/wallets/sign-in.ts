// Signing in to the wallet with phone and PIN, and everything that keeps a stranger from guessing.

import type { Context } from '../../ground/context.ts';
import { PinQueueFull } from '../../ground/secrets/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { sendMessage } from '../messages/index.ts';
import { readPolicies } from '../policies/index.ts';
import {
  type AttemptScope,
  clearAttempts,
  countAttempt,
  findAttempts,
  forgiveAttempt,
} from './attempt-counters.ts';
import type { Wallet } from './wallet.ts';
import { pinLockedText } from './wallet-messages.ts';
import { findPinHash, findWalletByPhone, updatePinHash } from './wallet-queries.ts';

export type SignInRefusal =
  /** Unknown phone and wrong PIN alike. */
  | { error: 'phone_or_pin_wrong' }
  /** Code 10: too many attempts from this checkout or this address. */
  | { error: 'too_many_attempts' }
  /** Code 79: too many wrong PINs in a row for this phone, known or not. */
  | { error: 'pin_locked'; lockedUntil: Date | null }
  /** Code 75: the machine is busy hashing. */
  | { error: 'busy' };

/** A row of wrong PINs ends with a right one, not with time; the row itself is forgotten after a month. */
const wrongPinsInARowSeconds = 2_592_000n;

/**
 * The attempt is counted first (checkout, address, phone, in this order), each in its own commit; then the PIN is
 * compared, at the same cost whether the phone is known or not. `checkoutId` and `address` are what the attempts
 * are counted by.
 */
export async function signIn(
  context: Context,
  input: { environment: Environment; phone: string; pin: string; checkoutId: string; address: string },
): Promise<{ ok: true; wallet: Wallet } | ({ ok: false } & SignInRefusal)> {
  const now = context.clock.now();
  const policies = await readPolicies(context.db, now);
  const hashed = (text: string) => context.keyRing.hmac('subject', text).toString('base64url');
  const counted: [AttemptScope, string][] = [];
  const count = async (
    scope: AttemptScope,
    subject: string,
    attemptsMax: bigint,
    lockSeconds: bigint | null,
  ) => {
    const windowSeconds = scope === 'phone' ? wrongPinsInARowSeconds : policies['sign_in.window_seconds'];
    const result = await countAttempt(context.db, {
      scope,
      subject,
      attemptsMax,
      windowSeconds,
      lockSeconds,
      now,
    });
    if (result) counted.push([scope, subject]);
    return result;
  };

  if (!(await count('checkout', input.checkoutId, policies['sign_in.checkout_attempts_max'], null))) {
    return { ok: false, error: 'too_many_attempts' };
  }
  if (!(await count('address', hashed(input.address), policies['sign_in.address_attempts_max'], null))) {
    return { ok: false, error: 'too_many_attempts' };
  }
  const phoneSubject = hashed(`${input.environment}/${input.phone}`);
  const phoneCount = await count(
    'phone',
    phoneSubject,
    policies['pin.attempts_max'],
    policies['lock.seconds'],
  );
  if (!phoneCount) {
    const locked = await findAttempts(context.db, 'phone', phoneSubject);
    return { ok: false, error: 'pin_locked', lockedUntil: locked?.lockedUntil ?? null };
  }

  const pinHash = await findPinHash(context.db, input.environment, input.phone);
  const checked = await context.pinHasher.check(input.pin, pinHash).catch((error: unknown) => {
    if (error instanceof PinQueueFull) return null;
    throw error;
  });
  if (checked === null) {
    // Not judged, so not an attempt; those judged before it stay counted.
    for (const [scope, subject] of counted) await forgiveAttempt(context.db, scope, subject);
    return { ok: false, error: 'busy' };
  }

  const wallet = await findWalletByPhone(context.db, input.environment, input.phone);
  if (!checked.matches || !wallet || pinHash === null) {
    if (phoneCount.lockedUntil === null) return { ok: false, error: 'phone_or_pin_wrong' };
    if (wallet) {
      await sendMessage(context.db, context, {
        environment: input.environment,
        recipientPhone: input.phone,
        purpose: 'pin_locked',
        text: pinLockedText(wallet.locale, phoneCount.lockedUntil),
      });
    }
    return { ok: false, error: 'pin_locked', lockedUntil: phoneCount.lockedUntil };
  }

  await clearAttempts(context.db, 'phone', phoneSubject);
  await forgiveAttempt(context.db, 'checkout', input.checkoutId);
  await forgiveAttempt(context.db, 'address', hashed(input.address));
  if (checked.outdated)
    await updatePinHash(context.db, wallet.id, pinHash, await context.pinHasher.hash(input.pin));
  return { ok: true, wallet };
}
