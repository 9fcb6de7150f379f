// Half a minute of what `npm run soak` does for as long as it is told: mixed traffic on two gateways, one fault after
// the other, and nothing wrong at the end. The seed is printed; given as SEED it runs again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeSoak } from './describe-soak.ts';
import { runSoak } from './soak.ts';

test('half a minute of traffic and faults: nothing lost or doubled, no answer without a reason, memory flat', async (t) => {
  const report = await runSoak({ seconds: 30, lanes: 8, orderSeconds: 8 });
  t.diagnostic(describeSoak(report));
  assert.deepEqual(report.violations, []);
  assert.ok((report.ordersByStatus.get('paid') ?? 0) > 0, 'nobody paid anything');
  assert.ok(report.injected.length > 10, 'hardly a fault was injected');
});
