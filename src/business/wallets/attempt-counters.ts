// Counted attempts at guessing: per phone, checkout and address. Counted in a commit of their own before
// anything is compared, so that a hundred attempts at once are a hundred, whatever becomes of them.

import { sql } from 'kysely';
import type { DbOrTx } from '../../ground/database/index.ts';

export type AttemptScope = 'phone' | 'checkout' | 'address';

type Counted = { attempts: number; lockedUntil: Date | null };

/**
 * Counts one attempt unless `attemptsMax` are counted already in the window, or the subject is locked.
 * With `lockSeconds` the attempt that reaches the maximum locks the subject; afterwards counting begins anew.
 * Returns null when the attempt may not be made.
 */
export async function countAttempt(
  db: DbOrTx,
  attempt: {
    scope: AttemptScope;
    subject: string;
    attemptsMax: bigint;
    windowSeconds: bigint;
    lockSeconds: bigint | null;
    now: Date;
  },
): Promise<Counted | null> {
  const windowEnds = new Date(attempt.now.getTime() + Number(attempt.windowSeconds) * 1000);
  const lockedUntil =
    attempt.lockSeconds === null
      ? null
      : new Date(attempt.now.getTime() + Number(attempt.lockSeconds) * 1000);
  const { rows } = await sql<Counted>`
    insert into attempt_counters as counter (scope, subject, attempts, window_ends_at, locked_until)
    values (${attempt.scope}, ${attempt.subject}, 1, ${windowEnds},
      case when 1 >= ${attempt.attemptsMax} then ${lockedUntil}::timestamptz end)
    on conflict (scope, subject) do update set
      attempts = case when counter.window_ends_at <= ${attempt.now} or counter.locked_until <= ${attempt.now} then 1
        else counter.attempts + 1 end,
      window_ends_at = case when counter.window_ends_at <= ${attempt.now} or counter.locked_until <= ${attempt.now} then excluded.window_ends_at
        else counter.window_ends_at end,
      locked_until = case
        when counter.window_ends_at <= ${attempt.now} or counter.locked_until <= ${attempt.now} then excluded.locked_until
        when counter.attempts + 1 >= ${attempt.attemptsMax} then ${lockedUntil}::timestamptz end
    where counter.window_ends_at <= ${attempt.now} or counter.locked_until <= ${attempt.now}
      or (counter.locked_until is null and counter.attempts < ${attempt.attemptsMax})
    returning attempts, locked_until as "lockedUntil"`.execute(db);
  return rows[0] ?? null;
}

/** The attempt was right after all, or was not judged: it never was, nor the lock that it may have set. */
export async function forgiveAttempt(db: DbOrTx, scope: AttemptScope, subject: string): Promise<void> {
  await sql`
    update attempt_counters set attempts = greatest(attempts - 1, 0), locked_until = null
    where scope = ${scope} and subject = ${subject}`.execute(db);
}

/** Ends the row of wrong attempts, and the lock that its last one may have set. */
export async function clearAttempts(db: DbOrTx, scope: AttemptScope, subject: string): Promise<void> {
  await sql`delete from attempt_counters where scope = ${scope} and subject = ${subject}`.execute(db);
}

export async function findAttempts(
  db: DbOrTx,
  scope: AttemptScope,
  subject: string,
): Promise<Counted | null> {
  const { rows } = await sql<Counted>`
    select attempts, locked_until as "lockedUntil" from attempt_counters
    where scope = ${scope} and subject = ${subject}`.execute(db);
  return rows[0] ?? null;
}

/** Rows nobody will ask for again; run by the daily clean-up. */
export async function trimAttempts(db: DbOrTx, now: Date): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from attempt_counters
    where window_ends_at <= ${now} and (locked_until is null or locked_until <= ${now})`.execute(db);
  return Number(numAffectedRows ?? 0n);
}
