// Everything against everything: a seeded mix of paying, cancelling, expiring, guessing and turning away over
// few orders and few wallets, from two processes. No deadlock may occur, and at the end books and states must
// agree.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Order } from '../../src/business/orders/index.ts';
import type { Wallet } from '../../src/business/wallets/index.ts';
import { givenOrder, givenWallet } from '../support/context.ts';
import { findViolations } from '../support/find-violations.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import type { Operation, Outcome } from '../support/worker-protocol.ts';
import { payWhileGuessing } from './one-order-twice.ts';
import { givenConfirming, givenStarted, payToTopOfClassA, type Race, startRace, wrongCode } from './race.ts';

const random = createSeededRandom();
const startDong = 40_000_000n;
const roundsMax = 8;
const operationsOfRound = 60;

let race: Race;
before(async () => {
  race = await startRace();
});
after(() => race.stop());

type Attempted = { paymentId: string; otp: string | null; wallet: Wallet; amountDong: bigint };

test('a random mix over few orders and wallets never deadlocks, and the books and the states fit', async () => {
  for (let round = 0; round < roundsMax; round += 1) {
    const { wallets, orders, attempts } = await prepareRound();
    const operations = Array.from({ length: operationsOfRound }, () =>
      pickOperation(orders, wallets, attempts),
    );
    const told = await race.share(operations);
    assert.deepEqual(told.filter(isThrown), []);
    assert.deepEqual(await findViolations(race.context.db), []);
  }
});

test('a payment and a wrong code for another one of the same order and wallet never wait in a ring', async () => {
  assert.deepEqual(await payWhileGuessing(race), []);
});

test('a payment begun while its order ends is over with it', async () => {
  const wallet = await givenWallet(race.context);
  for (let round = 0; round < 5; round += 1) {
    const orders = await Promise.all(
      Array.from({ length: 20 }, () => givenOrder(race.context, race.site, { amountDong: 10_000n })),
    );
    const [begun] = await race.run(
      orders.map(({ id }) => ({ do: 'start', orderId: id, walletId: wallet.id })),
      orders.map(({ id }) => ({ do: 'cancel', orderId: id })),
    );
    assert.ok(begun.every(({ outcome }) => ['started', 'refused', 'too_late'].includes(outcome)));
    assert.deepEqual(await findViolations(race.context.db), []);
  }
});

/** A wallet whose every further payment needs a code. */
async function givenPayer(): Promise<Wallet> {
  const wallet = await givenWallet(race.context, { balanceDong: startDong });
  const first = await givenOrder(race.context, race.site, { amountDong: 5_000_000n });
  await payToTopOfClassA(race.context, first, wallet);
  return wallet;
}

/** Two wallets with a code each, one that pays by PIN; three orders, each attempted by every wallet, by two twice. */
async function prepareRound() {
  const { context, site } = race;
  const byCode = [await givenPayer(), await givenPayer()];
  const byPin = await givenWallet(context, { balanceDong: startDong });
  const orders: Order[] = [];
  const attempts: Attempted[] = [];
  for (let count = 0; count < 3; count += 1) {
    const amountDong = BigInt(random.integer(1, 50)) * 1_000n;
    const order = await givenOrder(context, site, { amountDong });
    orders.push(order);
    for (const wallet of [...byCode, ...byCode]) {
      attempts.push({ ...(await givenConfirming(context, order, wallet)), wallet, amountDong });
    }
    const paymentId = await givenStarted(context, order, byPin);
    attempts.push({ paymentId, otp: null, wallet: byPin, amountDong });
  }
  return { orders, attempts, wallets: [...byCode, byPin] };
}

function pickOperation(orders: Order[], wallets: Wallet[], attempts: Attempted[]): Operation {
  const order = random.pick(orders);
  const { paymentId, otp } = random.pick(attempts);
  const pay: Operation = otp === null ? { do: 'confirm', paymentId } : { do: 'submit', paymentId, otp };
  switch (random.integer(1, 12)) {
    case 1:
      return { do: 'cancel', orderId: order.id };
    case 2:
      return { do: 'expire', orderId: order.id, at: order.expiresAt };
    case 3:
      return { do: 'abandon', paymentId };
    case 4:
      return { do: 'resend', paymentId };
    case 5:
      return { do: 'start', orderId: order.id, walletId: random.pick(wallets).id };
    case 6:
    case 7:
      return { do: 'submit', paymentId, otp: wrongCode(otp ?? '') };
    default:
      return pay;
  }
}

function isThrown(outcome: Outcome): boolean {
  return outcome.outcome === 'threw';
}
