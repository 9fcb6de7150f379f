// The words and hands every use case is given: which environment, whose clock, where the database is.
// Types only (and the system clock): the ground floor below everything else.

import type { Database } from './database/index.ts';
import type { Logger } from './http/logger.ts';
import type { KeyRing, PinHasher } from './secrets/index.ts';

/** Nothing crosses between the two, the ledger included. */
export type Environment = 'sandbox' | 'live';

export type Locale = 'vi' | 'en';

/**
 * Business time. Every rule asks this clock and passes the answer into SQL; no rule uses the database's
 * own clock, so that a test can stand at any moment and two servers cannot disagree about one payment.
 */
export type Clock = { now(): Date };

export const systemClock: Clock = { now: () => new Date() };

/** The places on a payment's way at which the crash tests kill the process. */
export type NamedPoint =
  | 'posting.before_locks'
  | 'posting.locked'
  | 'posting.decided'
  | 'posting.in_transaction'
  | 'posting.after_commit'
  | 'notification.before_sending'
  | 'notification.after_sending';

/** What a use case needs to do its work; made once by createContext. */
export type Context = {
  db: Database;
  clock: Clock;
  keyRing: KeyRing;
  pinHasher: PinHasher;
  log: Logger;
  /** Where buyers and merchants reach this gateway, without a trailing slash. */
  publicUrl: string;
  /**
   * How many postings may wait and go together, with the defaults of createGroupCommit; and how long a batch's
   * callers wait for the database at most (15 seconds).
   */
  postingQueue?: { batchMax?: number; inFlightMax?: number; queueMax?: number; answerMsMax?: number };
  /** Called at each named point; only the crash tests pass one. */
  reach?: (point: NamedPoint) => Promise<void>;
};
