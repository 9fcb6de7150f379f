// Expiry and cancelling against posting, from two processes: the first to commit wins, and the other shows
// the true result. The test forces each order of events once, by holding the posting, and then leaves it to
// chance many times.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findViolations } from '../support/find-violations.ts';
import type { Operation } from '../support/worker-protocol.ts';
import {
  endAndPost,
  endBeforePosting,
  ends,
  endWhilePosting,
  givenPayment,
  justBefore,
} from './ends-of-an-order.ts';
import { type Race, startRace } from './race.ts';

const repetitions = 40;

let race: Race;
before(async () => {
  race = await startRace();
});
after(() => race.stop());

for (const [name, end] of Object.entries(ends)) {
  test(`${name} that commits before the posting has its locks wins: nothing is paid`, async () => {
    for (const by of ['pin', 'code'] as const) assert.deepEqual(await endBeforePosting(race, end, by), []);
  });

  test(`${name} that comes while the posting holds its locks waits, and finds the order paid`, async () => {
    for (const by of ['pin', 'code'] as const) assert.deepEqual(await endWhilePosting(race, end, by), []);
  });

  test(`${name} and posting at the same moment, ${repetitions} times: one result each, the same for both`, async () => {
    assert.deepEqual(await endAndPost(race, end, repetitions), []);
  });
}

test('a payment at the very moment of expiry is too late, a millisecond before it is paid', async () => {
  const [worker] = race.workers;
  const early = await givenPayment(race, 'pin');
  const late = await givenPayment(race, 'pin');
  const told = [
    await worker.perform({ ...early.pay, at: justBefore(early.order) }),
    await worker.perform({ ...late.pay, at: late.order.expiresAt }),
  ];
  assert.deepEqual(told, [{ outcome: 'paid' }, { outcome: 'too_late' }]);
});

test('twenty expiries and twenty cancels of one order at once end it once', async () => {
  const { order } = await givenPayment(race, 'pin');
  const [expiries, cancels] = await race.run(
    Array<Operation>(20).fill(ends.expiry.end(order)),
    Array<Operation>(20).fill(ends.cancelling.end(order)),
  );
  const won = [...expiries, ...cancels].filter(({ outcome }) => ['expired', 'cancelled'].includes(outcome));
  assert.equal(won.length, 1);
  assert.deepEqual(await findViolations(race.context.db), []);
});
