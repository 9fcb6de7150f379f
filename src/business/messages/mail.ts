// A mail as a row: what is sealed in its body, when it is tried again, and what may come of an attempt. Pure.

import type { RenderedMail } from './mail-templates/mail-frame.ts';

/** Sealed as JSON. Written at the queueing, so that every attempt sends the same bytes under the same Message-ID. */
export type MailBody = RenderedMail;

export function encodeMailBody(body: MailBody): Buffer {
  return Buffer.from(JSON.stringify(body));
}

export function decodeMailBody(bytes: Buffer): MailBody {
  return JSON.parse(bytes.toString()) as MailBody;
}

/** After the first attempt, and so on; then every hour, until the deadline. Each up to a fifth longer. */
const retryDelaysMs = [10, 60, 2 * 60, 5 * 60, 10 * 60, 20 * 60, 40 * 60].map((seconds) => seconds * 1_000);
const retryDelayMsMax = 3_600_000;
const jitterShare = 0.2;

/** When it was the server that failed: all mails keep off it together, and none should wait long once it is back. */
const serverDelayMsMax = 2 * 60_000;

/** `attempt`: of the one that has failed, from 1. `random`: 0 to 1. */
export function nextMailAttempt(
  failed: { attempt: number; concernsServer: boolean },
  now: Date,
  random: number,
): Date {
  const ownMs = retryDelaysMs[failed.attempt - 1] ?? retryDelayMsMax;
  const delayMs = failed.concernsServer ? Math.min(ownMs, serverDelayMsMax) : ownMs;
  return new Date(now.getTime() + Math.round(delayMs * (1 + jitterShare * random)));
}

/**
 * How often a text may be handed over without its answer being known. Two: so a mail is lost by no single fault, and
 * arrives twice at most.
 */
export const handoversMax = 2;
