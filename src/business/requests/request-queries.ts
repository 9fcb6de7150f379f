// All SQL on refused_requests.

import { sql } from 'kysely';
import type { DbOrTx } from '../../ground/database/index.ts';

export type RefusedRequest = {
  traceId: string;
  receivedAt: Date;
  /** Which entrance refused it, such as `classic-v1` or `POST /v3/orders`. */
  entryPoint: string;
  method: string;
  remoteAddress: string;
  merchantSite: string | null;
  /** Response code, such as `97`. */
  code: string;
  /** English, names the field; never a secret. */
  detail: string;
  /** Received fields, masked. */
  received: Record<string, string>;
  /** How many more refusals of this caller, site and code were only counted, and when the last one came. */
  repeated: bigint;
  repeatedUntil: Date | null;
};

export async function findRefusedRequest(db: DbOrTx, traceId: string): Promise<RefusedRequest | null> {
  const { rows } = await sql<RefusedRequest>`
    select trace_id as "traceId", received_at as "receivedAt", entry_point as "entryPoint", method,
      remote_address as "remoteAddress", merchant_site as "merchantSite", code, detail, received,
      repeated, repeated_until as "repeatedUntil"
    from refused_requests
    where trace_id = ${traceId}`.execute(db);
  return rows[0] ?? null;
}

const requestsListedMax = 500;

/** Newest first; `before` is the moment that the last one of the former page was received at. */
export async function listRefusedRequests(
  db: DbOrTx,
  page: { merchantSite?: string; code?: string; before?: Date; limit: number },
): Promise<RefusedRequest[]> {
  const conditions = [
    sql`true`,
    ...(page.merchantSite === undefined ? [] : [sql`merchant_site = ${page.merchantSite}`]),
    ...(page.code === undefined ? [] : [sql`code = ${page.code}`]),
    ...(page.before === undefined ? [] : [sql`received_at < ${page.before}`]),
  ];
  const { rows } = await sql<RefusedRequest>`
    select trace_id as "traceId", received_at as "receivedAt", entry_point as "entryPoint", method,
      remote_address as "remoteAddress", merchant_site as "merchantSite", code, detail, received,
      repeated, repeated_until as "repeatedUntil"
    from refused_requests
    where ${sql.join(conditions, sql` and `)}
    order by received_at desc, trace_id limit ${Math.min(page.limit, requestsListedMax)}`.execute(db);
  return rows;
}

/** `receivedJson` is the masked fields as JSON text. */
export type NewRefusedRequest = Omit<RefusedRequest, 'received' | 'repeated' | 'repeatedUntil'> & {
  receivedJson: string;
};

/** All in one statement. A trace id that is already there is left as it is. */
export async function insertRefusedRequests(db: DbOrTx, rows: readonly NewRefusedRequest[]): Promise<void> {
  const column = <Name extends keyof NewRefusedRequest>(name: Name) => rows.map((row) => row[name]);
  await sql`
    insert into refused_requests
      (trace_id, received_at, entry_point, method, remote_address, merchant_site, code, detail, received)
    select t.trace_id, t.received_at, t.entry_point, t.method, t.remote_address, t.merchant_site, t.code, t.detail,
      t.received::jsonb
    from unnest(${column('traceId')}::text[], ${column('receivedAt')}::timestamptz[], ${column('entryPoint')}::text[],
      ${column('method')}::text[], ${column('remoteAddress')}::text[], ${column('merchantSite')}::text[],
      ${column('code')}::text[], ${column('detail')}::text[], ${column('receivedJson')}::text[])
      as t (trace_id, received_at, entry_point, method, remote_address, merchant_site, code, detail, received)
    on conflict (trace_id) do nothing`.execute(db);
}

/** Adds to the counts of rows that were written before. Counts of rows that no longer exist are dropped. */
export async function addRepeated(
  db: DbOrTx,
  counts: readonly { traceId: string; count: number; until: Date }[],
): Promise<void> {
  await sql`
    update refused_requests r set repeated = r.repeated + c.count, repeated_until = c.until
    from unnest(${counts.map(({ traceId }) => traceId)}::text[], ${counts.map(({ count }) => count)}::bigint[],
      ${counts.map(({ until }) => until)}::timestamptz[]) as c (trace_id, count, until)
    where r.trace_id = c.trace_id`.execute(db);
}
