// Queues a mail in the commit of what caused it. The sender takes it from there.

import { uuidv7 } from 'uuidv7';
import type { Context } from '../../ground/context.ts';
import type { DbOrTx, Tx } from '../../ground/database/index.ts';
import { parseMailAddress } from '../../ground/mail/index.ts';
import type { Environment, Locale } from '../../ground/terms.ts';
import { encodeMailBody } from './mail.ts';
import { insertMail } from './mail-queries.ts';
import type { MailContent, MailTemplate, MailValues } from './mail-templates/mail-content.ts';
import { renderMail } from './mail-templates/mail-frame.ts';
import { mailDeadline, writeMail } from './mail-templates/registry.ts';

export type MailToQueue<Template extends MailTemplate = MailTemplate> = {
  /** One address, as typed. */
  to: string;
  template: Template;
  values: MailValues[Template];
  locale: Locale;
  /** Null: about an account, which belongs to neither. */
  environment: Environment | null;
};

export type QueueMailResult =
  | { ok: true; messageId: string }
  | { ok: false; error: 'recipient_malformed' | 'recipient_has_had_enough' };

/** Asked for by people who need not be the reader: who types an address fills somebody's mailbox. */
const askedForByAnybody: readonly MailTemplate[] = ['verify_address', 'password_reset', 'invitation'];
/** Of those together, to one address. */
const perHourMax = 10;

/**
 * Whoever asks for a mail must not learn from a refusal whether the address has an account: answer them alike.
 * @throws Error when a link leads elsewhere than to this gateway.
 */
export async function queueMail<Template extends MailTemplate>(
  tx: Tx | DbOrTx,
  context: Pick<Context, 'clock' | 'keyRing' | 'publicUrl' | 'operator' | 'mail'>,
  mail: MailToQueue<Template>,
): Promise<QueueMailResult> {
  const recipient = parseMailAddress(mail.to);
  if (recipient === null) return { ok: false, error: 'recipient_malformed' };
  const content = writeMail(mail.template, mail.locale, mail.values);
  refuseForeignLinks(content, context.publicUrl);

  const messageId = uuidv7();
  const now = context.clock.now();
  const environment = mail.environment ?? (context.mail === 'inbox' ? 'sandbox' : 'live');
  const body = renderMail(content, { locale: mail.locale, operator: context.operator ?? null });
  const written = await insertMail(
    tx,
    {
      id: messageId,
      environment,
      recipient,
      template: mail.template,
      bodySealed: context.keyRing.seal(encodeMailBody(body), `messages/${messageId}`),
      delivered: context.mail === 'inbox' && environment === 'sandbox',
      now,
      deadlineAt: mailDeadline(mail.template, mail.values, now),
    },
    { templates: askedForByAnybody, perHourMax },
  );
  return written ? { ok: true, messageId } : { ok: false, error: 'recipient_has_had_enough' };
}

function refuseForeignLinks({ blocks }: MailContent, publicUrl: string): void {
  for (const block of blocks) {
    if (!('action' in block)) continue;
    if (!block.href.startsWith(`${publicUrl}/`) || /[\s\p{Cc}]/u.test(block.href)) {
      throw new Error('a link in a mail must lead to this gateway');
    }
  }
}
