// All SQL of retention: what each subject is, and the rules. Each statement finds its rows through an index, oldest
// first, and removes a bounded number of them.

import { type RawBuilder, sql } from 'kysely';
import type { DbOrTx } from '../../ground/database/index.ts';

export const retentionSubjects = [
  'refused_requests',
  'idempotency_keys',
  'attempt_counters',
  'checkout_sessions',
  'messages',
  'messages.body_live',
  'messages.body_sandbox',
  'notification_attempts',
  'failed_jobs',
] as const;

export type RetentionSubject = (typeof retentionSubjects)[number];

export type RetentionRule = { subject: RetentionSubject; keptSeconds: bigint; rowsMax: bigint | null };

/** The rules in force at `now`. @throws Error when a subject has none: a broken installation. */
export async function readRetentionRules(db: DbOrTx, now: Date): Promise<RetentionRule[]> {
  const { rows } = await sql<RetentionRule>`
    select distinct on (subject) subject, kept_seconds as "keptSeconds", rows_max as "rowsMax" from retention_rules
    where valid_from <= ${now} order by subject, valid_from desc`.execute(db);
  return retentionSubjects.map((subject) => {
    const rule = rows.find((row) => row.subject === subject);
    if (rule === undefined)
      throw new Error(`no retention rule for ${subject} is in force at ${now.toISOString()}`);
    return rule;
  });
}

const remove = (table: string, where: RawBuilder<unknown>, limit: number) =>
  sql`delete from ${sql.table(table)} where ctid = any(array(
    select ctid from ${sql.table(table)} where ${where} limit ${limit}))`;

const eraseBodies = (where: RawBuilder<unknown>, limit: number) =>
  sql`update messages set body_sealed = null, status = case status when 'queued' then 'failed' else status end
    where ctid = any(array(
      select ctid from messages where body_sealed is not null and ${where} limit ${limit} for update skip locked))`;

/** The rows older than `before`: one statement for at most `limit` rows. */
const statements: Record<RetentionSubject, (before: Date, limit: number) => RawBuilder<unknown>> = {
  refused_requests: (before, limit) => remove('refused_requests', sql`received_at < ${before}`, limit),
  idempotency_keys: (before, limit) => remove('idempotency_keys', sql`created_at <= ${before}`, limit),
  attempt_counters: (before, limit) =>
    remove(
      'attempt_counters',
      sql`window_ends_at <= ${before} and (locked_until is null or locked_until <= ${before})`,
      limit,
    ),
  checkout_sessions: (before, limit) => remove('checkout_sessions', sql`expires_at < ${before}`, limit),
  messages: (before, limit) =>
    remove('messages', sql`environment in ('sandbox', 'live') and created_at < ${before}`, limit),
  'messages.body_live': (before, limit) =>
    eraseBodies(sql`environment = 'live' and (status = 'delivered' or created_at < ${before})`, limit),
  'messages.body_sandbox': (before, limit) =>
    eraseBodies(sql`environment = 'sandbox' and created_at < ${before}`, limit),
  // Attempts of a result that is still under way stay, because the next attempt continues their count.
  notification_attempts: (before, limit) =>
    remove(
      'notification_attempts',
      sql`started_at < ${before}
        and not exists (select from notifications n where n.id = notification_id and n.status = 'pending')`,
      limit,
    ),
  // Given up by the queue; one that may still be tried stays.
  failed_jobs: (before, limit) =>
    remove(
      'graphile_worker._private_jobs',
      sql`attempts >= max_attempts and locked_at is null and run_at < ${before}`,
      limit,
    ),
};

/** Apart from its execution, so that a test can look at the plan. */
export function trimStatement(subject: RetentionSubject, before: Date, limit: number): RawBuilder<unknown> {
  return statements[subject](before, limit);
}

/** Removes at most `limit` rows of the subject from before `before`; returns how many. */
export async function trimBatch(
  db: DbOrTx,
  subject: RetentionSubject,
  before: Date,
  limit: number,
): Promise<number> {
  const { numAffectedRows } = await trimStatement(subject, before, limit).execute(db);
  return Number(numAffectedRows ?? 0n);
}

/** When the newest `rowsMax` of the refused requests begin; null while there are fewer. */
export async function findNewestBound(db: DbOrTx, rowsMax: bigint): Promise<Date | null> {
  const { rows } = await sql<{ receivedAt: Date }>`
    select received_at as "receivedAt" from refused_requests
    order by received_at desc offset ${rowsMax - 1n}::bigint limit 1`.execute(db);
  return rows[0]?.receivedAt ?? null;
}
