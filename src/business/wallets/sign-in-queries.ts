// All SQL of signing in: one statement before the PIN is compared, one when it was right or could not be.

import { type RawBuilder, sql } from 'kysely';
import { type DbOrTx, type Tx, unflushed } from '../../ground/database/index.ts';
import type { Environment, Locale } from '../../ground/terms.ts';
import type { Wallet } from './wallet.ts';
import { walletList } from './wallet-queries.ts';

/** What an attempt is counted by. Phones and addresses are keyed hashes: no personal data in clear. */
export type AttemptSubjects = {
  phone: string;
  checkout: string;
  address: string;
  addressRule: 'sign_in.address_attempts_max' | 'sign_in.address_arrived_attempts_max';
};

type Locks = {
  lockedUntil: Date | null;
  /** No time ends this lock: an operator does. */
  isLockedForGood: boolean;
};

export type BegunAttempt =
  | { verdict: 'too_many_attempts'; retryAt: Date }
  | ({ verdict: 'pin_locked'; countedAs: CountedAs } & Locks)
  | ({
      /** Counted: compare the PIN. `lockedUntil`: the lock that the attempt leaves behind unless it is right. */
      verdict: 'judge';
      countedAs: CountedAs;
      /** How many attempts are left if this one is wrong. */
      attemptsLeft: number;
      /** Null: nobody has this phone. */
      wallet: Wallet | null;
      pinHash: string | null;
      costsInUse: string[];
    } & Locks);

/**
 * The counter of wrong PINs in a row: the phone's, or that of the browsers that have paid from the wallet.
 */
export type CountedAs = 'phone' | 'known_browser';

/**
 * Counts the attempt in a commit of its own, and says whether it may be judged. The commit is not flushed, so
 * that nobody waits for the counters that many share: a server that fails loses the attempts of its last second.
 */
export async function beginAttempt(
  db: DbOrTx,
  attempt: {
    environment: Environment;
    phone: string;
    subjects: AttemptSubjects;
    paidFrom: readonly { walletId: string; paidAt: Date }[];
    now: Date;
  },
): Promise<BegunAttempt> {
  const { environment, phone, subjects, paidFrom, now } = attempt;
  const { rows } = await sql<
    Wallet & {
      verdict: BegunAttempt['verdict'];
      retryAt: Date | null;
      attemptsLeft: number;
      locksAt: Date | null;
      isLockedForGood: boolean;
      countedAs: CountedAs;
      pinHash: string | null;
      costsInUse: string[] | null;
    }
  >`
    select begun.verdict, begun.retry_at as "retryAt", begun.attempts_left as "attemptsLeft", begun.locks_at as "locksAt",
      begun.is_locked_for_good as "isLockedForGood", begun.counted_as as "countedAs",
      begun.stored_pin_hash as "pinHash", begun.pin_costs as "costsInUse", ${walletList}
    from sign_in_begin(${environment}, ${phone}, ${subjects.phone},
      ${paidFrom.map(({ walletId }) => walletId)}::uuid[], ${paidFrom.map(({ paidAt }) => paidAt)}::timestamptz[],
      ${subjects.checkout}, ${subjects.address}, ${subjects.addressRule}, ${now}) begun
    cross join ${unflushed}
    left join wallets on wallets.id = begun.wallet_id`.execute(db);
  const [begun] = rows;
  if (!begun) throw new Error('an attempt to sign in was neither counted nor refused');
  const {
    verdict,
    retryAt,
    attemptsLeft,
    locksAt,
    isLockedForGood,
    countedAs,
    pinHash,
    costsInUse,
    ...wallet
  } = begun;
  switch (verdict) {
    case 'too_many_attempts':
      return { verdict, retryAt: retryAt ?? now };
    case 'pin_locked':
      return { verdict, countedAs, lockedUntil: retryAt, isLockedForGood };
    case 'judge':
      return {
        verdict,
        countedAs,
        lockedUntil: locksAt,
        isLockedForGood,
        attemptsLeft,
        wallet: pinHash === null ? null : wallet,
        pinHash,
        costsInUse: costsInUse ?? [],
      };
  }
}

export type SettledAttempt = {
  /** False: the attempt was not judged, so it does not count. */
  isRight: boolean;
  countedAs: CountedAs;
  subjects: AttemptSubjects;
  walletId: string | null;
  /** A hash of the same PIN to be stored in place of the former one. */
  rehashed: { former: string; pinHash: string } | null;
  now: Date;
};

/**
 * Gives back what the attempt took. Locks a few counters until the transaction ends: call it last. The
 * transaction is not flushed: after a failure of the server the buyer signs in again. `along` is written by the same
 * statement: a `with` list.
 */
export async function settleAttempt(
  db: DbOrTx,
  settled: SettledAttempt,
  along: RawBuilder<unknown> = sql``,
): Promise<void> {
  const { isRight, countedAs, subjects, walletId, rehashed, now } = settled;
  await sql`
    ${along}
    select sign_in_settle(${isRight}, ${countedAs}, ${pinSubject(settled)},
      ${subjects.checkout}, ${subjects.address}, ${subjects.addressRule}, ${walletId}::uuid,
      ${rehashed?.former ?? null}, ${rehashed?.pinHash ?? null}, ${now})
    from ${unflushed}`.execute(db);
}

/**
 * The subject under which the wrong PINs in a row are counted: the wallet for known browsers, else the phone.
 */
export function pinSubject(of: Pick<SettledAttempt, 'countedAs' | 'subjects' | 'walletId'>): string {
  return of.countedAs === 'known_browser' && of.walletId !== null ? of.walletId : of.subjects.phone;
}

export type LockNotice = {
  environment: Environment;
  phone: string;
  locale: Locale;
  lockedUntil: Date;
  locks: number;
};

/** A lock, by the counter that holds it. */
export type CountedLock = { countedAs: CountedAs; subject: string };

/** Locks whose holders are still to be told, longest waiting first. */
export async function listOwedNotices(
  db: DbOrTx,
  now: Date,
  limit: number,
): Promise<(CountedLock & { walletId: string })[]> {
  const { rows } = await sql<CountedLock & { walletId: string }>`
    select scope as "countedAs", subject, wallet_id as "walletId" from attempt_counters
    where notice_due_at <= ${now} order by notice_due_at limit ${limit}`.execute(db);
  return rows;
}

/**
 * Takes the notice of one lock, if it is still owed. The caller tells the holder in the same transaction. `held`: when
 * an attempt holds the row, wait for it, or leave the notice to the next run.
 */
export async function takeLockNotice(
  tx: Tx,
  { countedAs, subject }: CountedLock,
  held: 'wait' | 'skip',
): Promise<LockNotice | undefined> {
  const { rows } = await sql<LockNotice>`
    with owed as (
      select scope, subject from attempt_counters
      where scope = ${countedAs} and subject = ${subject} and notice_due_at is not null
      for update ${held === 'skip' ? sql`skip locked` : sql``}
    )
    update attempt_counters counter set notice_due_at = null from owed, wallets
    where counter.scope = owed.scope and counter.subject = owed.subject and wallets.id = counter.wallet_id
    returning wallets.environment, wallets.phone, wallets.locale, counter.locked_until as "lockedUntil", counter.locks`.execute(
    tx,
  );
  return rows[0];
}

/** Sets a notice aside until `dueAt`, unless it was told meanwhile. */
export async function postponeLockNotice(db: DbOrTx, lock: CountedLock, dueAt: Date): Promise<void> {
  await sql`
    update attempt_counters set notice_due_at = ${dueAt}
    where scope = ${lock.countedAs} and subject = ${lock.subject} and notice_due_at is not null`.execute(db);
}

/** Ends every row of wrong PINs and wrong codes of a wallet, and their locks. */
export async function clearLocks(
  db: DbOrTx,
  unlock: { walletId: string; phoneSubject: string },
): Promise<void> {
  await sql`
    with counters as (
      delete from attempt_counters
      where (scope = 'phone' and subject = ${unlock.phoneSubject})
        or (scope = 'known_browser' and subject = ${unlock.walletId})
    )
    update wallets set otp_failures = 0, otp_locked_until = null where id = ${unlock.walletId}`.execute(db);
}

/**
 * Removes costs that no stored PIN hash has any more, so that attempts stop spending that work. It reads all
 * wallets, unless there is only one cost.
 */
export async function trimPinCosts(db: DbOrTx): Promise<void> {
  await sql`
    delete from pin_costs where (select count(*) from pin_costs) > 1 and cost not in (
      select substring(pin_hash from 'm=[0-9]+,t=[0-9]+,p=[0-9]+') from wallets)`.execute(db);
}
