// All SQL of mails: rows of `messages` on the channel `email`.

import { sql } from 'kysely';
import type { DbOrTx, Tx } from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { handoversMax } from './mail.ts';
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

export type ClaimedMail = {
  id: string;
  recipient: string;
  template: MailTemplate;
  bodySealed: Buffer;
  createdAt: Date;
  deadlineAt: Date;
  /** Of this attempt, from 1; who holds the row is told by it. */
  attempt: number;
  /** Earlier attempts whose answer is not known. */
  handedOver: number;
};

/** Takes the mail that is due longest, and no other process gets it while the lease holds. */
export async function claimMail(
  db: DbOrTx,
  { now, leasedUntil }: { now: Date; leasedUntil: Date },
): Promise<ClaimedMail | null> {
  const { rows } = await sql<ClaimedMail>`
    update messages set attempts = attempts + 1, leased_until = ${leasedUntil}
    where id = (
      select id from messages
      where channel = 'email' and status = 'queued' and next_attempt_at <= ${now} and deadline_at > ${now}
        and (leased_until is null or leased_until <= ${now}) and handed_over < ${handoversMax}
        and body_sealed is not null
      order by next_attempt_at limit 1 for update skip locked)
    returning id, recipient, purpose as template, body_sealed as "bodySealed", created_at as "createdAt",
      deadline_at as "deadlineAt", attempts as attempt, handed_over as "handedOver"`.execute(db);
  return rows[0] ?? null;
}

type Held = Pick<ClaimedMail, 'id' | 'attempt'>;

const isHeld = ({ id, attempt }: Held) => sql`id = ${id} and attempts = ${attempt} and status = 'queued'`;

/** Notes that the text is about to go. False: another process has taken the row over, or its lease is over. */
export async function noteHandover(db: DbOrTx, mail: Held, now: Date): Promise<boolean> {
  const { rows } = await sql`
    update messages set handed_over = handed_over + 1
    where ${isHeld(mail)} and leased_until > ${now} returning id`.execute(db);
  return rows.length === 1;
}

export async function writeDelivered(db: DbOrTx, mail: Held, now: Date, outcome: string): Promise<void> {
  await sql`
    update messages set status = 'delivered', delivered_at = ${now}, leased_until = null, handed_over = 0,
      next_attempt_at = null, last_outcome = ${outcome},
      body_sealed = case environment when 'sandbox' then body_sealed end
    where ${isHeld(mail)}`.execute(db);
}

/** `handedOver`: as it is after this attempt. */
export async function writeRetry(
  db: DbOrTx,
  mail: Held,
  next: { at: Date; handedOver: number; outcome: string },
): Promise<void> {
  await sql`
    update messages set next_attempt_at = ${next.at}, leased_until = null, handed_over = ${next.handedOver},
      last_outcome = ${next.outcome}
    where ${isHeld(mail)}`.execute(db);
}

export async function writeFailed(db: DbOrTx, mail: Held, outcome: string): Promise<void> {
  await sql`
    update messages set status = 'failed', leased_until = null, next_attempt_at = null, last_outcome = ${outcome},
      body_sealed = null
    where ${isHeld(mail)}`.execute(db);
}

/** The attempt was not begun: the mail is due as it was. */
export async function giveMailBack(db: DbOrTx, mail: Held): Promise<void> {
  await sql`update messages set leased_until = null where ${isHeld(mail)}`.execute(db);
}

export type GivenUpMail = { id: string; template: MailTemplate; attempts: number; outcome: string | null };

/** Mails past their deadline, and those that may have arrived twice already; at most `limit`, none that is being sent. */
export async function giveUpMails(db: DbOrTx, now: Date, limit: number): Promise<GivenUpMail[]> {
  const { rows } = await sql<GivenUpMail>`
    update messages set status = 'failed', next_attempt_at = null, leased_until = null, body_sealed = null,
      last_outcome = case when handed_over >= ${handoversMax} then 'answer_lost' else coalesce(last_outcome, 'not_tried') end
    where id = any(array(
      select id from messages
      where channel = 'email' and status = 'queued' and (deadline_at <= ${now} or handed_over >= ${handoversMax})
        and (leased_until is null or leased_until <= ${now})
      limit ${limit} for update skip locked))
    returning id, purpose as template, attempts, last_outcome as outcome`.execute(db);
  return rows;
}
