// The ledger: payments per second through it alone and through the whole posting, beside what PostgreSQL's own
// pgbench reaches on the same server in the same round. The books are checked after every round, and no figure
// counts when they are off by a dong.

import { openDatabase } from '../src/ground/database/index.ts';
import { findFaults } from './ledger-check.ts';
import { type Growth, type LedgerFigures, toFigure, toHeadline, toSpread } from './ledger-figures.ts';
import { openLedgerGround } from './ledger-ground.ts';
import { measureGrowth } from './ledger-growth.ts';
import { counts, fullPlan, headNames, quickPlan } from './ledger-plan.ts';
import { writeLedgerDocs, writeLedgerReport } from './ledger-report.ts';
import { type MeasuredRounds, runRounds } from './ledger-rounds.ts';
import { type Books, openBooks } from './ledger-runs.ts';
import { seedBooks } from './ledger-seed.ts';
import { openTpcb, type Tpcb } from './tpcb.ts';

export async function benchLedger({ quick }: { quick: boolean }) {
  const plan = quick ? quickPlan : fullPlan;
  const faults: string[] = [];
  const check = async (books: Books, when: string) => {
    faults.push(...(await findFaults(books)).map((fault) => `${when}: ${fault}`));
  };
  const ground = await openLedgerGround();
  try {
    say('pgbench fills its tables');
    const tpcb = await openTpcb((await ground.createPlain('tpcb')).ownerUrl, plan.tpcb);
    if (tpcb === null) say('there is no pgbench on the PATH: no ratios');
    const urls = await ground.createBooks('books');
    const owner = openDatabase(urls.ownerUrl, { max: 1 });
    await seedBooks(owner, counts).finally(() => owner.destroy());
    const books = await openBooks(urls);
    const measured = await runRounds({ plan, ground, urls, books, tpcb, check, say }).finally(books.close);
    const growth = plan.growth && (await measureGrowth(ground, { ...plan.growth, counts, check, say }));
    const data = toFigures(ground.postgres, tpcb, measured, growth);
    return { text: writeLedgerReport(data), docs: () => writeLedgerDocs(data), data, faults };
  } finally {
    await ground.close();
  }
}

function toFigures(
  postgres: string,
  tpcb: Tpcb | null,
  { runs, tps, rawRates, loads, deadlocks }: MeasuredRounds,
  growth: Growth | null,
): LedgerFigures {
  const figures: LedgerFigures['ledger'] = {};
  for (const { name, callers, rounds } of runs) figures[name] = toFigure(callers, rounds);
  for (const head of headNames) {
    const [busy, calm] = [figures[`${head}_1000_callers`], figures[`${head}_64_callers`]];
    if (busy && calm) figures[head] = toHeadline(busy, calm);
  }
  if (growth !== null) figures.growth = growth;
  const { scale, clients, threads, seconds } = tpcb ?? { scale: 0, clients: 0, threads: 0, seconds: 0 };
  return {
    postgres,
    ...counts,
    tpcb: tpcb === null ? null : { scale, clients, threads, seconds, ...toSpread(tps) },
    raw_rows_per_s: rawRates.length === 0 ? null : toSpread(rawRates),
    load_average: loads,
    ledger: figures,
    deadlocks,
  };
}

function say(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}
