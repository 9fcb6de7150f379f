// All SQL that finds results which merchants have not taken, so that people are told.

import { sql } from 'kysely';
import type { DbOrTx, Tx } from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';
import type { AttemptOutcome } from './answer-kinds.ts';

/** A site that has not taken a result for an hour or more, though it was tried. */
export type LateSite = {
  merchantSite: string;
  environment: Environment;
  /** When its oldest untaken result was recorded. */
  since: Date;
  /** Results of the site that are late; at most 1.000 are counted. */
  waiting: number;
  outcome: AttemptOutcome;
  /** The outcome of the oldest result's last attempt, in short. */
  detail: string | null;
};

/** Sites with pending rows are found by steps in the index, as claimDue does. */
const pendingSites = sql`
  sites (merchant_site) as (
    (select n.merchant_site from notifications n where n.status = 'pending' order by n.merchant_site limit 1)
    union all
    select (select n.merchant_site from notifications n
      where n.status = 'pending' and n.merchant_site > s.merchant_site order by n.merchant_site limit 1)
    from sites s where s.merchant_site is not null)`;

/**
 * The rows with the latest next attempt of each site are read: the result that has waited longest is tried
 * again last.
 */
export async function listLateSites(
  db: DbOrTx,
  page: { recordedBefore: Date; limit: number },
): Promise<LateSite[]> {
  const { rows } = await sql<LateSite>`
    with recursive ${pendingSites}
    select s.merchant_site as "merchantSite", late.environment, late.since, late.waiting, a.outcome,
      left(concat_ws(': ', a.kind, coalesce(a.detail, 'status ' || a.response_status)), 200) as detail
    from sites s
    cross join lateral (
      select count(*)::int as waiting, min(l.created_at) as since, max(l.environment) as environment,
        (array_agg(l.id order by l.created_at, l.id))[1] as oldest
      from (select * from notifications n
        where n.status = 'pending' and n.merchant_site = s.merchant_site
        order by n.next_attempt_at desc limit 1000) l
      where l.attempts > 0 and l.created_at <= ${page.recordedBefore}) late
    join lateral (
      select outcome, kind, detail, response_status from notification_attempts a
      where a.notification_id = late.oldest order by a.attempt_no desc limit 1) a on true
    where s.merchant_site is not null and late.waiting > 0
    order by late.since limit ${page.limit}`.execute(db);
  return rows;
}

/**
 * Replaces all former alarms by these. Returns the sites that the log must name now, because it has not named
 * them for an hour, and notes that they are told.
 */
export async function replaceAlarms(tx: Tx, sites: readonly LateSite[], now: Date): Promise<Set<string>> {
  const column = <Name extends keyof LateSite>(name: Name) => sites.map((site) => site[name]);
  await sql`delete from notification_alarms where merchant_site <> all(${column('merchantSite')}::text[])`.execute(
    tx,
  );
  await sql`
    insert into notification_alarms (merchant_site, environment, since, waiting, outcome, detail)
    select * from unnest(${column('merchantSite')}::text[], ${column('environment')}::text[],
      ${column('since')}::timestamptz[], ${column('waiting')}::int[], ${column('outcome')}::text[],
      ${column('detail')}::text[])
    on conflict (merchant_site) do update set since = excluded.since, waiting = excluded.waiting,
      outcome = excluded.outcome, detail = excluded.detail`.execute(tx);
  const { rows } = await sql<{ merchantSite: string }>`
    update notification_alarms set told_at = ${now}
    where told_at is null or told_at <= ${now}::timestamptz - interval '1 hour'
    returning merchant_site as "merchantSite"`.execute(tx);
  return new Set(rows.map(({ merchantSite }) => merchantSite));
}

/** The alarms as they stand, longest first. */
export async function listAlarms(db: DbOrTx, limit: number): Promise<LateSite[]> {
  const { rows } = await sql<LateSite>`
    select merchant_site as "merchantSite", environment, since, waiting, outcome, detail
    from notification_alarms order by since limit ${limit}`.execute(db);
  return rows;
}

export type Backlog = {
  /** Results on their way; more than `countMax` are not counted. */
  pending: number;
  /** When the one that is due longest was due; null: none is due. */
  oldestDue: Date | null;
  /** Results that were given up and not sent again; more than `countMax` are not counted. */
  exhausted: number;
};

export async function readBacklog(db: DbOrTx, now: Date, countMax: number): Promise<Backlog> {
  const { rows } = await sql<Backlog>`
    with recursive ${pendingSites}
    select (select count(*)::int from (select from notifications where status = 'pending' limit ${countMax}) p) as pending,
      (select count(*)::int from (select from notifications where status = 'exhausted' limit ${countMax}) e) as exhausted,
      (select min(first.next_attempt_at) from sites s cross join lateral (
        select n.next_attempt_at from notifications n
        where n.status = 'pending' and n.merchant_site = s.merchant_site and n.next_attempt_at <= ${now}
        order by n.next_attempt_at limit 1) first where s.merchant_site is not null) as "oldestDue"`.execute(
    db,
  );
  return rows[0] ?? { pending: 0, oldestDue: null, exhausted: 0 };
}
