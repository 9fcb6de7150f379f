// Several calls at once: the books show their results, which are then checked against every rule.

import { sql } from 'kysely';
import { isPassingFault } from '../../src/ground/database/index.ts';
import type { Worker } from '../support/worker.ts';
import type { Outcome } from '../support/worker-protocol.ts';
import { type Answer, adoptBooks, findNeedless } from './adopt.ts';
import { compareBooks, readBooks } from './books.ts';
import { day, type ModelPayment } from './model.ts';
import { type Resolved, resolveCall } from './resolve-call.ts';
import { count, describeOutcome, isStrange, runCall, setClock } from './run-steps.ts';
import type { Stage } from './stage.ts';
import type { Call, Step } from './steps.ts';

const lockWaitMsMax = 2_000;

export async function resolveCalls(stage: Stage, calls: Call[]): Promise<Resolved[]> {
  const resolved: (Resolved | null)[] = [];
  for (const call of calls) resolved.push(await resolveCall(stage, call));
  return resolved.filter((one) => one !== null);
}

export async function runTogether(stage: Stage, step: Extract<Step, { do: 'together' }>): Promise<string[]> {
  const asked = await resolveCalls(stage, step.calls);
  const [one, other] = step.crowd ? [stage.crowded, stage.crowded] : stage.workers;
  const workerOf = (at: number) => (at % 2 === 0 ? one : other);
  const answers = await Promise.all(
    asked.map(async (resolved, at) => ({
      asked: resolved,
      outcome: await workerOf(at).perform(resolved.operation),
    })),
  );
  return judgeAnswers(stage, answers);
}

/** The first holds the locks before midnight; the second has asked before midnight and is decided after it. */
export async function runMidnight(stage: Stage, step: Extract<Step, { do: 'midnight' }>): Promise<string[]> {
  const [first, second] = stage.workers;
  const calls = step.payments.map((payment): Call => ({ do: 'post', payments: [payment] }));
  const asked = await resolveCalls(stage, calls);
  const [one, other] = asked;
  if (!one || !other) return [];
  await first.plan({ point: 'posting.in_transaction', nth: 1, act: 'hold' });
  const firstOutcome = first.perform(one.operation);
  await heldOrDone(first, [firstOutcome]);
  const secondOutcome = second.perform(other.operation);
  await Promise.race([secondOutcome, waitForLock(stage)]);
  const midnightMs = Date.parse(`${day(stage.model.nowMs)}T00:00:00+07:00`) + 86_400_000;
  await setClock(stage, midnightMs + 1_000);
  await first.plan(null);
  await first.release();
  const answers: Answer[] = [
    { asked: one, outcome: await firstOutcome },
    { asked: other, outcome: await secondOutcome },
  ];
  return judgeAnswers(stage, answers, { alone: false });
}

/** Resolves when the planned point is held, or when all have their answer without having come by. */
export async function heldOrDone(worker: Worker, outcomes: Promise<unknown>[]): Promise<boolean> {
  const held = worker.held().then(
    () => true,
    () => false,
  );
  return Promise.race([held, Promise.allSettled(outcomes).then(() => false)]);
}

async function waitForLock({ context }: Stage): Promise<void> {
  const endAt = performance.now() + lockWaitMsMax;
  while (performance.now() < endAt) {
    const { rows } = await sql<{ waiting: boolean }>`
      select exists (select from pg_stat_activity where datname = current_database()
        and wait_event_type = 'Lock') as waiting`.execute(context.db);
    if (rows[0]?.waiting) return;
  }
}

/**
 * Takes their results over and reports what is wrong with them. A caller without an answer asks again, and
 * must be told what the books say. `alone`: money and limits only shrank meanwhile. `mayFail`: the machine
 * was failing.
 */
export async function judgeAnswers(
  stage: Stage,
  answers: Answer[],
  { alone = true, mayFail = false } = {},
): Promise<string[]> {
  const { model, context } = stage;
  for (const { asked, outcome } of answers) count(stage, asked.call, outcome);
  const orders = [...new Set(answers.flatMap(({ asked }) => asked.orders))];
  const transferIds = answers.flatMap(({ asked: { operation } }) =>
    operation.do === 'top_up' ? [operation.transferId] : [],
  );
  const formerly = new Map(answers.flatMap(({ asked }) => asked.payments.map((one) => [one, one.status])));
  const books = await readBooks(context.db.pool, model, orders, transferIds);
  const faults = adoptBooks(model, books, answers);
  const onlyShrank =
    alone && answers.every(({ asked }) => !['top_up', 'cancel', 'expire'].includes(asked.call.do));
  if (onlyShrank) faults.push(...findNeedless(model, answers));
  faults.push(...compareBooks(model, books, orders), ...findPaidWhileBusy(answers, formerly));
  for (const { asked, outcome } of answers) {
    if (outcome !== null && isStrange(outcome) && !(mayFail && isPassing(outcome)))
      faults.push(`${asked.call.do} among others: ${describeOutcome(outcome)}`);
    if (!mayFail && outcome?.outcome.includes('unknown'))
      faults.push('a healthy database and an unknown result');
  }
  if (faults.length > 0) return faults;
  for (const { asked, outcome } of answers) {
    const isOpen = outcome === null || isStrange(outcome) || /busy|unknown/.test(outcome.outcome);
    if (isOpen) faults.push(...(await runCall(stage, asked.call)));
  }
  return faults;
}

/** Everyone who asked for it was told `busy`, nothing was done; and now it is paid. */
function findPaidWhileBusy(answers: Answer[], formerly: Map<ModelPayment, string>): string[] {
  return [...formerly].flatMap(([payment, former]) => {
    const words = answers.flatMap(({ asked, outcome }) =>
      asked.payments.flatMap((one, at) =>
        one === payment ? [outcome?.outcome.split(',')[at] ?? 'no answer'] : [],
      ),
    );
    const isPaidNow = payment.status === 'paid' && former !== 'paid';
    return isPaidNow && words.every((word) => word === 'busy')
      ? [`payment ${payment.id} was answered busy and is paid`]
      : [];
  });
}

/** What a use case throws when its connection is lost, before any posting. */
function isPassing(outcome: Outcome): boolean {
  if (!('message' in outcome)) return false;
  return isPassingFault({ code: outcome.sqlState, message: outcome.message.replace(/^\w+: /, '') });
}
