// A checkpoint: which acts a stretch of the log held when it was sealed, and what each was. Pure, except for the key
// ring it is given.

import { createHash } from 'node:crypto';
import type { Context } from '../../ground/context.ts';
import { hashRow, type StoredRow } from './act-seal.ts';

/** Acts in a checkpoint at most, and in anything else that is read at once. */
export const chunkActsMax = 500;

export type AuditCheckpoint = {
  checkpointNo: bigint;
  fromActNo: bigint;
  uptoActNo: bigint;
  actNos: bigint[];
  actHashes: Buffer[];
  chainHash: Buffer;
  sealedAt: Date;
};

export type SealedCheckpoint = AuditCheckpoint & { seal: Buffer };

/** Where the chain stands: all that the next checkpoint is put on. */
export type ChainEnd = Pick<AuditCheckpoint, 'checkpointNo' | 'uptoActNo' | 'chainHash'>;

export const noCheckpoint: ChainEnd = { checkpointNo: 0n, uptoActNo: 0n, chainHash: Buffer.alloc(32) };

/** The checkpoint over `rows`, which are all between the end of `former` and the last of them. */
export function nextCheckpoint(former: ChainEnd, rows: StoredRow[], sealedAt: Date): AuditCheckpoint {
  const actNos = rows.map((row) => row.actNo);
  const actHashes = rows.map(hashRow);
  return {
    checkpointNo: former.checkpointNo + 1n,
    fromActNo: former.uptoActNo,
    uptoActNo: actNos.at(-1) ?? former.uptoActNo,
    actNos,
    actHashes,
    chainHash: chain(former.chainHash, { actNos, actHashes }),
    sealedAt,
  };
}

/** Each hash covers all acts before it, so a changed act changes every later hash. */
function chain(former: Buffer, { actNos, actHashes }: Pick<AuditCheckpoint, 'actNos' | 'actHashes'>): Buffer {
  const hash = createHash('sha256').update(former);
  for (const [at, actNo] of actNos.entries()) hash.update(`${actNo}\n`).update(actHashes[at] ?? '');
  return hash.digest();
}

function sealedText(checkpoint: AuditCheckpoint): string {
  return JSON.stringify([
    'audit-checkpoint',
    String(checkpoint.checkpointNo),
    String(checkpoint.fromActNo),
    String(checkpoint.uptoActNo),
    checkpoint.actNos.map(String),
    checkpoint.actHashes.map((hash) => hash.toString('hex')),
    checkpoint.chainHash.toString('hex'),
    checkpoint.sealedAt.toISOString(),
  ]);
}

export function sealCheckpoint(keyRing: Context['keyRing'], checkpoint: AuditCheckpoint): SealedCheckpoint {
  return { ...checkpoint, seal: keyRing.hmac('audit-checkpoint', sealedText(checkpoint)) };
}

/** Whether it is as it was sealed, whatever became of those before it. */
export function isSealed(keyRing: Context['keyRing'], checkpoint: SealedCheckpoint): boolean {
  return (
    checkpoint.seal.length === 32 &&
    keyRing.matchesHmac('audit-checkpoint', sealedText(checkpoint), checkpoint.seal)
  );
}

/** Why a checkpoint that is as it was sealed does not stand on `former`; null: it does. */
export function findBreak(former: ChainEnd, checkpoint: AuditCheckpoint): string | null {
  const { checkpointNo, fromActNo } = checkpoint;
  if (checkpointNo !== former.checkpointNo + 1n || fromActNo !== former.uptoActNo) {
    return `checkpoint ${checkpointNo} begins after act ${fromActNo}; before it stands checkpoint ${former.checkpointNo} up to act ${former.uptoActNo}: those between were removed or changed`;
  }
  if (!chain(former.chainHash, checkpoint).equals(checkpoint.chainHash)) {
    return `checkpoint ${checkpointNo} was put on another checkpoint ${former.checkpointNo} than the one that is there`;
  }
  return null;
}
