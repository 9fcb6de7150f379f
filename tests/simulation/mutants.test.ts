// A test of the simulation: with a protection of the posting taken out, it finds fault.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createContextOn, createTestContext } from '../support/context.ts';
import type { Mutant } from '../support/mutant.ts';
import { startOwnServer } from '../support/own-server.ts';
import { simulate } from './simulate.ts';

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
  const found = await findCalm({
    name: 'stale totals',
    changes: [
      {
        file: 'src/business/payments/decide-batch.ts',
        seam: 'totalsSoFar',
        instead: '(total, standing, facts) => total({ ...standing, totals: new Map() }, facts)',
      },
    ],
  });
  assert.match(found, /by the model|above its limit|by PIN alone/);
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
