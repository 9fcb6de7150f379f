// One of several processes that post to the same hot merchant at once: measureProcesses starts this very file again
// and again, lets all of them begin together, and adds up what they posted.

import { type ChildProcess, fork } from 'node:child_process';
import type { DatabaseUrls } from './ledger-ground.ts';
import { type Load, openBooks, type RunRate } from './ledger-runs.ts';

type Order = { urls: DatabaseUrls; load: Load };
type Word = 'ready' | { rate: RunRate; warmedUp: number };

const warmUpSeconds = 0.5;

/** The sum of their rates, the worse of their latencies; `posted` counts what they posted while warming up as well. */
export async function measureProcesses(
  count: number,
  urls: DatabaseUrls,
  load: Load,
): Promise<{ rate: RunRate; posted: number }> {
  const children = Array.from({ length: count }, () => fork(import.meta.filename));
  try {
    for (const child of children) child.send({ urls, load } satisfies Order);
    await Promise.all(children.map(hear));
    for (const child of children) child.send('go');
    const words = await Promise.all(children.map(hear));
    const told = words.map((word) => {
      if (word === 'ready') throw new Error('a process said ready twice');
      return word;
    });
    const sum = (read: (rate: RunRate) => number) => told.reduce((total, { rate }) => total + read(rate), 0);
    const worst = (read: (rate: RunRate) => number) => Math.max(...told.map(({ rate }) => read(rate)));
    return {
      rate: {
        count: sum((rate) => rate.count),
        perSecond: sum((rate) => rate.perSecond),
        p50Ms: worst((rate) => rate.p50Ms),
        p99Ms: worst((rate) => rate.p99Ms),
        nodeCores: sum((rate) => rate.nodeCores),
        batchMean: sum((rate) => rate.batchMean ?? 0) / count,
      },
      posted: sum((rate) => rate.count) + told.reduce((total, { warmedUp }) => total + warmedUp, 0),
    };
  } finally {
    for (const child of children) child.kill();
  }
}

function hear(child: ChildProcess): Promise<Word> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('a process of the benchmark ended before its run did'));
    child.once('exit', ended);
    child.once('message', (word: Word) => {
      child.off('exit', ended);
      resolve(word);
    });
  });
}

async function work({ urls, load }: Order): Promise<void> {
  const books = await openBooks(urls);
  const { count } = await books.runLedger({ ...load, seconds: warmUpSeconds }, 'hot');
  const begun = new Promise((resolve) => process.once('message', resolve));
  process.send?.('ready' satisfies Word);
  await begun;
  const rate = await books.runLedger(load, 'hot');
  await books.close();
  process.send?.({ rate, warmedUp: count } satisfies Word);
}

// Runs only as a process of its own. A program that imports this file has no such channel, or is no fork of
// this file.
if (process.argv[1] === import.meta.filename && process.send) {
  process.once('disconnect', () => process.exit(1));
  process.once('message', (order: Order) => void work(order));
}
