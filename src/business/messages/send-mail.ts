// One attempt to hand one claimed mail to the server, and what is written of it. No transaction is open meanwhile.

import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from '../../ground/context.ts';
import { logEvent } from '../../ground/log/index.ts';
import {
  composeMail,
  type MailSender,
  type SmtpOutcome,
  type SmtpSession,
  smtpOutcome,
} from '../../ground/mail/index.ts';
import { decodeMailBody, handoversMax, nextMailAttempt } from './mail.ts';
import {
  type ClaimedMail,
  giveMailBack,
  noteHandover,
  writeDelivered,
  writeFailed,
  writeRetry,
} from './mail-queries.ts';
import { maskReply } from './mask-reply.ts';

export type SendContext = Pick<Context, 'db' | 'clock' | 'keyRing' | 'log' | 'reach'>;

type Sent = SmtpOutcome & { textBegun: boolean };

/** An outcome that is not written makes a mail go out twice, so writing it is worth some patience. */
const writeAgainMs = [200, 1_000, 3_000];

export async function sendClaimed(
  context: SendContext,
  mail: ClaimedMail,
  { session, from, random }: { session: SmtpSession; from: MailSender; random: () => number },
): Promise<SmtpOutcome> {
  const body = readBody(context, mail);
  if (body === null) {
    await writeFailed(context.db, mail, 'body_unreadable');
    tellFailed(context, mail, 'body_unreadable', '');
    return smtpOutcome('stopped', 'the body does not open');
  }
  const { id, recipient: to, createdAt: at } = mail;
  const sent = await session.send({
    from: from.address,
    to,
    message: await composeMail({ id, from, to, at, ...body }),
    beforeText: async () => {
      const isHeld = await noteHandover(context.db, mail, context.clock.now());
      if (!isHeld) throw new Error('another process has taken the mail over');
      await context.reach?.('mail.before_text');
    },
  });
  await context.reach?.('mail.answered');
  await writeOutcome(context, mail, sent, random());
  return sent;
}

/** The server could not be reached, or would not talk to us: nothing was said of the mail. */
export async function writeNotTried(
  context: SendContext,
  mail: ClaimedMail,
  outcome: SmtpOutcome,
  random: number,
): Promise<void> {
  await writeOutcome(context, mail, { ...outcome, textBegun: false }, random);
}

async function writeOutcome(context: SendContext, mail: ClaimedMail, sent: Sent, random: number) {
  const { db, log } = context;
  const now = context.clock.now();
  const reply = maskReply(sent.reply);
  const told = `${sent.kind}: ${reply}`.slice(0, 200);
  const facts = { messageId: mail.id, template: mail.template, attempt: mail.attempt };
  if (sent.kind === 'stopped') return giveMailBack(db, mail);
  if (sent.meaning === 'done') {
    await persist(() => writeDelivered(db, mail, now, told));
    return logEvent(log, 'mail.sent', facts);
  }
  const handedOver = mail.handedOver + (sent.meaning === 'unknown' ? 1 : 0);
  const nextAttemptAt = nextMailAttempt(
    { attempt: mail.attempt, concernsServer: sent.concernsServer },
    now,
    random,
  );
  if (sent.meaning === 'never' || handedOver >= handoversMax || nextAttemptAt >= mail.deadlineAt) {
    await persist(() => writeFailed(db, mail, told));
    return tellFailed(context, mail, sent.kind, reply);
  }
  await persist(() => writeRetry(db, mail, { at: nextAttemptAt, handedOver, outcome: told }));
  return logEvent(log, 'mail.not_sent', { ...facts, outcome: sent.kind, reply, nextAttemptAt });
}

function tellFailed({ log }: SendContext, mail: ClaimedMail, outcome: string, reply: string): void {
  const { id: messageId, template, attempt } = mail;
  logEvent(log, 'mail.failed', { messageId, template, attempt, outcome, reply });
}

function readBody({ keyRing, log }: SendContext, mail: ClaimedMail) {
  try {
    return decodeMailBody(keyRing.open(mail.bodySealed, `messages/${mail.id}`));
  } catch (err) {
    log.error({ err, messageId: mail.id }, 'the body of a mail does not open with this key ring');
    return null;
  }
}

async function persist(write: () => Promise<void>): Promise<void> {
  for (const waitMs of writeAgainMs) {
    try {
      return await write();
    } catch {
      await delay(waitMs);
    }
  }
  return write();
}
