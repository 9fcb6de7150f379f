// A notification: one order's result on its way to the merchant's server. States, retry schedule, and what an
// answer means. Pure.
//
//   (recorded) → pending → delivered        the merchant said that it has the result
//                   │   ↘ exhausted         the schedule is over, or the merchant answered 410; only a resend brings
//                   │                       it back
//                   └ skipped               the site had no notification URL when the order ended

import type { Environment } from '../../ground/terms.ts';
import type { AttemptKind, AttemptOutcome } from './answer-kinds.ts';

export type NotificationStatus = 'pending' | 'delivered' | 'exhausted' | 'skipped';

export type Notification = {
  /** uuid; outside it is shown as `publicId`, ntf_… */
  id: string;
  publicId: string;
  orderId: string;
  merchantSite: string;
  environment: Environment;
  status: NotificationStatus;
  /** Of the running round: a resend begins at 0 again. The log counts on. */
  attempts: number;
  /** When it is tried next; while an attempt runs, when another process would take it over. */
  nextAttemptAt: Date | null;
  leasedUntil: Date | null;
  createdAt: Date;
  endedAt: Date | null;
};

export type NotificationAttempt = {
  id: string;
  notificationId: string;
  attemptNo: number;
  startedAt: Date;
  durationMs: number;
  method: string;
  url: string;
  requestHeaders: Record<string, string>;
  requestBody: string | null;
  responseStatus: number | null;
  /** The first 1 KiB, with secrets and personal data masked (keep-answer.ts). */
  responseBody: string | null;
  outcome: AttemptOutcome;
  /** What the outcome is more exactly; null: written before there were any. */
  kind: AttemptKind | null;
  detail: string | null;
};

const minute = 60;
const hour = 60 * minute;

/** Seconds from a failed attempt to the next, before jitter: 19 attempts over 74 hours. */
export const retryDelaysSeconds: readonly number[] = [
  5,
  15,
  1 * minute,
  5 * minute,
  10 * minute,
  20 * minute,
  30 * minute,
  ...[1, 2, 3, 4, 5, 6, 8, 10, 10, 12, 12].map((hours) => hours * hour),
];

export const attemptsMax = retryDelaysSeconds.length + 1;

/** Jitter only makes delays longer, so the schedule is never shorter than it says. */
export const jitterMax = 0.2;

/** A number in [0, 1), such as Math.random. */
export type Random = () => number;

/** Milliseconds until the attempt after `attempts` failed ones; null when that was the last. */
export function retryDelayMs(attempts: number, random: Random): number | null {
  const delay = retryDelaysSeconds[attempts - 1];
  return delay === undefined ? null : Math.round(delay * 1000 * (1 + jitterMax * random()));
}

export type NextStep =
  | { status: 'delivered' | 'exhausted'; nextAttemptAt: null }
  | { status: 'pending'; nextAttemptAt: Date };

/**
 * What becomes of a notification whose `attempts`-th attempt ended at `now`. Status 410 says that nothing more is wanted
 * here: no attempt follows. `askedMs` is what the merchant asked to be left alone for (Retry-After): it makes the wait
 * longer, never shorter, so that nobody uses the schedule up in a minute.
 */
export function decideNext(
  { outcome, kind }: { outcome: AttemptOutcome; kind: AttemptKind },
  attempts: number,
  now: Date,
  random: Random,
  askedMs = 0,
): NextStep {
  if (outcome === 'delivered') return { status: 'delivered', nextAttemptAt: null };
  const delayMs = kind === 'status_gone' ? null : retryDelayMs(attempts, random);
  if (delayMs === null) return { status: 'exhausted', nextAttemptAt: null };
  return { status: 'pending', nextAttemptAt: new Date(now.getTime() + Math.max(delayMs, askedMs)) };
}

const prefix = 'ntf_';

/** uuid → ntf_ and 32 hex digits; also the webhook-id, the same over all attempts. */
export function formatNotificationId(id: string): string {
  return prefix + id.replaceAll('-', '');
}

/** ntf_… → uuid; null for anything else. */
export function parseNotificationId(publicId: string): string | null {
  const match = /^ntf_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(publicId);
  return match ? match.slice(1).join('-') : null;
}
