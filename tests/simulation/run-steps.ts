// Runs steps upon the stage, one after another; after each one the books are compared with the model.

import { findViolations } from '../support/find-violations.ts';
import type { Outcome } from '../support/worker-protocol.ts';
import { compareBooks, readBooks } from './books.ts';
import { runCrash } from './crash.ts';
import { runMidnight, runTogether } from './groups.ts';
import { day, month } from './model.ts';
import { resolveCall } from './resolve-call.ts';
import type { Stage } from './stage.ts';
import type { Call, Step } from './steps.ts';

/** What is wrong after this step; empty: nothing. */
export async function runStep(stage: Stage, step: Step): Promise<string[]> {
  switch (step.do) {
    case 'clock':
      await moveClock(stage, step);
      return [];
    case 'site':
    case 'wallet':
    case 'account':
      await intervene(stage, step);
      return [];
    case 'together':
      return runTogether(stage, step);
    case 'midnight':
      return runMidnight(stage, step);
    case 'crash':
      return runCrash(stage, step);
    default:
      return runCall(stage, step);
  }
}

/** Everything there is, all at once: slow, for now and then. */
export async function checkEverything({ context, model }: Stage): Promise<string[]> {
  const orders = [...model.orders.values()];
  const books = await readBooks(context.db.pool, model, orders);
  return [...compareBooks(model, books, orders), ...(await findViolations(context.db))];
}

/** One call alone: its answer and its traces are known beforehand. */
export async function runCall(stage: Stage, call: Call): Promise<string[]> {
  const { model, context } = stage;
  const resolved = await resolveCall(stage, call);
  if (resolved === null) return [];
  const expected = resolved.predict();
  const worker = stage.workers['order' in call ? call.order % 2 : 0] ?? stage.workers[0];
  const outcome = await worker.perform(resolved.operation);
  resolved.made?.(outcome);
  count(stage, call, outcome);
  if (outcome.outcome !== expected || isStrange(outcome))
    return [`${call.do} answered ${describeOutcome(outcome)}, by the model ${expected}`];
  const books = await readBooks(context.db.pool, model, resolved.orders);
  return compareBooks(model, books, resolved.orders);
}

/** Thrown, and not because the posting of this payment broke an invariant. */
export function isStrange(outcome: Outcome): boolean {
  return 'message' in outcome && !outcome.message.endsWith('answered failed');
}

export function describeOutcome(outcome: Outcome): string {
  return 'message' in outcome ? `${outcome.message} (${outcome.sqlState})` : outcome.outcome;
}

export function count(stage: Stage, call: Call, outcome: Outcome | null): void {
  for (const word of outcome?.outcome.split(',') ?? ['no answer']) {
    const name = call.do === 'expire_due' ? call.do : `${call.do}: ${word}`;
    stage.counts.set(name, (stage.counts.get(name) ?? 0) + 1);
  }
}

async function moveClock(stage: Stage, step: Extract<Step, { do: 'clock' }>): Promise<void> {
  const nowMs = stage.model.nowMs;
  if (step.to === 'seconds_later') return setClock(stage, nowMs + step.seconds * 1000);
  const nextMidnight = (ms: number) => Date.parse(`${day(ms)}T00:00:00+07:00`) + 86_400_000;
  let midnightMs = nextMidnight(nowMs);
  if (step.to === 'before_month_end') {
    while (month(midnightMs) === month(midnightMs - 1)) midnightMs += 86_400_000;
  }
  const toMs = midnightMs - 2_000;
  return setClock(stage, toMs > nowMs ? toMs : midnightMs);
}

export async function setClock(stage: Stage, toMs: number): Promise<void> {
  stage.model.nowMs = toMs;
  const now = new Date(toMs);
  stage.context.clock.set(now);
  await Promise.all([...stage.workers, stage.crowded].map((worker) => worker.setClock(now)));
}

/** What operators do, by hand: there is no use case for it yet, or it is not the one under test. */
async function intervene(
  stage: Stage,
  step: Extract<Step, { do: 'site' | 'wallet' | 'account' }>,
): Promise<void> {
  const { model } = stage;
  if (step.do === 'site') {
    const site = model.sites[step.site];
    if (!site) throw new Error(`no site ${step.site}`);
    site.active = step.active;
    const status = step.active ? 'active' : 'suspended';
    const { merchantSite } = site.site;
    await stage.asOwner('update merchant_sites set status = $2 where merchant_site = $1', [
      merchantSite,
      status,
    ]);
    return;
  }
  const wallet = model.wallets[step.wallet];
  if (!wallet) throw new Error(`no wallet ${step.wallet}`);
  if (step.do === 'wallet') {
    wallet.status = step.status;
    await stage.asOwner('update wallets set status = $2 where id = $1', [wallet.id, step.status]);
  } else {
    wallet.accountOpen = step.open;
    const status = step.open ? 'open' : 'closed';
    await stage.asOwner('update accounts set status = $2 where id = $1', [wallet.accountId, status]);
  }
}
