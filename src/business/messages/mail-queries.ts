// All SQL of mails: rows of `messages` on the channel `email`.

import { sql } from 'kysely';
import type { DbOrTx, Tx } from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';
import type { MailTemplate } from './mail-templates/mail-content.ts';

export type NewMail = {
  id: string;
  environment: Environment;
  recipient: string;
  template: MailTemplate;
  bodySealed: Buffer;
  /** It is delivered by being there. */
  delivered: boolean;
  now: Date;
  deadlineAt: Date;
};

/**
 * False, and nothing written, when the address has had `perHourMax` of these templates within the hour. Calls at the same
 * moment may see one another too late; there are no more of those than connections.
 */
export async function insertMail(
  tx: Tx | DbOrTx,
  mail: NewMail,
  bound: { templates: readonly MailTemplate[]; perHourMax: number },
): Promise<boolean> {
  const { rows } = await sql<{ id: string }>`
    insert into messages (id, environment, channel, recipient, purpose, body_sealed, status, created_at, delivered_at,
      next_attempt_at, deadline_at)
    select ${mail.id}, ${mail.environment}, 'email', ${mail.recipient}, ${mail.template}, ${mail.bodySealed},
      ${mail.delivered ? 'delivered' : 'queued'}, ${mail.now}, ${mail.delivered ? mail.now : null}::timestamptz,
      ${mail.delivered ? null : mail.now}::timestamptz, ${mail.deadlineAt}
    where ${mail.template}::text <> all(${bound.templates}::text[]) or (
      select count(*) from messages
      where environment = ${mail.environment} and recipient = ${mail.recipient}
        and created_at > ${mail.now}::timestamptz - interval '1 hour' and purpose = any(${bound.templates}::text[])
    ) < ${bound.perHourMax}
    returning id`.execute(tx);
  return rows.length === 1;
}
