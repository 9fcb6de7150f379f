// A test of the simulation: with a protection of the posting taken out, it finds fault.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createContextOn, createTestContext } from '../support/context.ts';
import type { Mutant } from '../support/mutant.ts';
import { startOwnServer } from '../support/own-server.ts';
import { runStep } from './run-steps.ts';
import { simulate } from './simulate.ts';
import { setStage } from './stage.ts';
import type { Step } from './steps.ts';

const stepsMax = 1_500;
async function findCalm(mutant: Mutant): Promise<string> {
  const { violations } = await simulate(await createTestContext({ max: 3 }), { steps: stepsMax, mutant });
  return violations.join('\n');
}

async function findCrashing(mutant: Mutant): Promise<string> {
  const server = await startOwnServer();
  try {
    const context = createContextOn(await server.createDatabase('mutant'));
    const { violations } = await simulate(context, { steps: stepsMax, server, mutant });
    return violations.join('\n');
  } finally {
    await server.remove();
  }
}

test('a batch whose payments are all decided against the limits as they were before it is found out', async () => {
  const staleTotals: Mutant = {
    name: 'stale totals',
    changes: [
      {
        file: 'src/business/payments/decide-batch.ts',
        seam: 'totalsSoFar',
        instead: '(total, standing, facts) => total({ ...standing, totals: new Map() }, facts)',
      },
    ],
  };
  // Drawn steps meet this once in some seven hundred: two payments of one batch that a wallet may make by PIN alone each,
  // and not both.
  const steps: Step[] = [
    { do: 'place', order: 1, site: 0, amount: { dong: 3_000_000n } },
    { do: 'place', order: 2, site: 0, amount: { dong: 3_000_000n } },
    { do: 'start', payment: 1, order: 1, wallet: 2 },
    { do: 'start', payment: 2, order: 2, wallet: 2 },
    { do: 'post', payments: [1, 2] },
  ];
  const stage = await setStage(1, await createTestContext({ max: 3 }), { mutant: staleTotals });
  try {
    const found: string[] = [];
    for (const step of steps) found.push(...(await runStep(stage, step)));
    assert.deepEqual(found, ['post answered paid,paid, by the model paid,class_risen']);
  } finally {
    await stage.stop();
  }
});

test('a batch that notes only the first of its results for the merchants is found out', async () => {
  const found = await findCalm({
    name: 'notification dropped',
    changes: [
      {
        file: 'src/business/notifications/record-notification.ts',
        seam: 'recordingNotifications',
        instead: '(record, results) => record(results.slice(0, 1))',
      },
    ],
  });
  assert.match(found, /is paid 00 notified 0; .* by the model paid 00 notified 1/);
});

test('an unanswered commit that is told as too late is found out', async () => {
  const found = await findCrashing({
    name: 'unknown told as too late',
    changes: [
      {
        file: 'src/business/payments/post-payments.ts',
        seam: 'tellUnposted',
        instead: "() => ({ outcome: 'too_late' })",
      },
    ],
  });
  assert.match(found, /was answered .*too_late.*, and payment .* is paid/);
});

test('a gateway that ends with its connection is found out', async () => {
  const found = await findCrashing({
    name: 'no listener on connections in use',
    changes: [
      {
        file: 'src/ground/database/database.ts',
        seam: 'outliveLoss',
        instead: '() => undefined',
      },
    ],
  });
  assert.match(found, /the gateway ended by itself|the worker died/);
});
