// Writes an act into the audit log, in the act's own transaction: no act without its row, no row without its act.

import { uuidv7 } from 'uuidv7';
import type { Context } from '../../ground/context.ts';
import type { Tx } from '../../ground/database/index.ts';
import { currentTraceId, maskPhones } from '../../ground/log/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { fitText, toContent } from './act-content.ts';
import { type ActRow, sealAct } from './act-seal.ts';
import { type Actor, storeActor } from './actor.ts';
import { type ActName, acts } from './acts.ts';
import { insertAct } from './audit-queries.ts';

export type NewAct = {
  by: Actor;
  act: ActName;
  /** The id of what was acted on: a site's code, a wallet's id, ntf_… */
  subject: string;
  /** Null: the act concerns both, or none. */
  environment: Environment | null;
  /** What changed, as it was and as it is. Name no secret; of people only what the log needs. */
  before?: Record<string, unknown> | null;
  after?: Record<string, unknown> | null;
  reason?: string | null | undefined;
};

const idCharactersMax = 200;
const reasonCharactersMax = 1_000;
const traceCharactersMax = 100;

/** One statement, no lock that others wait for. The trace id is that of the request that runs. */
export async function recordAct(
  tx: Tx,
  { clock, keyRing }: Pick<Context, 'clock' | 'keyRing'>,
  { by, act, subject, environment, before, after, reason }: NewAct,
): Promise<void> {
  const actor = storeActor(by);
  const traceId = currentTraceId();
  const row: ActRow = {
    id: uuidv7(),
    happenedAtMs: String(clock.now().getTime()),
    environment,
    actorKind: actor.kind,
    actorId: fitText(actor.id, idCharactersMax) || 'unknown',
    actorVia: actor.via === null ? null : fitText(actor.via, idCharactersMax),
    act,
    subjectKind: acts[act].subject,
    subjectId: fitText(subject, idCharactersMax),
    before: before ? toContent(before) : null,
    after: after ? toContent(after) : null,
    reason: readReason(reason),
    traceId: traceId === null ? null : fitText(traceId, traceCharactersMax),
  };
  await insertAct(tx, { ...row, seal: sealAct(keyRing, row) });
}

function readReason(reason: string | null | undefined): string | null {
  const text = reason?.normalize('NFC').trim();
  return text ? fitText(maskPhones(text), reasonCharactersMax) : null;
}
