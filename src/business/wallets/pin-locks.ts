// After sign-in by PIN is locked: the holder is told, and an operator may end the lock.

import type { Context } from '../../ground/context.ts';
import { inTransaction } from '../../ground/database/index.ts';
import { logEvent } from '../../ground/log/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { sendMessage } from '../messages/index.ts';
import { readPolicies } from '../policies/index.ts';
import { type CountedAs, clearLocks, type LockNotice, takeLockNotices } from './sign-in-queries.ts';
import { pinLockedText } from './wallet-messages.ts';
import { findWalletByPhone } from './wallet-queries.ts';

/** A keyed hash: the counters hold no phone number. */
export function phoneSubject(
  context: Pick<Context, 'keyRing'>,
  environment: Environment,
  phone: string,
): string {
  return context.keyRing.hmac('subject', `${environment}/${phone}`).toString('base64url');
}

/**
 * Tells the holder after the answer, so that a known phone takes no longer than an unknown one. Until then the row of
 * the lock says that its holder is still to be told. If this process dies first, tellOfLocks tells.
 */
export function tellOfLockSoon(context: Context, lock: { countedAs: CountedAs; subject: string }): void {
  setImmediate(() => {
    tell(context, lock).catch((err: unknown) =>
      context.log.warn({ err }, 'the holder of a locked wallet is told later'),
    );
  });
}

/** Tells the holders whom no process has told yet. Returns how many. A job runs it every minute. */
export function tellOfLocks(context: Context): Promise<number> {
  return tell(context, { dueAt: context.clock.now() });
}

async function tell(
  context: Context,
  which: { countedAs: CountedAs; subject: string } | { dueAt: Date },
): Promise<number> {
  return inTransaction(context.db, async (tx) => {
    const notices = await takeLockNotices(tx, which);
    if (notices.length === 0) return 0;
    const policies = await readPolicies(tx, context.clock.now());
    for (const notice of notices) {
      await sendMessage(tx, context, {
        environment: notice.environment,
        recipientPhone: notice.phone,
        purpose: 'pin_locked',
        text: pinLockedText(notice.locale, endOfLock(notice, policies['pin.locks_max'])),
      });
    }
    return notices.length;
  });
}

function endOfLock(notice: LockNotice, locksMax: bigint): Date | null {
  return notice.locks >= locksMax ? null : notice.lockedUntil;
}

/** For operators, when the holder has proved who they are: ends every lock that wrong PINs and codes have set. */
export async function unlockWallet(
  context: Context,
  input: { environment: Environment; phone: string },
): Promise<{ ok: true } | { ok: false; error: 'wallet_not_found' }> {
  const wallet = await findWalletByPhone(context.db, input.environment, input.phone);
  if (!wallet) return { ok: false, error: 'wallet_not_found' };
  await clearLocks(context.db, {
    walletId: wallet.id,
    phoneSubject: phoneSubject(context, input.environment, input.phone),
  });
  logEvent(context.log, 'sign_in.unlocked', { walletId: wallet.id });
  return { ok: true };
}
