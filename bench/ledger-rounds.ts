// The rounds: in each, pgbench, the raw rows and every run of the plan once, one after the other.

import { loadavg } from 'node:os';
import { countDeadlocks } from './ledger-check.ts';
import { type Round, toRound } from './ledger-figures.ts';
import type { DatabaseUrls, LedgerGround } from './ledger-ground.ts';
import { counts, type Plan, type Run, type RunName } from './ledger-plan.ts';
import { measureProcesses } from './ledger-process.ts';
import type { Books, RunRate } from './ledger-runs.ts';
import { seedPayments } from './ledger-seed.ts';
import type { Tpcb } from './tpcb.ts';

const warmUp = { callers: 64, seconds: 1 };
const warmUpPayments = 2_000;

export type MeasuredRounds = {
  runs: { name: RunName; callers: number; rounds: Round[] }[];
  tps: number[];
  rawRates: number[];
  loads: number[];
  deadlocks: number;
};

type Place = {
  plan: Plan;
  ground: LedgerGround;
  urls: DatabaseUrls;
  books: Books;
  tpcb: Tpcb | null;
  check: (books: Books, when: string) => Promise<void>;
  say: (line: string) => void;
};

export async function runRounds(place: Place): Promise<MeasuredRounds> {
  const { plan, ground, books, tpcb, check, say } = place;
  const runs = plan.runs.map(([name, run]) => ({ name, run, callers: run.callers, rounds: [] as Round[] }));
  const measured = { runs, tps: [] as number[], rawRates: [] as number[], loads: [] as number[] };

  const warmUpIds = await seedPayments(books.owner, { count: warmUpPayments, merchants: 1 });
  await books.runLedger(warmUp, 'hot');
  await books.runWhole(warmUp, warmUpIds);
  for (let round = 1; round <= plan.rounds; round += 1) {
    // Before the orders come in, not after: orders are paid minutes later, mostly within the same checkpoint.
    await ground.checkpoint();
    const started = await startPayments(place);
    measured.loads.push(Number((loadavg()[0] ?? 0).toFixed(1)));
    const tps = tpcb && Math.round(await tpcb.run());
    if (tps !== null) measured.tps.push(tps);
    say(
      `round ${round}: TPC-B-like ${tps ?? 'not measured:'} tps, load average ${measured.loads.at(-1)} before`,
    );
    if (plan.rawSeconds > 0) {
      measured.rawRates.push(Math.round(await books.runRaw(plan.rawSeconds)));
      say(`round ${round}: ${measured.rawRates.at(-1)} raw rows/s`);
    }
    for (const { name, run, rounds } of runs) {
      const figure = toRound(await measure(place, run, started.get(name) ?? []), tps);
      rounds.push(figure);
      const ratio = figure.ratio_to_tpcb === null ? '' : `, ${figure.ratio_to_tpcb.toFixed(2)} x TPC-B`;
      say(`round ${round}: ${name} ${figure.payments_per_s} payments/s${ratio}, p50 ${figure.p50_ms} ms`);
    }
    await check(books, `round ${round}`);
  }
  return { ...measured, deadlocks: await countDeadlocks(books) };
}

/** What the whole posting needs before a round: orders with a payment waiting for its posting, for each run its own. */
async function startPayments({ plan, books }: Place): Promise<Map<RunName, string[]>> {
  const started = new Map<RunName, string[]>();
  for (const [name, run] of plan.runs) {
    if (!run.whole) continue;
    const merchants = run.merchants === 'hot' ? 1 : counts.merchants;
    started.set(name, await seedPayments(books.owner, { count: plan.startedMax, merchants }));
  }
  return started;
}

async function measure({ plan, urls, books }: Place, run: Run, started: string[]): Promise<RunRate> {
  const load = { callers: run.callers, seconds: plan.seconds };
  if (run.whole) return books.runWhole(load, started);
  if (run.processes === undefined) return books.runLedger(load, run.merchants);
  const { rate, posted } = await measureProcesses(run.processes, urls, load);
  books.posted += posted;
  return rate;
}
