// One payment confirmed many times at once, and one order paid by two wallets at once, from two processes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  confirmTwentyTimesByCode,
  confirmTwentyTimesByPin,
  payWhileDecided,
  payWithTwoWallets,
} from './one-payment.ts';
import { type Race, startRace } from './race.ts';

let race: Race;
before(async () => {
  race = await startRace();
});
after(() => race.stop());

test('twenty confirmations of one payment pay once, and all twenty callers are told so', async () => {
  for (let round = 0; round < 5; round += 1) assert.deepEqual(await confirmTwentyTimesByPin(race), []);
});

test('twenty right codes for one payment pay once, and nobody is told anything false', async () => {
  for (let round = 0; round < 5; round += 1) assert.deepEqual(await confirmTwentyTimesByCode(race), []);
});

test('of two wallets paying one order one pays, the other keeps its money and is told too late', async () => {
  for (let round = 0; round < 2; round += 1) assert.deepEqual(await payWithTwoWallets(race), []);
});

test('of two wallets paying one order the second waits for the posting that has decided for the first', async () => {
  assert.deepEqual(await payWhileDecided(race), []);
});
