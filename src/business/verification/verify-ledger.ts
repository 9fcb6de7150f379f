// Checks that the books are right, to the dong. It reads the journal from its last checkpoint (or from the
// first row), compares every balance, and compares payments, orders and totals with the journal. The gateway
// goes on posting meanwhile.

import { sql } from 'kysely';
import { UUID } from 'uuidv7';
import {
  areSealsWhole,
  checkEnvironments,
  checkKeptSums,
  compareBalances,
  createJournalSealer,
  createSumsAnew,
  dropSumsAnew,
  estimateRows,
  hashKeptSums,
  type JournalSealer,
  type LedgerFault,
  VerificationImpossible,
} from '../../books/ledger/index.ts';
import type { Context } from '../../ground/context.ts';
import { type DbOrTx, withLimits } from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { vietnamMonth } from '../../ground/time/index.ts';
import { checkOrders, checkPayments, checkTotals, zeroId } from './check-postings.ts';
import { createFaultList, type FaultList } from './fault-list.ts';
import { findLastOutcome, type LastOutcome, recordOutcome } from './outcome.ts';
import { createPace, type Pace, type PaceOptions, type VerificationPhase } from './pace.ts';
import { selectFaultyPostings } from './posting-queries.ts';

export type VerifyOptions = {
  /** Believes no checkpoint: reads everything from the first row on. */
  full?: boolean;
  /** Report this one only; both are read. */
  environment?: Environment;
  /** Seconds to rest for each second of work, so that posting keeps its pace on the same machine; default 4. */
  rest?: number;
  onProgress?: NonNullable<PaceOptions['onProgress']>;
  /** Ends it between two pages; what is sealed stays sealed. */
  signal?: AbortSignal;
};

export type Verification = {
  mode: 'new' | 'full';
  faults: LedgerFault[];
  /** All of them, those beyond the first thousand too. */
  faultCount: bigint;
  /** Rows read now. */
  rows: Record<VerificationPhase, number>;
  /** The newest checkpoint. Kept elsewhere, its hash shows when checkpoints are removed. */
  checkpoint: { checkpointNo: bigint; uptoJournalNo: bigint; chainHash: string };
};

/** Any number, as long as every version of this program uses the same. */
const lockKey = 7_640_121_960n;
/**
 * Each process makes the ids of payments and orders by its own clock. No clock is further behind than this.
 */
const clockSkewMaxMs = 60 * 60_000;
const daysOfTotals = 32;
const restDefault = 4;
const keptFaultsMax = 100;

/**
 * @throws VerificationImpossible when another one is running, or a transaction elsewhere does not end.
 * @throws the signal's reason when it is ended.
 */
export async function verifyLedger(context: Context, options: VerifyOptions = {}): Promise<Verification> {
  return context.db.connection().execute(async (db) => {
    const { rows } = await sql<{ locked: boolean }>`
      select pg_try_advisory_lock(${lockKey}) as locked`.execute(db);
    if (rows[0]?.locked !== true)
      throw new VerificationImpossible('another verification is running; wait for it.');
    try {
      // Pages are read by their keys, even when the planner has old figures of a table that has just grown.
      for (const [name, value] of Object.entries(settings)) {
        await sql`select set_config(${name}, ${value}, false)`.execute(db);
      }
      return await withLimits(db, 'verification', () => verify(context, db, options));
    } finally {
      await dropSumsAnew(db).catch(() => undefined);
      for (const name of Object.keys(settings))
        await sql`reset ${sql.id(name)}`.execute(db).catch(() => undefined);
      await sql`select pg_advisory_unlock(${lockKey})`.execute(db).catch(() => undefined);
    }
  });
}

const settings = { enable_seqscan: 'off', max_parallel_workers_per_gather: '0', jit: 'off' };

async function verify(context: Context, db: DbOrTx, options: VerifyOptions): Promise<Verification> {
  const startedAt = context.clock.now();
  const faults = createFaultList();
  const { report } = faults;
  const last = await findLastOutcome(context, db);
  if (last?.genuine === false) {
    const detail = `the outcome of the verification ${last.id} is not as it was sealed, or its key is no longer on the ring`;
    report({ fault: 'checkpoint_tampered', environment: null, subject: last.id, detail });
  }
  const pace = createPace({ rest: restDefault, ...options }, await estimateRows(db));
  const hands = { db, report, breathe: pace.breathe };
  const kept = await judgeKept(hands, last);
  const whole = await areSealsWhole(db, context.keyRing);
  const full = options.full === true || kept !== 'sealed' || !whole;
  if (full) await createSumsAnew(db);

  pace.enter('journal');
  const sealer = createJournalSealer({
    db,
    keyRing: context.keyRing,
    now: () => context.clock.now(),
    anew: full,
    frozen: kept === 'shortened' || !whole,
    report,
    checkRows: (given) => selectFaultyPostings(db, given),
    breathe: pace.breathe,
  });
  await sealer.readSealed();
  await sealer.sealAll();

  pace.enter('balances');
  await checkEnvironments({ db: context.db, report });
  await compareBalances(hands, sealer, full ? 'anew' : 'kept');
  if (full) await checkKeptSums(hands);

  const settledBefore = idAt(context.clock.now().getTime() - clockSkewMaxMs);
  const from = full || last === null ? null : last.outcome;
  pace.enter('payments');
  const payments = await checkPayments(hands, {
    from: { upto: from?.paymentsUpto ?? zeroId, open: from?.paymentsOpen ?? [] },
    settledBefore,
  });
  pace.enter('orders');
  const orders = await checkOrders(hands, {
    from: { upto: from?.ordersUpto ?? zeroId, open: from?.ordersOpen ?? [] },
    settledBefore,
  });
  pace.enter('totals');
  await checkTotals(
    hands,
    full ? null : vietnamMonth(new Date(startedAt.getTime() - daysOfTotals * 86_400_000)),
  );

  const mode = full ? 'full' : 'new';
  // Sums that somebody changed are not sealed, so that the next verification finds them too.
  const sumsHash = faults.has('sealed_sums_tampered') ? Buffer.alloc(32) : await hashKeptSums(hands);
  await recordOutcome(context, db, {
    startedAt,
    endedAt: context.clock.now(),
    mode,
    faultCount: faults.count(null),
    faults: faults.list(null).slice(0, keptFaultsMax),
    paymentsUpto: payments.upto,
    ordersUpto: orders.upto,
    paymentsOpen: payments.open,
    ordersOpen: orders.open,
    checkpointNo: newestEver(last, sealer),
    sumsHash,
  });
  return summarize(mode, options.environment ?? null, faults, pace, sealer);
}

/**
 * The stored sums can be relied on (`sealed`) when the newest outcome belongs to the newest checkpoint and
 * its seal fits the sums. A verification that was stopped midway has sealed more of the journal, but not the
 * sums (`unsealed`). `shortened`: checkpoints were removed from the end, and the sums still include their
 * rows.
 */
async function judgeKept(
  { db, report, breathe }: Parameters<typeof hashKeptSums>[0],
  last: LastOutcome | null,
): Promise<'sealed' | 'unsealed' | 'shortened'> {
  const { rows } = await sql<{ newest: bigint }>`
    select coalesce(max(checkpoint_no), 0) as newest from ledger_checkpoints`.execute(db);
  const newest = rows[0]?.newest ?? 0n;
  if (last?.genuine === false) return 'unsealed';
  if (last === null) return newest > 0n ? 'unsealed' : 'sealed';
  const { checkpointNo, sumsHash } = last.outcome;
  if (checkpointNo > newest) {
    const detail = `the checkpoints after ${newest} were removed: there were ${checkpointNo}`;
    report({ fault: 'checkpoint_tampered', environment: null, subject: String(newest), detail });
    return 'shortened';
  }
  if (checkpointNo < newest) return 'unsealed';
  if (sumsHash.equals(await hashKeptSums({ db, report, breathe }))) return 'sealed';
  const detail = `the sums kept with checkpoint ${newest} are not those that were sealed with it`;
  report({ fault: 'sealed_sums_tampered', environment: null, subject: String(newest), detail });
  return 'unsealed';
}

/** Every later verification reports a checkpoint that is gone, not only the next one. */
function newestEver(last: LastOutcome | null, sealer: JournalSealer): bigint {
  const former = last?.genuine === true ? last.outcome.checkpointNo : 0n;
  return former > sealer.last.checkpointNo ? former : sealer.last.checkpointNo;
}

function idAt(ms: number): string {
  return UUID.fromFieldsV7(ms, 0, 0, 0).toString();
}

function summarize(
  mode: Verification['mode'],
  environment: Environment | null,
  faults: FaultList,
  pace: Pace,
  { last }: JournalSealer,
): Verification {
  const checkpoint = {
    checkpointNo: last.checkpointNo,
    uptoJournalNo: last.uptoJournalNo,
    chainHash: last.chainHash.toString('hex'),
  };
  return {
    mode,
    faults: faults.list(environment),
    faultCount: faults.count(environment),
    rows: { ...pace.rows },
    checkpoint,
  };
}
