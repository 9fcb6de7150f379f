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
};

export async function findRefusedRequest(db: DbOrTx, traceId: string): Promise<RefusedRequest | null> {
  const { rows } = await sql<RefusedRequest>`
    select trace_id as "traceId", received_at as "receivedAt", entry_point as "entryPoint", method,
      remote_address as "remoteAddress", merchant_site as "merchantSite", code, detail, received
    from refused_requests
    where trace_id = ${traceId}`.execute(db);
  return rows[0] ?? null;
}

/** `receivedJson` is the masked fields as JSON text. A trace id that is already there is left as it is. */
export async function insertRefusedRequest(
  db: DbOrTx,
  row: Omit<RefusedRequest, 'received'> & { receivedJson: string },
): Promise<void> {
  await sql`
    insert into refused_requests
      (trace_id, received_at, entry_point, method, remote_address, merchant_site, code, detail, received)
    values (${row.traceId}, ${row.receivedAt}, ${row.entryPoint}, ${row.method}, ${row.remoteAddress},
      ${row.merchantSite}, ${row.code}, ${row.detail}, ${row.receivedJson}::jsonb)
    on conflict (trace_id) do nothing`.execute(db);
}

/** Deletes at most `batchRows` rows received before `before`; returns how many. */
export async function deleteReceivedBefore(db: DbOrTx, before: Date, batchRows: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from refused_requests where trace_id in (
      select trace_id from refused_requests where received_at < ${before} order by received_at limit ${batchRows}
    )`.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** Deletes at most `batchRows` of the rows behind the newest `rowsMax`; returns how many. */
export async function deleteBehindNewest(db: DbOrTx, rowsMax: number, batchRows: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from refused_requests where trace_id in (
      select trace_id from refused_requests order by received_at desc, trace_id offset ${rowsMax} limit ${batchRows}
    )`.execute(db);
  return Number(numAffectedRows ?? 0);
}
