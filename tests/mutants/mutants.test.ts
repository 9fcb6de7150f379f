// A test of the tests: when one protection is taken out of the gateway, the scenario that guards it must
// fail. Without a mutant the same scenarios pass (tests/races, tests/kills).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NamedPoint } from '../../src/ground/context.ts';
import { killAndCheck } from '../kills/kill-scenario.ts';
import { ends, endWhilePosting } from '../races/ends-of-an-order.ts';
import { guessCodes } from '../races/guessing.ts';
import { payWhileGuessing } from '../races/one-order-twice.ts';
import { confirmTwentyTimesByPin, payWhileDecided } from '../races/one-payment.ts';
import { type Race, startRace } from '../races/race.ts';
import { topUpTwentyTimes } from '../races/same-key.ts';
import type { Mutant } from '../support/mutant.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import {
  attemptsNotLimited,
  noCheckOfThePayment,
  noCheckOfTheTransfer,
  noLockOfTheOrder,
  noLockOfTheOrderAndItsPayments,
  notificationOutsideTheCommit,
  paymentsLockedLate,
} from './mutants.ts';

const roundsMax = 10;

/** The scenario again and again, at most ten times, until it finds fault. */
async function race(mutant: Mutant, scenario: (race: Race) => Promise<string[]>): Promise<string[]> {
  const started = await startRace(mutant);
  try {
    for (let round = 0; round < roundsMax; round += 1) {
      const violations = await scenario(started);
      if (violations.length > 0) return violations;
    }
    return [];
  } finally {
    await started.stop();
  }
}

test('a notification recorded outside the commit is found missing after a kill between the two', async () => {
  const points = Array<NamedPoint>(3).fill('posting.after_commit');
  const { violations } = await killAndCheck(points, createSeededRandom(), notificationOutsideTheCommit);
  assert.match(violations.join('\n'), /is paid with 1 paid payments, 0 under way, 0 notifications/);
  assert.match(violations.join('\n'), /the merchant heard "", not "00/);
});

test('without the lock of the order, a cancel does not wait for the posting that is under way', async () => {
  const violations = await race(noLockOfTheOrder, (started) =>
    endWhilePosting(started, ends.cancelling, 'pin'),
  );
  assert.match(violations.join('\n'), /told: .*threw/);
});

test('without the locks of the order and its payments, the second of two wallets is not told that it came too late', async () => {
  const violations = await race(noLockOfTheOrderAndItsPayments, payWhileDecided);
  assert.match(violations.join('\n'), /were told: .*failed|in a ring: [1-9]/);
});

test('without the check of the payment, a paid payment that is confirmed again is told too late', async () => {
  const violations = await race(noCheckOfThePayment, confirmTwentyTimesByPin);
  assert.match(violations.join('\n'), /twenty confirmations were told: .*too_late/);
});

test('without the check of the transfer, a repeated top-up is an error and not an answer', async () => {
  const violations = await race(noCheckOfTheTransfer, topUpTwentyTimes);
  assert.match(violations.join('\n'), /twenty top-ups were told: .*transfers_pkey/);
});

test('with the payments of an order locked after the wallet, paying and guessing wait in a ring', async () => {
  const violations = await race(paymentsLockedLate, payWhileGuessing);
  assert.match(violations.join('\n'), /deadlock detected/);
});

test('without the limit of attempts, more than five of a hundred wrong codes are judged', async () => {
  const violations = await race(attemptsNotLimited, guessCodes);
  assert.match(violations.join('\n'), /codes were judged/);
});
