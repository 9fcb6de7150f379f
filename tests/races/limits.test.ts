// Twenty orders of one wallet at once from two processes, when less than twenty fit: exactly what fits is paid.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readBalance } from '../../src/books/ledger/index.ts';
import { findPayment } from '../../src/business/payments/index.ts';
import type { NewWallet } from '../../src/business/wallets/index.ts';
import { givenOrder, givenWallet } from '../support/context.ts';
import { findViolations } from '../support/find-violations.ts';
import type { Operation } from '../support/worker-protocol.ts';
import { givenStarted, type Race, startRace, tally } from './race.ts';

let race: Race;
before(async () => {
  race = await startRace();
});
after(() => race.stop());

async function payTwenty(given: Partial<NewWallet> & { balanceDong: bigint }, amountDong: bigint) {
  const { context, site } = race;
  const wallet = await givenWallet(context, given);
  const confirms: Extract<Operation, { do: 'confirm' }>[] = [];
  for (let count = 0; count < 20; count += 1) {
    const order = await givenOrder(context, site, { amountDong });
    confirms.push({ do: 'confirm', paymentId: await givenStarted(context, order, wallet) });
  }
  const outcomes = await race.share(confirms);
  const payments = await Promise.all(confirms.map(({ paymentId }) => findPayment(context.db, paymentId)));
  assert.deepEqual(await findViolations(context.db), []);
  return {
    told: tally(outcomes),
    refusals: payments.filter((one) => one?.status === 'refused').map((one) => one?.refusalCode),
    balanceDong: await readBalance(context.db, wallet.accountId),
  };
}

test('over the daily limit only what fits is paid, to the dong, and the others are refused (65)', async () => {
  const paid = await payTwenty({ balanceDong: 9_000_000n, limitDailyDong: 1_000_000n }, 130_000n);
  assert.equal(paid.told, 'paid 7, refused 13');
  assert.deepEqual(paid.refusals, Array(13).fill('65'));
  assert.equal(paid.balanceDong, 9_000_000n - 7n * 130_000n);
});

test('a daily limit that is a multiple of the amount is used up exactly', async () => {
  const paid = await payTwenty({ balanceDong: 9_000_000n, limitDailyDong: 1_000_000n }, 100_000n);
  assert.equal(paid.told, 'paid 10, refused 10');
  assert.equal(paid.balanceDong, 8_000_000n);
});

test('over the balance only what it covers is paid, and the others are refused (51)', async () => {
  const paid = await payTwenty({ balanceDong: 1_000_000n }, 130_000n);
  assert.equal(paid.told, 'paid 7, refused 13');
  assert.deepEqual(paid.refusals, Array(13).fill('51'));
  assert.equal(paid.balanceDong, 90_000n);
});

test('the PIN alone pays no more than 5.000.000 ₫ in a day; the others are asked for a code', async () => {
  const paid = await payTwenty({ balanceDong: 20_000_000n }, 400_000n);
  assert.equal(paid.told, 'code_sent 8, paid 12');
  assert.equal(paid.balanceDong, 20_000_000n - 12n * 400_000n);
});
