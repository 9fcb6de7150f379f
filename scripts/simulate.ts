// `npm run simulate -- --hours 8`: world after world of the simulation (tests/simulation), each with a seed, a database
// and a failing machine of its own, until the time is over or something is wrong. `--seed S` starts there; with
// `--steps N` one world of so many steps, to see a failure again; `--calm`: nothing but the buyers.

import { parseArgs } from 'node:util';
import { describeFailure, type Simulated, simulate } from '../tests/simulation/simulate.ts';
import { createContextOn } from '../tests/support/context.ts';
import { startOwnServer } from '../tests/support/own-server.ts';

const stepsOfWorld = 3_000;
const progressMs = 10_000;

const { values } = parseArgs({
  options: {
    hours: { type: 'string' },
    seed: { type: 'string' },
    steps: { type: 'string' },
    calm: { type: 'boolean', default: false },
  },
});
const hours = Number(values.hours ?? 1);
const firstSeed = Number(values.seed ?? Date.now() % 2 ** 31);
const steps = Number(values.steps ?? stepsOfWorld);
if (![hours, firstSeed, steps].every(Number.isFinite)) {
  console.error('usage: npm run simulate -- [--hours N] [--seed S] [--steps N] [--calm]');
  process.exit(2);
}

const startedAt = Date.now();
const endAt = startedAt + hours * 3_600_000;
const worlds: Simulated[] = [];
let stepsOfThis = 0;
let isInterrupted = false;
process.once('SIGINT', () => {
  isInterrupted = true;
});

const stepsSoFar = () => worlds.reduce((sum, world) => sum + world.steps, 0) + stepsOfThis;
const progress = setInterval(() => {
  const minutes = (Date.now() - startedAt) / 60_000;
  const perMinute = Math.round(stepsSoFar() / minutes);
  console.log(
    `${minutes.toFixed(1)} min: ${worlds.length} worlds, ${stepsSoFar()} steps, ${perMinute} a minute`,
  );
}, progressMs);

const server = await startOwnServer();
try {
  for (let world = 0; ; world += 1) {
    // Between two that fail a calm one, in which buyers get farther.
    const crashes = !values.calm && world % 2 === 0;
    stepsOfThis = 0;
    const simulated = await simulate(createContextOn(await server.createDatabase(`world_${world}`)), {
      seed: firstSeed + world,
      steps,
      server,
      crashes,
      observe: (made) => {
        stepsOfThis = made;
      },
      isOver: () => isInterrupted || Date.now() > endAt,
    });
    worlds.push(simulated);
    stepsOfThis = 0;
    if (simulated.violations.length > 0) {
      console.error(describeFailure(simulated, crashes));
      process.exitCode = 1;
    }
    if (simulated.violations.length > 0 || values.steps !== undefined || isInterrupted || Date.now() > endAt)
      break;
  }
} finally {
  clearInterval(progress);
  await server.remove();
}
sayWhatHappened();

function sayWhatHappened(): void {
  const counts = new Map<string, number>();
  for (const world of worlds) {
    for (const [what, count] of world.counts) counts.set(what, (counts.get(what) ?? 0) + count);
  }
  const crashes = new Set(worlds.flatMap((world) => [...world.crashes]));
  for (const [what, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    console.log(`${String(count).padStart(9)}  ${what}`);
  }
  console.log(
    `${worlds.length} worlds from seed ${firstSeed}, ${stepsSoFar()} steps, ${crashes.size} kinds of crash: ` +
      (process.exitCode === 1 ? 'SOMETHING IS WRONG, see above' : 'the books were right after every step'),
  );
}
