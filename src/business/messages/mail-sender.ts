// The sender of mails: a few lanes, each with one connection to the server while something is due. Any number of
// processes may run one on the same database.

import { setTimeout as delay } from 'node:timers/promises';
import { classifyFault } from '../../ground/database/index.ts';
import { logEvent } from '../../ground/log/index.ts';
import {
  type MailSender,
  openSmtpSession,
  type SmtpLimits,
  type SmtpOutcome,
  type SmtpServer,
  type SmtpSession,
  smtpLimitsDefault,
} from '../../ground/mail/index.ts';
import { type ClaimedMail, claimMail, giveUpMails } from './mail-queries.ts';
import { type SendContext, sendClaimed, writeNotTried } from './send-mail.ts';

export type MailSenderOptions = {
  server: SmtpServer;
  from: MailSender;
  /** Connections at a time. Default 2. */
  lanes?: number;
  /** Default 1.000. */
  pollMs?: number;
  /** How long all lanes keep off a server that fails, at first; doubled each time, up to a minute. Default 5.000. */
  pauseMs?: number;
  /** Must outlast opening and one mail. Default 150.000. */
  leaseMs?: number;
  limits?: SmtpLimits;
  /** 0 to 1. */
  random?: () => number;
};

export type StartedMailSender = { stop(): Promise<void> };

/** Then it is left: servers end long sessions by themselves, in the middle of things. */
const mailsPerSessionMax = 50;
const pauseMsMax = 60_000;
const givenUpAtATime = 100;
/** What is under way when the process stops may end by itself. */
const stopWithinMs = 10_000;

export function startMailSender(context: SendContext, options: MailSenderOptions): StartedMailSender {
  const { lanes = 2, pollMs = 1_000, pauseMs = 5_000, leaseMs = 150_000 } = options;
  const { limits = smtpLimitsDefault, random = Math.random } = options;
  if (leaseMs < 2 * limits.attemptMs + 10_000) throw new Error('a lease must be longer than one attempt');
  const stopping = new AbortController();
  const cutting = new AbortController();
  let failuresInARow = 0;
  let pausedUntilMs = 0;

  const isPaused = () => performance.now() < pausedUntilMs;
  const note = (outcome: SmtpOutcome) => {
    if (!outcome.concernsServer) {
      failuresInARow = 0;
      return;
    }
    pausedUntilMs = performance.now() + Math.min(pauseMsMax, pauseMs * 2 ** Math.min(failuresInARow, 10));
    failuresInARow += 1;
  };

  /** Sends what is due, one mail after another, over one connection. */
  const workOff = async () => {
    let session: SmtpSession | null = null;
    try {
      for (let sent = 0; sent < mailsPerSessionMax && !stopping.signal.aborted && !isPaused(); sent++) {
        const mail = await claim();
        if (mail === null) return;
        if (session === null || !session.isUsable()) {
          session?.close();
          const opened = await openSmtpSession(options.server, { limits, signal: cutting.signal });
          if (!opened.ok) {
            note(opened.outcome);
            await writeNotTried(context, mail, opened.outcome, random());
            return;
          }
          session = opened.session;
        }
        note(await sendClaimed(context, mail, { session, from: options.from, random }));
      }
    } finally {
      session?.close();
    }
  };

  const claim = async (): Promise<ClaimedMail | null> => {
    const now = context.clock.now();
    const mail = await claimMail(context.db, { now, leasedUntil: new Date(now.getTime() + leaseMs) });
    if (mail !== null) await context.reach?.('mail.claimed');
    return mail;
  };

  const giveUp = async () => {
    for (const { id, template, attempts, outcome } of await giveUpMails(
      context.db,
      context.clock.now(),
      givenUpAtATime,
    )) {
      logEvent(context.log, 'mail.failed', {
        messageId: id,
        template,
        attempt: attempts,
        outcome,
        reply: '',
      });
    }
  };

  const run = async (lane: number) => {
    while (!stopping.signal.aborted) {
      try {
        if (lane === 0) await giveUp();
        if (!isPaused()) await workOff();
      } catch (error) {
        // Told where the clocks are compared; said here it would be a line with every poll.
        if (classifyFault(error) !== 'clock_differs')
          context.log.error({ err: error }, 'mails could not be sent');
      }
      await delay(pollMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const running = Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)));

  return {
    async stop() {
      stopping.abort();
      const cut = setTimeout(() => cutting.abort(), stopWithinMs);
      await running;
      clearTimeout(cut);
    },
  };
}
