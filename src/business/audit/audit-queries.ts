// All SQL of the audit log.

import { type RawBuilder, sql } from 'kysely';
import type { DbOrTx, Tx } from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { canonicalText } from './act-content.ts';
import type { ActRow, StoredRow } from './act-seal.ts';
import type { ActorKind } from './actor.ts';
import { chunkActsMax, type SealedCheckpoint } from './checkpoint.ts';

export async function insertAct(tx: Tx, row: ActRow & { seal: Buffer }): Promise<void> {
  await sql`
    insert into audit_log (id, happened_at, environment, actor_kind, actor_id, actor_via, act, subject_kind, subject_id,
      before, after, reason, trace_id, seal)
    values (${row.id}, ${new Date(Number(row.happenedAtMs))}, ${row.environment}, ${row.actorKind}, ${row.actorId},
      ${row.actorVia}, ${row.act}, ${row.subjectKind}, ${row.subjectId}, ${toJson(row.before)}::jsonb,
      ${toJson(row.after)}::jsonb, ${row.reason}, ${row.traceId}, ${row.seal})`.execute(tx);
}

function toJson(content: unknown): string | null {
  return content === null ? null : canonicalText(content);
}

const actColumns = sql`
  act_no as "actNo", id, trim_scale(extract(epoch from happened_at) * 1000)::text as "happenedAtMs", environment,
  actor_kind as "actorKind", actor_id as "actorId", actor_via as "actorVia", act, subject_kind as "subjectKind",
  subject_id as "subjectId", before, after, reason, trace_id as "traceId", seal`;

export type ActFilter = {
  environment?: Environment;
  actorKind?: ActorKind;
  /** The id of the person, site, session, system user or job. */
  actor?: string;
  act?: string;
  subject?: string;
  /** From this moment on. */
  from?: Date;
  /** Before this moment. */
  to?: Date;
};

const pageMax = 500;

/** Newest first; `before` is the number of the last act seen. */
export async function selectActs(
  db: DbOrTx,
  { limit, before, ...filter }: ActFilter & { limit: number; before?: bigint },
): Promise<StoredRow[]> {
  const wanted: [RawBuilder<unknown>, unknown][] = [
    [sql`environment = ${filter.environment}`, filter.environment],
    [sql`actor_kind = ${filter.actorKind}`, filter.actorKind],
    [sql`actor_id = ${filter.actor}`, filter.actor],
    [sql`act = ${filter.act}`, filter.act],
    [sql`subject_id = ${filter.subject}`, filter.subject],
    [sql`happened_at >= ${filter.from}`, filter.from],
    [sql`happened_at < ${filter.to}`, filter.to],
    [sql`act_no < ${before}`, before],
  ];
  const where = wanted.flatMap(([condition, value]) => (value === undefined ? [] : condition));
  const { rows } = await sql<StoredRow>`
    select ${actColumns} from audit_log where ${sql.join([sql`true`, ...where], sql` and `)}
    order by act_no desc limit ${Math.min(limit, pageMax)}`.execute(db);
  return rows;
}

/** In their order, the acts above `after` (null: from the lowest number that there can be), at most 500. */
export async function selectActsInOrder(
  db: DbOrTx,
  after: bigint | null,
  upto: bigint | null = null,
): Promise<StoredRow[]> {
  const { rows } = await sql<StoredRow>`
    select ${actColumns} from audit_log
    where (${after}::bigint is null or act_no > ${after}) and (${upto}::bigint is null or act_no <= ${upto})
    order by act_no limit ${chunkActsMax}`.execute(db);
  return rows;
}

/** Where the log ends now, and the transaction id below which all must have ended before that is final. */
export async function readAuditHorizon(db: DbOrTx): Promise<{ actNo: bigint; xid: string }> {
  const { rows } = await sql<{ actNo: bigint; xid: string }>`
    select act_no as "actNo", xid from audit_horizon()`.execute(db);
  if (!rows[0]) throw new Error('the audit log has no horizon');
  return rows[0];
}

const checkpointColumns = sql`
  checkpoint_no as "checkpointNo", from_act_no as "fromActNo", upto_act_no as "uptoActNo",
  act_nos::text[] as "actNos", act_hashes as "actHashes", chain_hash as "chainHash", sealed_at as "sealedAt", seal`;

type CheckpointRow = Omit<SealedCheckpoint, 'actNos'> & { actNos: string[] };

function toCheckpoint({ actNos, ...row }: CheckpointRow): SealedCheckpoint {
  return { ...row, actNos: actNos.map(BigInt) };
}

export async function findLastCheckpoint(db: DbOrTx): Promise<SealedCheckpoint | null> {
  const { rows } = await sql<CheckpointRow>`
    select ${checkpointColumns} from audit_checkpoints order by checkpoint_no desc limit 1`.execute(db);
  return rows[0] ? toCheckpoint(rows[0]) : null;
}

/** In their order, at most `limit`. */
export async function listCheckpoints(db: DbOrTx, after: bigint, limit: number): Promise<SealedCheckpoint[]> {
  const { rows } = await sql<CheckpointRow>`
    select ${checkpointColumns} from audit_checkpoints
    where checkpoint_no > ${after} order by checkpoint_no limit ${limit}`.execute(db);
  return rows.map(toCheckpoint);
}

/** False: another process has put one on the same end meanwhile. */
export async function insertCheckpoint(db: DbOrTx, checkpoint: SealedCheckpoint): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into audit_checkpoints
      (checkpoint_no, from_act_no, upto_act_no, act_nos, act_hashes, chain_hash, sealed_at, seal)
    values (${checkpoint.checkpointNo}, ${checkpoint.fromActNo}, ${checkpoint.uptoActNo},
      ${checkpoint.actNos.map(String)}::bigint[], ${checkpoint.actHashes}::bytea[], ${checkpoint.chainHash},
      ${checkpoint.sealedAt}, ${checkpoint.seal})
    on conflict do nothing`.execute(db);
  return numAffectedRows === 1n;
}
