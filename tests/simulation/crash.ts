// The machine fails in the middle of a posting: the process, its connection, or the server under it.

import { WorkerDied } from '../support/worker.ts';
import type { Outcome } from '../support/worker-protocol.ts';
import type { Answer } from './adopt.ts';
import { heldOrDone, judgeAnswers, resolveCalls } from './groups.ts';
import type { Stage } from './stage.ts';
import type { Crash, Step } from './steps.ts';

export async function runCrash(stage: Stage, step: Extract<Step, { do: 'crash' }>): Promise<string[]> {
  const { crash } = step;
  const asked = await resolveCalls(stage, step.calls);
  const [victim] = stage.workers;
  const act = crash.by === 'kill' ? 'die' : 'hold';
  await victim.plan({ point: crash.point, nth: 1, act });
  const outcomes = asked.map((resolved) => victim.perform(resolved.operation).catch(toNothing));
  let restart = async () => {};
  let isReached = false;
  if (crash.by !== 'kill' && (await heldOrDone(victim, outcomes))) {
    isReached = true;
    restart = await fail(stage, crash);
    await victim.release();
  }
  const answers: Answer[] = [];
  for (const [at, outcome] of (await Promise.all(outcomes)).entries()) {
    const resolved = asked[at];
    if (resolved) answers.push({ asked: resolved, outcome });
  }
  await restart();
  if (!victim.isAlive()) {
    if (crash.by !== 'kill') return [`the gateway ended by itself: ${crash.by} at ${crash.point}`];
    isReached = true;
    await stage.replaceFirst();
  } else if (await victim.owesAttempts()) {
    // It would give an attempt back during some later step, after the model has taken over what is counted.
    await stage.replaceFirst();
  } else await victim.plan(null);
  if (isReached) stage.crashes.add(`${crash.by} at ${crash.point}`);
  await stage.settleDown();
  return judgeAnswers(stage, answers, { mayFail: true });
}

const cuts = {
  cut_before_commit: 'before_commit',
  cut_at_commit: 'at_commit',
  cut_after_commit: 'after_commit',
  cut_off: 'after_commit',
} as const;

function toNothing(error: unknown): Outcome | null {
  if (error instanceof WorkerDied) return null;
  throw error;
}

/** While the gateway is held at the point; returns what mends it once every caller has an answer. */
async function fail({ server, context }: Stage, crash: Crash): Promise<() => Promise<void>> {
  if (server === null) throw new Error(`${crash.by} needs a server of its own`);
  switch (crash.by) {
    case 'backend_terminated':
      await context.db.pool.query(`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'vipay test worker' and state <> 'active'`);
      break;
    case 'cut_before_commit':
    case 'cut_at_commit':
    case 'cut_after_commit':
    case 'cut_off':
      server.proxy.cutNext(cuts[crash.by], crash.by === 'cut_off', 'posting_apply');
      break;
    case 'server_stopped': {
      await server.stopAtOnce();
      // Starts while the gateway tries again.
      const starting = server.start();
      return () => starting;
    }
    case 'server_stopped_for_long':
      await server.stopAtOnce();
      return () => server.start();
    default:
      break;
  }
  return async () => server.proxy.accept();
}
