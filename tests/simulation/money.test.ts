// Thousands of steps of buyers, shops and operators, drawn by a seed: after every one the database says what a plain
// model in memory says, to the dong, and every caller was told the truth.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestContext } from '../support/context.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { drawSteps } from './draw-steps.ts';
import { runStep } from './run-steps.ts';
import { describeFailure, simulate } from './simulate.ts';
import { setStage } from './stage.ts';
import { describeStep, type Step } from './steps.ts';

test('after every step of two thousand the books agree with the model, and so does every answer', async (t) => {
  const simulated = await simulate(await createTestContext({ max: 3 }), { steps: 2_000 });
  t.diagnostic(`${simulated.steps} steps in ${Math.round(simulated.tookMs / 1000)} s`);
  if (simulated.violations.length > 0) assert.fail(describeFailure(simulated, false));
});

test('the same seed draws the same steps', () => {
  const draw = (seed: number) => {
    const steps = drawSteps(createSeededRandom(seed), { crashes: true });
    return Array.from({ length: 1_000 }, () => describeStep(steps.next().value));
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
});

test('the model knows that a right code takes no attempt when it could not pay, whatever the reason', async () => {
  const stage = await setStage(1, await createTestContext({ max: 3 }));
  const steps: Step[] = [
    { do: 'place', order: 1, site: 0, amount: { dong: 6_000_000n } },
    { do: 'start', payment: 1, order: 1, wallet: 2 },
    { do: 'confirm', payment: 1 },
    { do: 'account', wallet: 2, open: false },
    { do: 'submit', payment: 1, code: 'right' },
    { do: 'account', wallet: 2, open: true },
    { do: 'submit', payment: 1, code: 'right' },
  ];
  try {
    for (const step of steps) assert.deepEqual(await runStep(stage, step), [], describeStep(step));
    assert.equal(stage.counts.get('submit: threw'), 1);
    assert.equal(stage.counts.get('submit: paid'), 1);
  } finally {
    await stage.stop();
  }
});
