// Seals what is new in the log with checkpoints, each on the one before.
//
// Whoever acts waits for nobody: an act is one inserted row, and the chain is made afterwards. Numbers are drawn before
// their transactions commit, so a later number may be there before an earlier one. A stretch is therefore sealed only
// when every transaction that could hold a number in it has ended (audit_horizon, hasPassed), as with the ledger's
// journal. Nothing can appear in a sealed stretch any more, except by somebody who forges it.

import { setTimeout as wait } from 'node:timers/promises';
import type { Context } from '../../ground/context.ts';
import { type DbOrTx, hasPassed } from '../../ground/database/index.ts';
import {
  findLastCheckpoint,
  insertCheckpoint,
  readAuditHorizon,
  selectActsInOrder,
} from './audit-queries.ts';
import { type ChainEnd, isSealed, nextCheckpoint, noCheckpoint, sealCheckpoint } from './checkpoint.ts';

export type Sealing = {
  end: ChainEnd;
  /**
   * `done`: all that is final is sealed. `busy`: a transaction has been writing for too long to tell. `broken`: the
   * last checkpoint is not as it was sealed, and nothing is put on it.
   */
  outcome: 'done' | 'busy' | 'broken';
};

const pollMsMax = 250;
const triesMax = 5;

type Hands = Pick<Context, 'db' | 'clock' | 'keyRing'>;

/** Seals all that is final now; waits `withinMs` for the transactions under way. Any number of processes may. */
export async function sealActs(context: Hands, { withinMs }: { withinMs: number }): Promise<Sealing> {
  for (let tries = 1; ; tries += 1) {
    const sealing = await trySealing(context, withinMs);
    if (sealing.outcome !== 'overtaken') return { ...sealing, outcome: sealing.outcome };
    // Another process is never ahead so often: a forged checkpoint stands in the way.
    if (tries === triesMax) return { ...sealing, outcome: 'broken' };
  }
}

async function trySealing(
  { db, clock, keyRing }: Hands,
  withinMs: number,
): Promise<{ end: ChainEnd; outcome: Sealing['outcome'] | 'overtaken' }> {
  const last = await findLastCheckpoint(db);
  let end: ChainEnd = last ?? noCheckpoint;
  if (last !== null && !isSealed(keyRing, last)) return { end, outcome: 'broken' };
  if ((await selectActsInOrder(db, end.uptoActNo)).length === 0) return { end, outcome: 'done' };
  const horizon = await waitForHorizon(db, withinMs);
  if (horizon === null) return { end, outcome: 'busy' };
  for (;;) {
    const rows = await selectActsInOrder(db, end.uptoActNo, horizon);
    if (rows.length === 0) return { end, outcome: 'done' };
    const checkpoint = sealCheckpoint(keyRing, nextCheckpoint(end, rows, clock.now()));
    if (!(await insertCheckpoint(db, checkpoint))) return { end, outcome: 'overtaken' };
    end = checkpoint;
  }
}

/** The number up to which the log is final; null: not known within the time. */
async function waitForHorizon(db: DbOrTx, withinMs: number): Promise<bigint | null> {
  const { actNo, xid } = await readAuditHorizon(db);
  const deadline = performance.now() + withinMs;
  for (let pollMs = 2; !(await hasPassed(db, xid)); pollMs = Math.min(pollMs * 2, pollMsMax)) {
    if (performance.now() > deadline) return null;
    await wait(pollMs);
  }
  return actNo;
}
