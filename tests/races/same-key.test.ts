// The same reference, and the same transfer id, from two processes at once.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Operation } from '../support/worker-protocol.ts';
import { type Race, startRace, tally } from './race.ts';
import { topUpTwentyTimes } from './same-key.ts';

let race: Race;
before(async () => {
  race = await startRace();
});
after(() => race.stop());

const place = (merchTxnRef: string, amountDong: bigint): Operation => ({
  do: 'place',
  site: race.site,
  merchTxnRef,
  amountDong,
});

test('twenty times the same order under one reference is one order, and all twenty get it', async () => {
  for (let round = 0; round < 10; round += 1) {
    const told = await race.share(
      Array<Operation>(20).fill(place(`R${randomBytes(6).toString('hex')}`, 200_000n)),
    );
    assert.equal(tally(told), 'created 1, found 19');
    assert.equal(new Set(told.map((one) => ('id' in one ? one.id : null))).size, 1);
  }
});

test('of two orders under one reference at once the first keeps it, the other is refused (94)', async () => {
  for (let round = 0; round < 10; round += 1) {
    const merchTxnRef = `R${randomBytes(6).toString('hex')}`;
    const [ones, others] = await race.run(
      Array<Operation>(10).fill(place(merchTxnRef, 200_000n)),
      Array<Operation>(10).fill(place(merchTxnRef, 300_000n)),
    );
    const told = [tally(ones), tally(others)].sort();
    assert.deepEqual(told, ['created 1, found 9', 'refused_94 10']);
  }
});

test('one transfer id twenty times moves the money once, and all twenty are told that it has moved', async () => {
  for (let round = 0; round < 5; round += 1) assert.deepEqual(await topUpTwentyTimes(race), []);
});
