// Reads the journal in stretches of at most 10.000 rows, each once, and seals each with a checkpoint; reads what is
// sealed again when it is told to believe nothing.
//
// How far may it seal? Ids give no order, because the callers make them, some of them weeks before the
// posting. Commit times give no order either, because clocks step back. So each row gets a number
// (journal_no) after its transaction has an id. A stretch is sealed only when every transaction that could
// hold a number in it has ended. To find out, the sealer reads the last number, takes a transaction id, and
// waits until no transaction of this database with a lower id is running (ledger_horizon, hasPassed). A
// sealed stretch is therefore complete, although others are posting. The wait is as long as the longest
// posting under way.

import { setTimeout as wait } from 'node:timers/promises';
import type { Context } from '../../../ground/context.ts';
import { type DbOrTx, hasPassed } from '../../../ground/database/index.ts';
import { checkTransfers } from './check-transfers.ts';
import {
  type Checkpoint,
  chain,
  chunkRowsMax,
  findTampering,
  noCheckpoint,
  type SealedCheckpoint,
  seal,
} from './checkpoint.ts';
import type { LedgerFault } from './fault.ts';
import {
  addToSumsAnew,
  hashRows,
  insertCheckpoint,
  type JournalRows,
  listCheckpoints,
  readHorizon,
  selectNextStretch,
} from './verify-queries.ts';

export type SealingHands = {
  /** One connection, for the whole verification. */
  db: DbOrTx;
  keyRing: Context['keyRing'];
  now: () => Date;
  /** Also add up the sums from the first row, separately from the stored sums. */
  anew: boolean;
  /** Seal nothing, because checkpoints are known to be missing or changed. Only with `anew`. */
  frozen: boolean;
  report: (fault: LedgerFault) => void;
  /** Faults of these rows that the caller can see, such as a payment that nobody paid. */
  checkRows: (rows: JournalRows) => Promise<LedgerFault[]>;
  /** Called before each stretch, with the rows that were read; may throw to stop. */
  breathe: (rowCount: number) => Promise<void>;
};

/** A transaction that has been writing for longer than this keeps the journal from being sealed at all. */
const horizonWaitMsMax = 60_000;
const horizonPollMsMax = 250;
const pageMax = 1_000;

/** The database cannot be verified in its present state. The message says why. */
export class VerificationImpossible extends Error {
  override name = 'VerificationImpossible';
}

/** How long a statement of an account waits for the postings under way; each takes some milliseconds. */
const settledWaitMsMax = 5_000;

/**
 * Up to which row the journal is final now: no row at or below it can appear any more.
 * @throws VerificationImpossible when a transaction has been writing for longer than five seconds.
 */
export async function waitForSettledJournal(db: DbOrTx): Promise<bigint> {
  const { journalNo, xid } = await readHorizon(db);
  const deadline = performance.now() + settledWaitMsMax;
  for (let pollMs = 2; !(await hasPassed(db, xid)); pollMs = Math.min(pollMs * 2, horizonPollMsMax)) {
    if (performance.now() > deadline) {
      throw new VerificationImpossible(
        'a transaction of this database has been writing for more than five seconds, so the end of the journal is not known; try again. It is in pg_stat_activity (backend_xid).',
      );
    }
    await wait(pollMs);
  }
  return journalNo;
}

export type JournalSealer = {
  /** The newest checkpoint that is as it was sealed, and all before it too. */
  readonly last: Pick<Checkpoint, 'checkpointNo' | 'uptoJournalNo' | 'chainHash'>;
  /** How far the journal was read: to the end of `last`, or further when nothing may be sealed. */
  readonly readUpto: bigint;
  /**
   * Checks every seal; with `anew` also every row under it. Rows that were wrong before are checked again.
   * Stops at the first checkpoint that somebody changed. The rows after that one are then read as if they had
   * not been sealed.
   */
  readSealed(): Promise<void>;
  /** Seals all that is final now, waiting for what is being posted; returns the number of rows. */
  sealAll(): Promise<number>;
  /** Seals full stretches only, of what is final already: keeps the unsealed end of the journal short. */
  sealFull(): Promise<number>;
};

/** Whether every checkpoint is as it was sealed and follows the one before; reads no row of the journal. */
export async function areSealsWhole(db: DbOrTx, keyRing: Context['keyRing']): Promise<boolean> {
  for (let last: Pick<Checkpoint, 'checkpointNo' | 'uptoJournalNo'> = noCheckpoint; ; ) {
    const page = await listCheckpoints(db, last.checkpointNo, pageMax);
    for (const checkpoint of page) {
      if (findTampering(keyRing, last, checkpoint) !== null) return false;
      last = checkpoint;
    }
    if (page.length < pageMax) return true;
  }
}

export function createJournalSealer(hands: SealingHands): JournalSealer {
  const { db, keyRing } = hands;
  let last: JournalSealer['last'] = noCheckpoint;
  let readUpto = last.uptoJournalNo;
  let pending: { journalNo: bigint; xid: string } | null = null;
  let horizon = 0n;
  let frozen = hands.frozen;

  const check = async (rows: JournalRows): Promise<string[]> => {
    const found = [...(await checkTransfers(db, keyRing, rows)), ...(await hands.checkRows(rows))];
    for (const fault of found) hands.report(fault);
    return [...new Set(found.map((fault) => fault.subject))].sort();
  };

  /** Moves the horizon to where it stood when last asked, if that has passed, and asks again. */
  const moveHorizon = async (): Promise<boolean> => {
    pending ??= await readHorizon(db);
    const passed = await hasPassed(db, pending.xid);
    if (passed) {
      horizon = pending.journalNo;
      pending = null;
    }
    return passed;
  };

  const sealUpto = async (rowsMin: number): Promise<number> => {
    let sealed = 0;
    for (;;) {
      const stretch = await selectNextStretch(db, readUpto, horizon);
      if (stretch === null || stretch.rowCount < rowsMin) return sealed;
      await hands.breathe(stretch.rowCount);
      const rows = { from: readUpto, upto: stretch.uptoJournalNo };
      sealed += stretch.rowCount;
      readUpto = rows.upto;
      // No new checkpoint is put on one that somebody changed or removed. The rows are still read.
      if (frozen) {
        await check(rows);
        if (hands.anew) await addToSumsAnew(db, rows.from, rows.upto);
        continue;
      }
      const { rowsHash } = await hashRows(db, rows.from, rows.upto);
      const checkpoint: Checkpoint = {
        checkpointNo: last.checkpointNo + 1n,
        fromJournalNo: rows.from,
        uptoJournalNo: rows.upto,
        rowCount: stretch.rowCount,
        chainHash: chain(last.chainHash, rowsHash),
        faultyTransfers: await check(rows),
        sealedAt: hands.now(),
      };
      if (hands.anew) await addToSumsAnew(db, rows.from, rows.upto);
      await insertCheckpoint(db, seal(keyRing, checkpoint));
      last = checkpoint;
    }
  };

  /** The rows of one checkpoint, as they are today. */
  const readAgain = async (checkpoint: SealedCheckpoint): Promise<void> => {
    // It begins where the former one ended, unless somebody removed one.
    const rows = { from: last.uptoJournalNo, upto: checkpoint.uptoJournalNo };
    const { rowCount, rowsHash } = await hashRows(db, rows.from, rows.upto);
    // Starts from the stored hash of the former checkpoint. So each is checked by itself, and a change is
    // reported once and not for all later ones too.
    if (!chain(last.chainHash, rowsHash).equals(checkpoint.chainHash)) {
      hands.report({
        fault: 'sealed_history_changed',
        environment: null,
        subject: String(checkpoint.checkpointNo),
        detail: `journal rows ${rows.from + 1n} to ${rows.upto}, sealed at ${checkpoint.sealedAt.toISOString()}: ${checkpoint.rowCount} rows then, ${rowCount} now, of another content`,
      });
    }
    await check(rows);
    await addToSumsAnew(db, rows.from, rows.upto);
    await hands.breathe(rowCount);
  };

  return {
    get last() {
      return last;
    },
    get readUpto() {
      return readUpto;
    },
    async readSealed() {
      for (;;) {
        const page = await listCheckpoints(db, last.checkpointNo, pageMax);
        for (const checkpoint of page) {
          const wrong = findTampering(keyRing, last, checkpoint);
          if (wrong !== null) {
            frozen = true;
            hands.report({
              fault: 'checkpoint_tampered',
              environment: null,
              subject: String(checkpoint.checkpointNo),
              detail: `checkpoint ${checkpoint.checkpointNo}: ${wrong}`,
            });
            return;
          }
          if (hands.anew) await readAgain(checkpoint);
          else if (checkpoint.faultyTransfers.length > 0) await check({ ids: checkpoint.faultyTransfers });
          last = checkpoint;
          readUpto = checkpoint.uptoJournalNo;
        }
        if (page.length < pageMax) return;
      }
    },
    async sealAll() {
      const deadline = performance.now() + horizonWaitMsMax;
      pending = null;
      for (let pollMs = 5; !(await moveHorizon()); pollMs = Math.min(pollMs * 2, horizonPollMsMax)) {
        if (performance.now() > deadline) {
          throw new VerificationImpossible(
            'a transaction of this database has been writing for more than a minute; the journal cannot be sealed beside it. Find it in pg_stat_activity (backend_xid), then try again.',
          );
        }
        await wait(pollMs);
      }
      return sealUpto(1);
    },
    async sealFull() {
      return (await moveHorizon()) ? sealUpto(chunkRowsMax) : 0;
    },
  };
}
