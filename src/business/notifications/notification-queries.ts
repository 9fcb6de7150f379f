// All SQL of notifications and notification_attempts.

import { type RawBuilder, sql } from 'kysely';
import type { DbOrTx, Tx } from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';
import {
  formatNotificationId,
  type NextStep,
  type Notification,
  type NotificationAttempt,
  type NotificationStatus,
} from './notification.ts';

/** PostgreSQL's channel on which dispatchers hear of new work. */
export const dueChannel = 'notifications_due';

const pageMax = 500;

export type NewNotification = {
  id: string;
  orderId: string;
  merchantSite: string;
  environment: Environment;
  now: Date;
};

/**
 * The SQL that writes them all, as a value of a select list; a site without a notification URL gets a skipped one, as
 * a trace.
 */
export function recordingOf(notifications: readonly NewNotification[]): RawBuilder<unknown> {
  const column = <Name extends keyof NewNotification>(name: Name) => notifications.map((each) => each[name]);
  return sql`
    notifications_record(${column('id')}::uuid[], ${column('orderId')}::uuid[], ${column('merchantSite')}::text[],
      ${column('environment')}::text[], ${column('now')}::timestamptz[])`;
}

export async function insertNotifications(tx: Tx, notifications: readonly NewNotification[]): Promise<void> {
  await sql`select ${recordingOf(notifications)}`.execute(tx);
}

/** Wakes the dispatchers when the transaction commits; equal ones of one transaction are sent once. */
export async function notifyDue(db: DbOrTx): Promise<void> {
  await sql`select pg_notify(${dueChannel}, '')`.execute(db);
}

/** A notification that a dispatcher holds: no other process may send it before `leasedUntil`. */
export type ClaimedNotification = {
  id: string;
  orderId: string;
  merchantSite: string;
  environment: Environment;
  attempts: number;
  leasedUntil: Date;
};

export type ClaimLimits = {
  now: Date;
  leasedUntil: Date;
  /** At most this many altogether. */
  limit: number;
  perSiteMax: number;
  /** At most this many of the sites in `suspects` together. */
  suspectLimit: number;
  suspects: readonly string[];
  /** Sites that may get fewer than `perSiteMax`, and how many. */
  rooms: ReadonlyMap<string, number>;
};

/**
 * Takes due notifications for one process, fairly: the first of every site, then the second of every site …
 *
 * The query steps through the index (merchant_site, next_attempt_at) from one site with pending rows to the
 * next. Of each site it reads only as many rows as the site may get. So the cost is one step for each site,
 * not one for each waiting row. Measured with 100.000 rows waiting for one site and 1.000 for 200 others: 3
 * ms; numbering all due rows by row_number() takes 122 ms, leaving out the busy site by name 22 ms.
 *
 * A claim moves next_attempt_at to the end of the lease: a row in flight is not due, a lost one is due again.
 * Rows that another process is claiming at this moment are skipped, not waited for.
 */
export async function claimDue(db: DbOrTx, claim: ClaimLimits): Promise<ClaimedNotification[]> {
  const { rows } = await claimStatement(claim).execute(db);
  return rows;
}

/** Apart from its execution, so that a test can look at the plan. */
export function claimStatement(claim: ClaimLimits): RawBuilder<ClaimedNotification> {
  const { now, leasedUntil, limit, perSiteMax, suspectLimit } = claim;
  return sql<ClaimedNotification>`
    with recursive sites (merchant_site) as (
      (select n.merchant_site from notifications n where n.status = 'pending' order by n.merchant_site limit 1)
      union all
      select (select n.merchant_site from notifications n
        where n.status = 'pending' and n.merchant_site > s.merchant_site order by n.merchant_site limit 1)
      from sites s where s.merchant_site is not null
    ), candidates as (
      select due.id, due.next_attempt_at, due.turn, s.merchant_site = any(${claim.suspects}::text[]) as suspect
      from sites s
      left join unnest(${[...claim.rooms.keys()]}::text[], ${[...claim.rooms.values()]}::int[])
        as r (merchant_site, room) on r.merchant_site = s.merchant_site
      cross join lateral (
        select n.id, n.next_attempt_at, row_number() over (order by n.next_attempt_at) as turn
        from notifications n
        where n.status = 'pending' and n.merchant_site = s.merchant_site and n.next_attempt_at <= ${now}
        order by n.next_attempt_at limit coalesce(r.room, ${perSiteMax}::int)
      ) due
      where s.merchant_site is not null
    ), chosen as (
      select id from (
        select id, turn, next_attempt_at, suspect,
          row_number() over (partition by suspect order by turn, next_attempt_at) as place
        from candidates) c
      where not suspect or place <= ${suspectLimit}::int
      order by turn, next_attempt_at limit ${limit}::int
    ), locked as (
      select id from notifications
      where id = any(array(select id from chosen)) and status = 'pending' and next_attempt_at <= ${now}
      for no key update skip locked
    )
    update notifications n
    set leased_until = ${leasedUntil}, next_attempt_at = ${leasedUntil}, attempts = n.attempts + 1
    from locked where n.id = locked.id
    returning n.id, n.order_id as "orderId", n.merchant_site as "merchantSite", n.environment, n.attempts,
      n.leased_until as "leasedUntil"`;
}

/**
 * Logs an attempt and writes what becomes of the notification, in one statement. The log is written in any
 * case; the notification only while the lease is still the one claimed. Returns whether it was.
 */
export async function recordAttempt(
  db: DbOrTx,
  claimed: ClaimedNotification,
  attempt: Omit<NotificationAttempt, 'notificationId' | 'attemptNo'>,
  next: NextStep,
  now: Date,
): Promise<boolean> {
  const { rows } = await sql`
    with logged as (
      insert into notification_attempts (id, notification_id, attempt_no, started_at, duration_ms, method, url,
        request_headers, request_body, response_status, response_body, outcome, kind, detail)
      select ${attempt.id}, ${claimed.id}::uuid, coalesce(max(attempt_no), 0) + 1, ${attempt.startedAt},
        ${attempt.durationMs}::int, ${attempt.method}, ${attempt.url}, ${JSON.stringify(attempt.requestHeaders)}::jsonb,
        ${attempt.requestBody}, ${attempt.responseStatus}::int, ${attempt.responseBody}, ${attempt.outcome},
        ${attempt.kind}, ${attempt.detail}
      from notification_attempts where notification_id = ${claimed.id}
    )
    update notifications set status = ${next.status}, next_attempt_at = ${next.nextAttemptAt}, leased_until = null,
      ended_at = ${next.status === 'pending' ? null : now}::timestamptz
    where id = ${claimed.id} and status = 'pending' and leased_until = ${claimed.leasedUntil}
    returning id`.execute(db);
  return rows.length === 1;
}

/** Gives a claim back unused, due at once: nothing was sent. */
export async function releaseClaim(db: DbOrTx, claimed: ClaimedNotification, now: Date): Promise<void> {
  await sql`
    update notifications set leased_until = null, next_attempt_at = ${now}, attempts = attempts - 1
    where id = ${claimed.id} and status = 'pending' and leased_until = ${claimed.leasedUntil}`.execute(db);
}

const notificationColumns = sql`
  id, order_id as "orderId", merchant_site as "merchantSite", environment, status, attempts,
  next_attempt_at as "nextAttemptAt", leased_until as "leasedUntil", created_at as "createdAt", ended_at as "endedAt"`;

async function selectNotifications(db: DbOrTx, tail: RawBuilder<unknown>): Promise<Notification[]> {
  const { rows } = await sql<Omit<Notification, 'publicId'>>`
    select ${notificationColumns} from notifications ${tail}`.execute(db);
  return rows.map((row) => ({ ...row, publicId: formatNotificationId(row.id) }));
}

export async function lockNotification(tx: Tx, id: string): Promise<Notification | null> {
  const [row] = await selectNotifications(tx, sql`where id = ${id} for no key update`);
  return row ?? null;
}

/** Due now, in a fresh round of attempts. */
export async function updateResent(tx: Tx, id: string, now: Date): Promise<void> {
  await sql`
    update notifications set status = 'pending', attempts = 0, next_attempt_at = ${now}, leased_until = null,
      ended_at = null
    where id = ${id}`.execute(tx);
}

/** In the order in which they were recorded, at most 500 a page; `after` is the last id (uuid) seen. */
export function listNotifications(
  db: DbOrTx,
  page: {
    merchantSite?: string;
    status?: NotificationStatus;
    orderId?: string;
    after?: string;
    limit: number;
  },
): Promise<Notification[]> {
  const conditions = [
    ...(page.merchantSite === undefined ? [] : [sql`merchant_site = ${page.merchantSite}`]),
    // Spelled out: an index of the rows with one state does not serve a state that comes as a value.
    ...(page.status === undefined ? [] : [sql`status = ${sql.lit(page.status)}`]),
    ...(page.orderId === undefined ? [] : [sql`order_id = ${page.orderId}`]),
    ...(page.after === undefined ? [] : [sql`id > ${page.after}`]),
  ];
  const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
  // Those on their way are few, and spread over the ids of ten years: found by their own index, then sorted.
  const few =
    page.status === 'pending' ? sql`where id in (select id from notifications ${where} offset 0)` : where;
  return selectNotifications(db, sql`${few} order by id limit ${Math.min(page.limit, pageMax)}`);
}

/** Every attempt of a notification in order, at most 500. */
export async function listAttempts(db: DbOrTx, notificationId: string): Promise<NotificationAttempt[]> {
  const { rows } = await sql<NotificationAttempt>`
    select id, notification_id as "notificationId", attempt_no as "attemptNo", started_at as "startedAt",
      duration_ms as "durationMs", method, url, request_headers as "requestHeaders", request_body as "requestBody",
      response_status as "responseStatus", response_body as "responseBody", outcome, kind, detail
    from notification_attempts where notification_id = ${notificationId}
    order by attempt_no limit ${pageMax}`.execute(db);
  return rows;
}
