// After sign-in by PIN is locked: the holder is told, and an operator may end the lock.

import type { Context } from '../../ground/context.ts';
import { inTransaction } from '../../ground/database/index.ts';
import { logEvent } from '../../ground/log/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { type Actor, recordAct } from '../audit/index.ts';
import { sendMessage } from '../messages/index.ts';
import { readPolicies } from '../policies/index.ts';
import { countNoticesSetAside } from './lock-metrics.ts';
import {
  type CountedLock,
  clearLocks,
  type LockNotice,
  listOwedNotices,
  postponeLockNotice,
  takeLockNotice,
} from './sign-in-queries.ts';
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
export function tellOfLockSoon(context: Context, lock: CountedLock): void {
  setImmediate(() => {
    tell(context, lock, 'wait').catch((err: unknown) =>
      context.log.warn({ err }, 'the holder of a locked wallet is told later'),
    );
  });
}

/** Notices of one run. A job runs every minute. */
const noticesMax = 1_000;
const retryWaitMs = 10 * 60_000;
const namedMax = 20;

/**
 * Tells the holders whom no process has told yet, each in a transaction of its own. A notice that fails is set aside for
 * ten minutes, and those behind it do not wait. Returns how many holders were told. @throws when the database is away.
 */
export async function tellOfLocks(context: Context): Promise<number> {
  const setAside: string[] = [];
  let told = 0;
  let fault: unknown = null;
  for (const lock of await listOwedNotices(context.db, context.clock.now(), noticesMax)) {
    try {
      if (await tell(context, lock, 'skip')) told += 1;
    } catch (error) {
      // Without a database this fails too, and the run ends.
      await postponeLockNotice(context.db, lock, new Date(context.clock.now().getTime() + retryWaitMs));
      setAside.push(lock.walletId);
      fault = error;
    }
  }
  countNoticesSetAside(setAside.length);
  if (setAside.length > 0) {
    const facts = { count: setAside.length, walletIds: setAside.slice(0, namedMax) };
    logEvent(context.log, 'sign_in.notice_set_aside', facts, { err: fault });
  }
  return told;
}

/** False: somebody has told the holder, or an attempt that holds the lock's row was not waited for. */
function tell(context: Context, lock: CountedLock, held: 'wait' | 'skip'): Promise<boolean> {
  return inTransaction(context.db, async (tx) => {
    const notice = await takeLockNotice(tx, lock, held);
    if (notice === undefined) return false;
    const policies = await readPolicies(tx, context.clock.now());
    await sendMessage(tx, context, {
      environment: notice.environment,
      recipientPhone: notice.phone,
      purpose: 'pin_locked',
      text: pinLockedText(notice.locale, endOfLock(notice, policies['pin.locks_max'])),
    });
    return true;
  });
}

function endOfLock(notice: LockNotice, locksMax: bigint): Date | null {
  return notice.locks >= locksMax ? null : notice.lockedUntil;
}

/** For operators, when the holder has proved who they are: ends every lock that wrong PINs and codes have set. */
export async function unlockWallet(
  context: Context,
  by: Actor,
  { environment, phone, reason }: { environment: Environment; phone: string; reason?: string },
): Promise<{ ok: true } | { ok: false; error: 'wallet_not_found' }> {
  const wallet = await inTransaction(context.db, async (tx) => {
    const found = await findWalletByPhone(tx, environment, phone);
    if (!found) return null;
    await clearLocks(tx, { walletId: found.id, phoneSubject: phoneSubject(context, environment, phone) });
    const before = { codes_locked_until: found.otpLockedUntil };
    await recordAct(tx, context, {
      by,
      act: 'wallet.unlocked',
      subject: found.id,
      environment,
      before,
      reason,
    });
    return found;
  });
  if (!wallet) return { ok: false, error: 'wallet_not_found' };
  logEvent(context.log, 'sign_in.unlocked', { walletId: wallet.id });
  return { ok: true };
}
