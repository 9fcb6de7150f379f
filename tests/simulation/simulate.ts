// One simulated world: a seed, its steps, and the first thing that is wrong.

import type { TestContext } from '../support/context.ts';
import type { Mutant } from '../support/mutant.ts';
import type { OwnServer } from '../support/own-server.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { drawSteps } from './draw-steps.ts';
import { checkEverything, runStep } from './run-steps.ts';
import { setStage } from './stage.ts';
import { describeStep } from './steps.ts';

export type Simulated = {
  seed: number;
  /** How many steps were made. */
  steps: number;
  /** Empty: the books were right after every one. */
  violations: string[];
  /** The last steps, the one that failed last. */
  lastSteps: string[];
  /** How often each call had each answer. */
  counts: Map<string, number>;
  /** What has failed, and where: `kill at posting.in_transaction`. */
  crashes: Set<string>;
  tookMs: number;
};

const checkEvery = 500;
const lastStepsMax = 15;

/**
 * Makes `steps` steps or stops at the first violation. With a server of its own the machine fails too, unless told otherwise.
 * Drops the context's database at the end.
 */
export async function simulate(
  context: TestContext,
  options: {
    seed?: number;
    steps: number;
    server?: OwnServer | null;
    /** Whether the machine fails; needs the server. */
    crashes?: boolean;
    mutant?: Mutant | null;
    observe?: (steps: number) => void;
    /** Asked after each step. */
    isOver?: () => boolean;
  },
): Promise<Simulated> {
  const startedAt = performance.now();
  const random = createSeededRandom(options.seed);
  const { server = null, mutant = null, crashes = server !== null } = options;
  const stage = await setStage(random.seed, context, { server, mutant });
  const lastSteps: string[] = [];
  const violations: string[] = [];
  let steps = 0;
  try {
    for (const step of drawSteps(random, { crashes })) {
      if (steps === options.steps || options.isOver?.()) break;
      steps += 1;
      lastSteps.push(describeStep(step));
      if (lastSteps.length > lastStepsMax) lastSteps.shift();
      violations.push(...(await attempt(() => runStep(stage, step))));
      if (violations.length === 0 && steps % checkEvery === 0)
        violations.push(...(await checkEverything(stage)));
      options.observe?.(steps);
      if (violations.length > 0) break;
    }
    if (violations.length === 0) violations.push(...(await checkEverything(stage)));
  } finally {
    await stage.stop();
  }
  const tookMs = performance.now() - startedAt;
  return {
    seed: random.seed,
    steps,
    violations,
    lastSteps,
    counts: stage.counts,
    crashes: stage.crashes,
    tookMs,
  };
}

/** What a step throws is a finding like any other: a process that ended by itself, an answer that never came. */
async function attempt(run: () => Promise<string[]>): Promise<string[]> {
  return run().catch((error: unknown) => [String(error instanceof Error ? error.stack : error)]);
}

/** For a person: what went wrong, after which steps, and how to see it again. */
export function describeFailure({ seed, steps, violations, lastSteps }: Simulated, crashes: boolean): string {
  return [
    `after step ${steps} of seed ${seed}:`,
    ...violations.map((violation) => `  ${violation}`),
    'the last steps:',
    ...lastSteps.map((step) => `  ${step}`),
    `again: npm run simulate -- --seed ${seed} --steps ${steps}${crashes ? '' : ' --calm'}`,
  ].join('\n');
}
