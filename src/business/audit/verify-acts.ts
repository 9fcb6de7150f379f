// Is the audit log what it was? Reads all of it: each act against its own seal, each sealed stretch against its
// checkpoint, each checkpoint against the one before. Then seals what is new.

import type { Context } from '../../ground/context.ts';
import { hashRow, isSealedAct, type StoredRow } from './act-seal.ts';
import type { AuditFault, AuditFaultName } from './audit-faults.ts';
import { listCheckpoints, selectActsInOrder } from './audit-queries.ts';
import {
  type ChainEnd,
  chunkActsMax,
  findBreak,
  isSealed,
  noCheckpoint,
  type SealedCheckpoint,
} from './checkpoint.ts';
import { type Sealing, sealActs } from './seal-acts.ts';

export type AuditVerification = {
  faultCount: number;
  /** The first 1000. */
  faults: AuditFault[];
  acts: number;
  checkpoints: number;
  /** The end of the chain. Written down elsewhere, it proves later that nothing up to it was cut off. */
  end: ChainEnd;
  /** `broken`: nothing new was sealed, because checkpoints are not what they were. */
  sealing: Sealing['outcome'];
};

const faultsMax = 1_000;
const checkpointsPageMax = 50;
const sealWithinMs = 60_000;

type Hands = Pick<Context, 'db' | 'clock' | 'keyRing'>;

/**
 * `known`: a checkpoint that somebody wrote down; it must still be there. Faults are a result, not an error.
 */
export async function verifyActs(
  context: Hands,
  {
    known,
    sealMs = sealWithinMs,
  }: { known?: { checkpointNo: bigint; chainHash: string }; sealMs?: number } = {},
): Promise<AuditVerification> {
  const verification = createReading(context);
  let knownIsThere = known === undefined;
  let former: ChainEnd = noCheckpoint;
  for (let page: SealedCheckpoint[]; ; ) {
    page = await listCheckpoints(context.db, former.checkpointNo, checkpointsPageMax);
    for (const checkpoint of page) {
      const { checkpointNo, chainHash } = checkpoint;
      if (known?.checkpointNo === checkpointNo && known.chainHash === chainHash.toString('hex'))
        knownIsThere = true;
      await verification.readCheckpoint(former, checkpoint);
      former = checkpoint;
    }
    if (page.length < checkpointsPageMax) break;
  }
  if (!knownIsThere && known !== undefined) {
    verification.report(
      'checkpoint_removed',
      known.checkpointNo,
      `checkpoint ${known.checkpointNo} with ${known.chainHash} is not there: the log was cut off, or made anew`,
    );
  }
  const isChainWhole = verification.isChainWhole();
  await verification.readRest();
  const sealing: Sealing = isChainWhole
    ? await sealActs(context, { withinMs: sealMs })
    : { end: former, outcome: 'broken' };
  return { ...verification.outcome(), end: sealing.end, sealing: sealing.outcome };
}

/** Reads the log from its first act on, a checkpoint at a time. */
function createReading({ db, keyRing }: Hands) {
  const faults: AuditFault[] = [];
  let faultCount = 0;
  let acts = 0;
  let checkpoints = 0;
  let chainIsWhole = true;
  /** The number of the last act that was read; null: none yet, not even those below the first number. */
  let readUpto: bigint | null = null;

  const report = (fault: AuditFaultName, number: bigint, detail: string) => {
    faultCount += 1;
    if (fault === 'checkpoint_changed' || fault === 'checkpoint_removed') chainIsWhole = false;
    if (faults.length < faultsMax) faults.push({ fault, number, detail });
  };

  const checkSeal = (row: StoredRow) => {
    acts += 1;
    if (isSealedAct(keyRing, row)) return;
    const detail = `${name(row)}: its seal does not fit, or the key that made it is no longer on the ring`;
    report('act_not_sealed', row.actNo, detail);
  };

  /** What stands between the last act read and `upto`, by its own seals alone. */
  const readLoose = async (upto: bigint | null) => {
    for (;;) {
      const rows = await selectActsInOrder(db, readUpto, upto);
      for (const row of rows) checkSeal(row);
      readUpto = rows.at(-1)?.actNo ?? readUpto;
      if (rows.length < chunkActsMax) break;
    }
    readUpto = upto ?? readUpto;
  };

  const readStretch = async (checkpoint: SealedCheckpoint) => {
    const listed = new Map(checkpoint.actNos.map((actNo, at) => [actNo, checkpoint.actHashes[at]]));
    const sealedAt = `sealed at ${checkpoint.sealedAt.toISOString()}`;
    for (;;) {
      const rows = await selectActsInOrder(db, readUpto, checkpoint.uptoActNo);
      for (const row of rows) {
        const hash = listed.get(row.actNo);
        listed.delete(row.actNo);
        if (hash === undefined) {
          acts += 1;
          report('act_inserted', row.actNo, `${name(row)} stands in a stretch ${sealedAt}, without it`);
        } else if (!hashRow(row).equals(hash)) {
          acts += 1;
          report('act_changed', row.actNo, `${name(row)} was another row when it was ${sealedAt}`);
        } else checkSeal(row);
      }
      readUpto = rows.at(-1)?.actNo ?? readUpto;
      if (rows.length < chunkActsMax) break;
    }
    readUpto = checkpoint.uptoActNo;
    for (const actNo of listed.keys()) {
      report(
        'act_removed',
        actNo,
        `act ${actNo} of checkpoint ${checkpoint.checkpointNo}, ${sealedAt}, is gone`,
      );
    }
  };

  return {
    report,
    isChainWhole: () => chainIsWhole,
    outcome: () => ({ faultCount, faults, acts, checkpoints }),
    async readCheckpoint(former: ChainEnd, checkpoint: SealedCheckpoint) {
      checkpoints += 1;
      const { checkpointNo } = checkpoint;
      if (!isSealed(keyRing, checkpoint)) {
        const detail = `checkpoint ${checkpointNo}: its seal does not fit, or the key that made it is no longer on the ring`;
        return report('checkpoint_changed', checkpointNo, detail);
      }
      // Its list can be believed, whatever became of those before it.
      const broken = findBreak(former, checkpoint);
      if (broken !== null) report('checkpoint_removed', checkpointNo, broken);
      if (checkpoint.fromActNo > (readUpto ?? 0n)) await readLoose(checkpoint.fromActNo);
      await readStretch(checkpoint);
    },
    readRest: () => readLoose(null),
  };
}

/** "act 12 (site.suspended of shop_v1 by command_line minh)" */
function name(row: StoredRow): string {
  return `act ${row.actNo} (${row.act} of ${row.subjectKind} ${row.subjectId} by ${row.actorKind} ${row.actorId})`;
}
