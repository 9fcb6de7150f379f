// `npm run soak -- --minutes 20 --seed S`: two gateways under mixed traffic and injected faults (tests/soak). Prints its
// seed, how it goes, and a report; `--log FILE` keeps what the gateways log. Exit code 1 when something is wrong, 2 when
// the command line is.

import { createWriteStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeSoak } from '../tests/soak/describe-soak.ts';
import { runSoak } from '../tests/soak/soak.ts';

const minutesDefault = 20;
const minutesMax = 24 * 60;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    buyers: { type: 'string' },
    log: { type: 'string' },
  },
});
const minutes = Number(values.minutes ?? minutesDefault);
const seed = values.seed === undefined ? undefined : Number(values.seed);
const lanes = values.buyers === undefined ? undefined : Number(values.buyers);
const isWhole = (given: number | undefined) => given === undefined || (Number.isInteger(given) && given > 0);
if (!(minutes > 0 && minutes <= minutesMax) || !isWhole(seed) || !isWhole(lanes)) {
  console.error('usage: npm run soak -- [--minutes N] [--seed S] [--buyers N] [--log FILE]');
  process.exit(2);
}

const log = values.log === undefined ? null : createWriteStream(values.log);

let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    // The second time at once, as everywhere.
    if (isInterrupted) process.exit(1);
    isInterrupted = true;
  });

const report = await runSoak({
  seconds: minutes * 60,
  say: (line) => console.log(line),
  isOver: () => isInterrupted,
  keepLog: ({ gateway, text }) => log?.write(`${gateway} ${text}\n`),
  ...(seed === undefined ? {} : { seed }),
  ...(lanes === undefined ? {} : { lanes }),
});
console.log(describeSoak(report));
if (report.violations.length > 0) process.exitCode = 1;
