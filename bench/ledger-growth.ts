// Growth: the ledger alone on journals of different length, side by side on one server and measured in turns,
// so that other work of the machine affects all of them equally.

import { openDatabase } from '../src/ground/database/index.ts';
import { type Growth, median, type Round, toFigure, toRound } from './ledger-figures.ts';
import type { DatabaseUrls, LedgerGround } from './ledger-ground.ts';
import { type Books, type Load, openBooks } from './ledger-runs.ts';
import { seedBooks, seedHistory } from './ledger-seed.ts';

const warmUpSeconds = 1;

export type GrowthPlan = {
  sizes: number[];
  rounds: number;
  load: Load;
  counts: { buyers: number; merchants: number };
  /** Fails the benchmark when these books are wrong. */
  check: (books: Books, name: string) => Promise<void>;
  say: (line: string) => void;
};

export async function measureGrowth(ground: LedgerGround, plan: GrowthPlan): Promise<Growth> {
  const { load, say } = plan;
  const grown: { payments: number; books: Books; rounds: Round[] }[] = [];
  const journals = await makeJournals(ground, plan);
  try {
    for (const { payments, urls } of journals) {
      const books = await openBooks(urls);
      grown.push({ payments, books, rounds: [] });
      await books.runLedger({ ...load, seconds: warmUpSeconds }, 'hot');
    }
    for (let round = 1; round <= plan.rounds; round += 1) {
      for (const { payments, books, rounds } of grown) {
        const measured = toRound(await books.runLedger(load, 'hot'), null);
        rounds.push(measured);
        say(`growth, round ${round}: ${measured.payments_per_s} payments/s at ${payments} payments`);
      }
    }
    for (const { payments, books } of grown) await plan.check(books, `the journal of ${payments}`);
  } finally {
    for (const { books } of grown) await books.close();
  }
  const rates = (of: (typeof grown)[number] | undefined) =>
    of?.rounds.map((round) => round.payments_per_s) ?? [];
  const [smallest, largest] = [rates(grown[0]), rates(grown.at(-1))];
  const losses = smallest.map((rate, at) => Number((1 - (largest[at] ?? 0) / rate).toFixed(3)));
  return {
    sizes: grown.map(({ payments, rounds }) => ({ payments, ...toFigure(load.callers, rounds) })),
    loss: median(losses),
    loss_rounds: losses,
  };
}

/** Each journal is a copy of the one before it, grown further. */
async function makeJournals(ground: LedgerGround, { sizes, counts, say }: GrowthPlan) {
  const journals: { payments: number; urls: DatabaseUrls }[] = [];
  let before: string | undefined;
  for (const payments of sizes) {
    const name = `journal_${payments}`;
    const urls = await ground.createBooks(name, before);
    const owner = openDatabase(urls.ownerUrl, { max: 1 });
    try {
      if (before === undefined) await seedBooks(owner, counts);
      await seedHistory(owner, payments, (line) => say(`growth: ${line}`));
    } finally {
      await owner.destroy();
    }
    journals.push({ payments, urls });
    before = name;
  }
  await ground.checkpoint();
  return journals;
}
