// The audit log as people read it: newest first, by filters.

import type { DbOrTx } from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';
import type { ActContent } from './act-content.ts';
import type { StoredActor } from './actor.ts';
import { type ActFilter, selectActs } from './audit-queries.ts';

export type RecordedAct = {
  actNo: bigint;
  id: string;
  happenedAt: Date;
  environment: Environment | null;
  actor: StoredActor;
  act: string;
  subject: { kind: string; id: string };
  before: ActContent | null;
  after: ActContent | null;
  reason: string | null;
  traceId: string | null;
};

/** At most 500; `before` is the number of the last act seen. */
export async function listActs(
  db: DbOrTx,
  page: ActFilter & { limit: number; before?: bigint },
): Promise<RecordedAct[]> {
  const rows = await selectActs(db, page);
  return rows.map((row) => ({
    actNo: row.actNo,
    id: row.id,
    happenedAt: new Date(Number(row.happenedAtMs)),
    environment: row.environment,
    actor: { kind: row.actorKind as StoredActor['kind'], id: row.actorId, via: row.actorVia },
    act: row.act,
    subject: { kind: row.subjectKind, id: row.subjectId },
    before: row.before,
    after: row.after,
    reason: row.reason,
    traceId: row.traceId,
  }));
}
