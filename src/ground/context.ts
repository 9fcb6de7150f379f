// The context that every use case is given: the clock, the database, the keys, the log. Types only.

import type { Database } from './database/index.ts';
import type { Logger } from './log/index.ts';
import type { KeyRing, PinHasher } from './secrets/index.ts';
import type { Operator } from './terms.ts';
import type { Clock } from './time/index.ts';

/** The places on a payment's way at which the crash tests kill the process. */
export type NamedPoint =
  | 'posting.before_locks'
  | 'posting.locked'
  | 'posting.decided'
  | 'posting.in_transaction'
  | 'posting.after_commit'
  | 'notification.before_sending'
  | 'notification.after_sending'
  | 'mail.claimed'
  | 'mail.before_text'
  | 'mail.answered';

/**
 * `server`: a mail server sends them; `inbox`: they are delivered by being in the sandbox's inbox; `off`: they wait in
 * vain until a server is set.
 */
export type MailWay = 'server' | 'inbox' | 'off';

/** What a use case needs to do its work; made once by createContext. */
export type Context = {
  db: Database;
  clock: Clock;
  keyRing: KeyRing;
  pinHasher: PinHasher;
  log: Logger;
  /** Where buyers and merchants reach this gateway, without a trailing slash. */
  publicUrl: string;
  /** Named on every page a buyer sees; null or absent when nobody has said who it is. */
  operator?: Operator | null;
  /** Where mails go; absent: nowhere (`off`). */
  mail?: MailWay;
  /**
   * How many postings may wait and go together, with the defaults of createGroupCommit; and how long a batch's
   * callers wait for the database at most (15 seconds).
   */
  postingQueue?: { batchMax?: number; inFlightMax?: number; queueMax?: number; answerMsMax?: number };
  /** Called at each named point; only the crash tests pass one. */
  reach?: (point: NamedPoint) => Promise<void>;
};
