// A soak: two gateways under mixed traffic for as long as told, while one fault after the other is injected; then
// everything comes to rest and is looked at. Latencies are told, never judged.

import { setTimeout as delay } from 'node:timers/promises';
import { createSeededRandom } from '../support/seeded-random.ts';
import { countRequests } from './describe-progress.ts';
import { type Injected, injectFaults } from './faults.ts';
import { comeToRest, findEverythingWrong } from './final-checks.ts';
import type { Memory } from './gateway-hook.ts';
import { findFaultOfLine } from './known-errors.ts';
import { type Flatness, judgeFlatness, sampleMemory } from './memory.ts';
import { createClerk } from './shop-clerk.ts';
import { openSoakStage, type SoakStage } from './soak-stage.ts';
import type { LogLine } from './soaked-gateway.ts';
import { stoodStillSince, sumStillMs, watchStillness } from './stillness.ts';
import { tellProgress } from './tell-progress.ts';
import { runLane } from './visits.ts';
import { createWeb } from './web.ts';

export type SoakOptions = {
  seconds: number;
  seed?: number;
  /** Buyers at a time. */
  lanes?: number;
  /** How long an order that nobody pays stays open. */
  orderSeconds?: number;
  /** Told every line of the gateways' logs. */
  keepLog?: (line: LogLine) => void;
  /** Told every few seconds how it goes. */
  say?: (line: string) => void;
  isOver?: () => boolean;
};

export type SoakReport = {
  seed: number;
  seconds: number;
  requests: number;
  statuses: Map<number, number>;
  noAnswers: number;
  latencies: Map<string, number[]>;
  orders: number;
  ordersByStatus: Map<string, number>;
  errands: Map<string, number>;
  /** How often buyers were shown that it does not go on now. */
  shown: Map<string, number>;
  injected: Injected[];
  errorLines: Map<string, number>;
  heard: number;
  memory: Flatness;
  violations: string[];
  /** Each part of it with the seconds that it took. */
  took: Map<string, number>;
};

const orderSecondsDefault = 20;
const lanesDefault = 12;
const findingsMax = 25;

export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const random = createSeededRandom(options.seed);
  const { seconds, lanes = lanesDefault, orderSeconds = orderSecondsDefault } = options;
  const { say = () => undefined } = options;
  const injected: Injected[] = [];
  const errorLines = new Map<string, number>();
  const badLines: string[] = [];
  const took = new Map<string, number>();
  let partFrom = performance.now();
  const endPart = (name: string) => {
    took.set(name, (performance.now() - partFrom) / 1_000);
    partFrom = performance.now();
  };
  const stage = await openSoakStage(random, { lanes, orderSeconds }, (line) => {
    options.keepLog?.(line);
    noteLine(line, injected, { errorLines, badLines });
  });
  endPart('setting up');
  let hasFailed = false;
  const startedAt = Date.now();
  const isOver = () =>
    hasFailed ||
    Date.now() - startedAt - sumStillMs(injected) > seconds * 1_000 ||
    options.isOver?.() === true;
  const web = createWeb(
    stage.gateways,
    () => random.integer(0, 1_000),
    (ms) => stoodStillSince(ms, injected),
  );
  const stillness = watchStillness((fromMs, toMs) =>
    injected.push({ name: 'everything stood still', fromMs, toMs }),
  );
  const ends = [() => web.close(), () => stillness.stop()];
  const run = async (): Promise<SoakReport> => {
    const pause = () => delay(random.integer(5, 120));
    const clerk = createClerk(web, pause);
    const errands = new Map<string, number>();
    const shown = new Map<string, number>();
    const samples: Memory[] = [];
    const progress = tellProgress(stage, say, { startedAt, web, clerk, injected, samples });
    ends.push(() => progress.stop());
    const [failedFaults, unmeasured] = await Promise.all([
      injectFaults(stage, random, { isOver, pauseMsMax: seconds < 120 ? 600 : 3_000 }, injected),
      sampleMemory(stage, samples, { isOver, stoodStill: (ms) => stoodStillSince(ms, injected) }),
      ...stage.purses.map((_, lane) =>
        runLane(stage, { web, clerk, random, errands, shown, pause, isOver }, lane),
      ),
    ]);
    progress.stop();
    endPart('traffic');
    say('the traffic has ended; waiting until everything is at rest');
    const unrested = await comeToRest(stage);
    endPart('coming to rest');
    const wrong = await findEverythingWrong(stage, clerk);
    endPart('checking');
    const memory = judgeFlatness(samples);
    return {
      seed: random.seed,
      seconds,
      requests: countRequests(web),
      statuses: web.statuses,
      noAnswers: web.noAnswers,
      latencies: web.latencies,
      orders: clerk.journal.size,
      ordersByStatus: await countOrders(stage),
      errands,
      shown,
      injected,
      errorLines,
      heard: stage.merchant.heard,
      memory,
      took,
      violations: [unrested, web.violations, failedFaults, unmeasured, memory.violations, wrong].flatMap(
        shorten,
      ),
    };
  };
  try {
    const report = await run();
    const stoppingAt = Date.now();
    const badEnds = await stage.stop();
    endPart('ending');
    const stoodStill = badEnds.length > 0 && (await stoodStillSince(stoppingAt, injected));
    return { ...report, violations: [...badLines, ...report.violations, ...(stoodStill ? [] : badEnds)] };
  } finally {
    hasFailed = true;
    for (const end of ends) end();
    await stage.stop();
  }
}

/** One cause may have hundreds of consequences. */
function shorten(findings: readonly string[]): string[] {
  const more = findings.length - findingsMax;
  return more > 0 ? [...findings.slice(0, findingsMax), `… and ${more} more like these`] : [...findings];
}

function noteLine(
  line: LogLine,
  injected: readonly Injected[],
  { errorLines, badLines }: { errorLines: Map<string, number>; badLines: string[] },
): void {
  if (line.level === 'error' || line.level === 'fatal') {
    // The library's sentences hold times and numbers.
    const kind =
      line.msg
        .split('\n', 1)[0]
        ?.replaceAll(/\d[\d.]*/g, '…')
        .slice(0, 120) ?? '';
    errorLines.set(kind, (errorLines.get(kind) ?? 0) + 1);
  }
  const fault = findFaultOfLine(line, injected);
  if (fault !== null && badLines.length < findingsMax) badLines.push(fault);
}

async function countOrders({ context }: SoakStage): Promise<Map<string, number>> {
  const { rows } = await context.owner.pool.query<{ status: string; count: number }>(
    'select status, count(*)::int as count from orders group by status order by status',
  );
  return new Map(rows.map(({ status, count }) => [status, count]));
}
