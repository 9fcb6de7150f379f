// All SQL of notifications and notification_attempts.

import { type RawBuilder, sql } from 'kysely';
import { type DbOrTx, rowReader, selectList, type Tx, unflushed } from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { type Order, orderColumns, toOrder } from '../orders/index.ts';
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

/** Writes them, and wakes the dispatchers when the transaction commits. */
export async function insertNotifications(tx: Tx, notifications: readonly NewNotification[]): Promise<void> {
  await sql`select ${recordingOf(notifications)}, pg_notify(${dueChannel}, '')`.execute(tx);
}

/** Wakes the dispatchers when the transaction commits; equal ones of one transaction are sent once. */
export async function notifyDue(db: DbOrTx): Promise<void> {
  await sql`select pg_notify(${dueChannel}, '')`.execute(db);
}

/** A notification that a dispatcher holds: no other process may send it before `leasedUntil`. */
export type ClaimedNotification = {
  id: string;
  merchantSite: string;
  environment: Environment;
  attempts: number;
  /** When it was due; what is older goes first. */
  dueAt: Date;
  leasedUntil: Date;
  /** A final order never changes, so it may be read with the claim. Null would be a broken invariant. */
  order: Order | null;
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
  /** Sites that may get another number than `perSiteMax`. */
  rooms: ReadonlyMap<string, number>;
  /** Only of these sites; left out: of all. */
  sites?: readonly string[];
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
 * Rows that another process is claiming at this moment are skipped, not waited for. Returned oldest first.
 *
 * The commit is not flushed, and neither is that of recordAttempts: neither is about money. After a failure of the
 * server those of its last moment may be missing, and their results are sent once more.
 */
export async function claimDue(db: DbOrTx, claim: ClaimLimits): Promise<ClaimedNotification[]> {
  const { rows } = await claimStatement(claim).execute(db);
  return rows.map(toClaimed).sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
}

const orderList = selectList(orderColumns, { from: 'o', as: 'order' });
const readOrder = rowReader(orderColumns, { as: 'order', key: 'id' });

function toClaimed(row: ClaimedRow): ClaimedNotification {
  const { id, merchantSite, environment, attempts, dueAt, leasedUntil } = row;
  const order = readOrder(row);
  return { id, merchantSite, environment, attempts, dueAt, leasedUntil, order: order && toOrder(order) };
}

type ClaimedRow = Omit<ClaimedNotification, 'order'> & Record<string, unknown>;

/** Every site with pending rows, by steps through the index. */
const pendingSites = sql`
  (select n.merchant_site from notifications n where n.status = 'pending' order by n.merchant_site limit 1)
  union all
  select (select n.merchant_site from notifications n
    where n.status = 'pending' and n.merchant_site > s.merchant_site order by n.merchant_site limit 1)
  from sites s where s.merchant_site is not null`;

/** Apart from its execution, so that a test can look at the plan. */
export function claimStatement(claim: ClaimLimits): RawBuilder<ClaimedRow> {
  const { now, leasedUntil, limit, perSiteMax, suspectLimit } = claim;
  const sites = claim.sites === undefined ? pendingSites : sql`select unnest(${claim.sites}::text[])`;
  return sql<ClaimedRow>`
    with recursive sites (merchant_site) as (${sites}
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
      select id, order_id, next_attempt_at as due_at from notifications
      where id = any(array(select id from chosen)) and status = 'pending' and next_attempt_at <= ${now}
      for no key update skip locked
    )
    update notifications n
    set leased_until = ${leasedUntil}, next_attempt_at = ${leasedUntil}, attempts = n.attempts + 1
    from ${unflushed}, locked left join orders o on o.id = locked.order_id where n.id = locked.id
    returning n.id, n.merchant_site as "merchantSite", n.environment, n.attempts, locked.due_at as "dueAt",
      n.leased_until as "leasedUntil", ${orderList}`;
}

/** An attempt that has ended, and what becomes of its notification. */
export type EndedAttempt = {
  claimed: Pick<ClaimedNotification, 'id' | 'leasedUntil'>;
  attempt: Omit<NotificationAttempt, 'notificationId' | 'attemptNo'>;
  next: NextStep;
  endedAt: Date;
};

/**
 * Logs attempts and writes what becomes of their notifications, in one statement. The log is written in any
 * case; a notification only while its lease is still the one claimed. Returns for each whether it was.
 */
export async function recordAttempts(db: DbOrTx, ended: readonly EndedAttempt[]): Promise<boolean[]> {
  // Locked in the order of their ids, as everybody who locks several does.
  const inOrder = ended.toSorted((a, b) => (a.claimed.id < b.claimed.id ? -1 : 1));
  const of = <Value>(read: (each: EndedAttempt) => Value) => inOrder.map(read);
  const { rows } = await sql<{ id: string }>`
    with given as materialized (
      select * from unnest(
        ${of(({ attempt }) => attempt.id)}::uuid[],
        ${of(({ claimed }) => claimed.id)}::uuid[],
        ${of(({ claimed }) => claimed.leasedUntil)}::timestamptz[],
        ${of(({ attempt }) => attempt.startedAt)}::timestamptz[],
        ${of(({ attempt }) => attempt.durationMs)}::int[],
        ${of(({ attempt }) => attempt.method)}::text[],
        ${of(({ attempt }) => attempt.url)}::text[],
        ${of(({ attempt }) => JSON.stringify(attempt.requestHeaders))}::jsonb[],
        ${of(({ attempt }) => attempt.requestBody)}::text[],
        ${of(({ attempt }) => attempt.responseStatus)}::int[],
        ${of(({ attempt }) => attempt.responseBody)}::text[],
        ${of(({ attempt }) => attempt.outcome)}::text[],
        ${of(({ attempt }) => attempt.kind)}::text[],
        ${of(({ attempt }) => attempt.detail)}::text[],
        ${of(({ next }) => next.status)}::text[],
        ${of(({ next }) => next.nextAttemptAt)}::timestamptz[],
        ${of(({ next, endedAt }) => (next.status === 'pending' ? null : endedAt))}::timestamptz[]
      ) as g (id, notification_id, leased_until, started_at, duration_ms, method, url, request_headers, request_body,
        response_status, response_body, outcome, kind, detail, next_status, next_attempt_at, ended_at)
    ), logged as (
      insert into notification_attempts (id, notification_id, attempt_no, started_at, duration_ms, method, url,
        request_headers, request_body, response_status, response_body, outcome, kind, detail)
      select g.id, g.notification_id, row_number() over (partition by g.notification_id order by g.started_at) + (
          select coalesce(max(a.attempt_no), 0) from notification_attempts a where a.notification_id = g.notification_id),
        g.started_at, g.duration_ms, g.method, g.url, g.request_headers, g.request_body, g.response_status,
        g.response_body, g.outcome, g.kind, g.detail
      from given g
    )
    update notifications n set status = g.next_status, next_attempt_at = g.next_attempt_at, leased_until = null,
      ended_at = g.ended_at
    from ${unflushed}, given g
    where n.id = g.notification_id and n.status = 'pending' and n.leased_until = g.leased_until
    returning g.id`.execute(db);
  const written = new Set(rows.map(({ id }) => id));
  return ended.map(({ attempt }) => written.has(attempt.id));
}

/** Gives claims back unused, due when they were: nothing was sent. */
export async function releaseClaims(db: DbOrTx, claimed: readonly ClaimedNotification[]): Promise<void> {
  const inOrder = claimed.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await sql`
    update notifications n set leased_until = null, next_attempt_at = g.due_at, attempts = n.attempts - 1
    from ${unflushed}, unnest(${inOrder.map(({ id }) => id)}::uuid[],
      ${inOrder.map(({ leasedUntil }) => leasedUntil)}::timestamptz[],
      ${inOrder.map(({ dueAt }) => dueAt)}::timestamptz[]) as g (id, leased_until, due_at)
    where n.id = g.id and n.status = 'pending' and n.leased_until = g.leased_until`.execute(db);
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
