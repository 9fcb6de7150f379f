// A hundred guesses at once from two processes: at most five are ever compared, whatever the timing.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { signIn, tellOfLocks } from '../../src/business/wallets/index.ts';
import { PinQueueFull } from '../../src/ground/secrets/index.ts';
import { givenOrder, givenWallet, testPin } from '../support/context.ts';
import { findViolations } from '../support/find-violations.ts';
import type { Comparisons, Operation } from '../support/worker-protocol.ts';
import { attemptsMax, countComparisons, countMessages, guessCodes } from './guessing.ts';
import { givenConfirming, type Race, startRace, tally, wrongCode } from './race.ts';

const amountDong = 6_000_000n;

let race: Race;
let before100: Comparisons;
before(async () => {
  race = await startRace();
});
beforeEach(async () => {
  before100 = await countComparisons(race);
});
after(() => race.stop());

test('of a hundred wrong codes five are judged: payment refused (13), wallet locked, the holder told once', async () => {
  assert.deepEqual(await guessCodes(race), []);
});

test('a hundred wrong codes spread over five payments of one wallet are five guesses, not twenty-five', async () => {
  const { context, site } = race;
  const wallet = await givenWallet(context, { balanceDong: 50_000_000n });
  const given: { paymentId: string; otp: string }[] = [];
  for (let count = 0; count < 5; count += 1) {
    const order = await givenOrder(context, site, { amountDong });
    given.push(await givenConfirming(context, order, wallet));
  }
  const told = await race.share(
    Array.from({ length: 100 }, (_, index): Operation => {
      const { paymentId, otp } = given[index % given.length] ?? { paymentId: '', otp: '' };
      return { do: 'submit', paymentId, otp: wrongCode(otp) };
    }),
  );
  assert.equal((await countComparisons(race)).otps - before100.otps, attemptsMax, tally(told));
  for (const { paymentId, otp } of given) {
    const { outcome } = await race.workers[0].perform({ do: 'submit', paymentId, otp });
    assert.ok(['no_attempt_left', 'too_late'].includes(outcome), outcome);
  }
  assert.equal((await countComparisons(race)).otps - before100.otps, attemptsMax);
  assert.deepEqual(await findViolations(context.db), []);
});

test('of a hundred wrong PINs from a hundred places five are compared, and then the right one is locked out', async () => {
  const { context } = race;
  const wallet = await givenWallet(context);
  const signInWith = (pin: string, from: number): Operation => ({
    do: 'sign_in',
    phone: wallet.phone,
    pin,
    checkoutId: `checkout ${from}`,
    address: `10.7.0.${from}`,
  });
  const told = await race.share(Array.from({ length: 100 }, (_, index) => signInWith('135790', index)));
  assert.equal(tally(told), 'phone_or_pin_wrong 4, pin_locked 96');
  assert.equal((await countComparisons(race)).pins - before100.pins, attemptsMax);
  // The first process to find the lock tells its holder: the one that set it, or the job of any other.
  context.clock.advance(60);
  await tellOfLocks(context);
  assert.equal(await countMessages(race, wallet.phone, 'pin_locked'), 1);
  const right = await race.workers[1].perform(signInWith(testPin, 200));
  assert.equal(right.outcome, 'pin_locked');
});

test('an attempt that finds the machine busy gives back itself only, not those judged before it', async () => {
  const { context } = race;
  const wallet = await givenWallet(context);
  let asked = 0;
  let judged = 0;
  const pinHasher: typeof context.pinHasher = {
    ...context.pinHasher,
    check: async (...asks) => {
      asked += 1;
      if (asked % attemptsMax === 0) throw new PinQueueFull();
      judged += 1;
      return context.pinHasher.check(...asks);
    },
  };
  const told: string[] = [];
  for (let count = 0; count < 30; count += 1) {
    const from = { checkoutId: `busy ${count}`, address: `10.8.0.${count}` };
    const input = { environment: 'sandbox' as const, phone: wallet.phone, pin: '135790', ...from };
    const result = await signIn({ ...context, pinHasher }, input);
    told.push(result.ok ? 'signed_in' : result.error);
  }
  const wrong = Array<string>(attemptsMax - 1).fill('phone_or_pin_wrong');
  assert.deepEqual(told.slice(0, 6), [...wrong, 'busy', 'pin_locked']);
  assert.equal(judged, attemptsMax);
});
