// kill -9 at every named point, ten times each, in an order chosen by a seed: what the client was told is in the
// books, nothing is lost or doubled, a code that was not used up still works, every result reaches its merchant.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NamedPoint } from '../../src/ground/context.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { killAndCheck } from './kill-scenario.ts';
import { payThroughAKill } from './one-kill.ts';

const points: NamedPoint[] = [
  'posting.before_locks',
  'posting.in_transaction',
  'posting.after_commit',
  'notification.before_sending',
  'notification.after_sending',
];
const killsOfPoint = 10;

test('a gateway killed ten times at every point loses nothing, doubles nothing, and every result is heard', async (t) => {
  const everyPoint = points.flatMap((point) => Array<NamedPoint>(killsOfPoint).fill(point));
  const { violations, kills, orders } = await killAndCheck(everyPoint, createSeededRandom());
  t.diagnostic(`${orders} orders`);
  assert.deepEqual(violations, []);
  for (const point of points) assert.equal(kills[point], killsOfPoint);
});

for (const point of ['posting.before_locks', 'posting.in_transaction'] as const) {
  test(`killed at ${point}, nothing has happened, and the same code pays in the next process`, async () => {
    assert.deepEqual(await payThroughAKill(point), {
      afterKill: { order: 'open', debitedDong: 0n, notifications: 0 },
      toldAgain: 'paid',
      atEnd: { order: 'paid', debitedDong: 6_000_000n, notifications: 1 },
      violations: [],
    });
  });
}

test('killed after the commit, the unanswered payment is paid, and the same code is told so', async () => {
  assert.deepEqual(await payThroughAKill('posting.after_commit'), {
    afterKill: { order: 'paid', debitedDong: 6_000_000n, notifications: 1 },
    toldAgain: 'paid',
    atEnd: { order: 'paid', debitedDong: 6_000_000n, notifications: 1 },
    violations: [],
  });
});
