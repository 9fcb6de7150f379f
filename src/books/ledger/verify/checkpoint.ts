// A checkpoint: a hash of a stretch of the journal, made when the stretch was sealed. Pure, except for the
// key ring it is given.

import { createHash } from 'node:crypto';
import type { Context } from '../../../ground/context.ts';

/** Journal rows in a checkpoint at most, and in anything else that is read at once. */
export const chunkRowsMax = 10_000;

export type Checkpoint = {
  checkpointNo: bigint;
  fromJournalNo: bigint;
  uptoJournalNo: bigint;
  rowCount: number;
  chainHash: Buffer;
  faultyTransfers: string[];
  sealedAt: Date;
};

export type SealedCheckpoint = Checkpoint & { seal: Buffer };

/** Before the first. */
export const noCheckpoint: Pick<Checkpoint, 'checkpointNo' | 'uptoJournalNo' | 'chainHash'> = {
  checkpointNo: 0n,
  uptoJournalNo: 0n,
  chainHash: Buffer.alloc(32),
};

/** Each hash covers all rows before it, so a changed row changes every later hash. */
export function chain(former: Buffer, rowsHash: Buffer): Buffer {
  return createHash('sha256').update(former).update(rowsHash).digest();
}

function sealedText(checkpoint: Checkpoint): string {
  return JSON.stringify([
    'checkpoint',
    String(checkpoint.checkpointNo),
    String(checkpoint.fromJournalNo),
    String(checkpoint.uptoJournalNo),
    checkpoint.rowCount,
    checkpoint.chainHash.toString('hex'),
    checkpoint.faultyTransfers,
    checkpoint.sealedAt.toISOString(),
  ]);
}

export function seal(keyRing: Context['keyRing'], checkpoint: Checkpoint): SealedCheckpoint {
  return { ...checkpoint, seal: keyRing.hmac('ledger-checkpoint', sealedText(checkpoint)) };
}

/** The first thing that is wrong with a checkpoint after `former`; null: nothing. */
export function findTampering(
  keyRing: Context['keyRing'],
  former: Pick<Checkpoint, 'checkpointNo' | 'uptoJournalNo'>,
  checkpoint: SealedCheckpoint,
): string | null {
  if (!keyRing.matchesHmac('ledger-checkpoint', sealedText(checkpoint), checkpoint.seal)) {
    return 'its seal does not fit: it was changed, or the key that sealed it is no longer on the ring';
  }
  if (checkpoint.checkpointNo !== former.checkpointNo + 1n) {
    return `it follows checkpoint ${former.checkpointNo}: those between were removed`;
  }
  if (checkpoint.fromJournalNo !== former.uptoJournalNo) {
    return `it begins at journal row ${checkpoint.fromJournalNo}, the former ended at ${former.uptoJournalNo}`;
  }
  return null;
}
