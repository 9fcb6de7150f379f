// Text messages to people, and the reading of all. The body is sealed in the row; in the sandbox it lands in the inbox page at once.

import { sql } from 'kysely';
import { uuidv7 } from 'uuidv7';
import type { Context } from '../../ground/context.ts';
import type { DbOrTx, Tx } from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { decodeMailBody } from './mail.ts';
import type { MailTemplate } from './mail-templates/mail-content.ts';

export type MessagePurpose = 'otp' | 'pin_locked' | 'otp_locked';

export type Message = {
  id: string;
  environment: Environment;
  channel: 'sms' | 'email';
  /** A phone number, or a mail address. */
  recipient: string;
  purpose: MessagePurpose | MailTemplate;
  /** Mails alone. */
  subject: string | null;
  text: string;
  createdAt: Date;
};

const messagesPageMax = 100;

/**
 * Writes a message in the commit of what caused it. A sandbox message is delivered by being there; a live one
 * stays queued until a sender is configured.
 */
export async function sendMessage(
  tx: Tx | DbOrTx,
  context: Context,
  message: { environment: Environment; recipientPhone: string; purpose: MessagePurpose; text: string },
): Promise<void> {
  const id = uuidv7();
  const now = context.clock.now();
  const delivered = message.environment === 'sandbox';
  const body = context.keyRing.seal(Buffer.from(message.text), `messages/${id}`);
  await sql`
    insert into messages (id, environment, channel, recipient, purpose, body_sealed, status, created_at, delivered_at)
    values (${id}, ${message.environment}, 'sms', ${message.recipientPhone}, ${message.purpose}, ${body},
      ${delivered ? 'delivered' : 'queued'}, ${now}, ${delivered ? now : null})`.execute(tx);
}

/** Newest first, at most 100; for the sandbox's inbox only, since the bodies are opened. */
export async function listSandboxMessages(
  context: Context,
  filter: { phone?: string; mailAddress?: string; limit?: number } = {},
): Promise<Message[]> {
  const limit = Math.min(filter.limit ?? messagesPageMax, messagesPageMax);
  const recipient = filter.phone ?? filter.mailAddress ?? null;
  const { rows } = await sql<Omit<Message, 'subject' | 'text'> & { bodySealed: Buffer }>`
    select id, environment, channel, recipient, purpose, body_sealed as "bodySealed", created_at as "createdAt"
    from messages
    where environment = 'sandbox' and body_sealed is not null
      and (${recipient}::text is null or recipient = ${recipient})
    order by created_at desc, id desc limit ${limit}`.execute(context.db);
  return rows.map(({ bodySealed, ...message }) => ({
    ...message,
    ...readBody(message.channel, context.keyRing.open(bodySealed, `messages/${message.id}`)),
  }));
}

function readBody(channel: Message['channel'], body: Buffer): Pick<Message, 'subject' | 'text'> {
  if (channel === 'sms') return { subject: null, text: body.toString() };
  const { subject, text } = decodeMailBody(body);
  return { subject, text };
}

/** Live messages of a channel that still have their text: not delivered yet. More than 10.000 are not counted. */
export async function readQueuedMessages(
  db: DbOrTx,
  channel: Message['channel'],
): Promise<{ queued: number; oldest: Date | null }> {
  const { rows } = await sql<{ queued: number; oldest: Date | null }>`
    select count(*)::int as queued, min(created_at) as oldest from (
      select created_at from messages where environment = 'live' and body_sealed is not null and channel = ${channel}
      order by created_at limit 10000) waiting`.execute(db);
  return rows[0] ?? { queued: 0, oldest: null };
}
