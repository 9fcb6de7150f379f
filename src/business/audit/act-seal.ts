// The seal of an act, which proves that the gateway wrote it, and the hash of its row, which checkpoints keep. Pure,
// except for the key ring they are given.

import { createHash } from 'node:crypto';
import type { Context } from '../../ground/context.ts';
import type { Environment } from '../../ground/terms.ts';
import { type ActContent, canonicalText } from './act-content.ts';

/** An act as its row holds it, but for the number, which the database draws. */
export type ActRow = {
  id: string;
  /** Milliseconds since 1970 as decimal text: whatever precision somebody gave the row later shows. */
  happenedAtMs: string;
  environment: Environment | null;
  actorKind: string;
  actorId: string;
  actorVia: string | null;
  act: string;
  subjectKind: string;
  subjectId: string;
  before: ActContent | null;
  after: ActContent | null;
  reason: string | null;
  traceId: string | null;
};

export type StoredRow = ActRow & { actNo: bigint; seal: Buffer };

function sealedText(row: ActRow): string {
  return canonicalText([
    'act',
    row.id,
    row.happenedAtMs,
    row.environment,
    row.actorKind,
    row.actorId,
    row.actorVia,
    row.act,
    row.subjectKind,
    row.subjectId,
    row.before,
    row.after,
    row.reason,
    row.traceId,
  ]);
}

export function sealAct(keyRing: Context['keyRing'], row: ActRow): Buffer {
  return keyRing.hmac('audit-act', sealedText(row));
}

export function isSealedAct(keyRing: Context['keyRing'], row: StoredRow): boolean {
  return row.seal.length === 32 && keyRing.matchesHmac('audit-act', sealedText(row), row.seal);
}

/** SHA-256 over the whole row, its number and seal too. */
export function hashRow(row: StoredRow): Buffer {
  return createHash('sha256')
    .update(`${row.actNo}\n${row.seal.toString('hex')}\n${sealedText(row)}`)
    .digest();
}
