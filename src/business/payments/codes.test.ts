// Limits of one-time codes: how many are sent, how many are judged, and whether a right code that cannot pay
// costs an attempt.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  createTestContext,
  givenOrder,
  givenPayment,
  givenSite,
  givenWallet,
  readOtp,
  type TestContext,
} from '../../../tests/support/context.ts';
import { type CuttingProxy, startCuttingProxy } from '../../../tests/support/cutting-proxy.ts';
import { findViolations } from '../../../tests/support/find-violations.ts';
import { until } from '../../../tests/support/notification-fixtures.ts';
import { countStatements } from '../../../tests/support/statement-counter.ts';
import type { Context } from '../../ground/context.ts';
import { openDatabase, openPool } from '../../ground/database/index.ts';
import type { MerchantSite } from '../merchants/index.ts';
import { listSandboxMessages } from '../messages/index.ts';
import { findWallet, type Wallet } from '../wallets/index.ts';
import {
  abandonPayment,
  confirmPayment,
  findPayment,
  readNextCodeAt,
  resendCode,
  submitCode,
} from './index.ts';

let context: TestContext;
let site: MerchantSite;
let owner: ReturnType<typeof openPool>;
let proxy: CuttingProxy;
/** The same gateway, connected through the proxy. */
let distant: Context;

before(async () => {
  context = await createTestContext();
  site = (await givenSite(context)).site;
  owner = openPool(context.ownerUrl, { max: 1 });
  const url = new URL(context.url);
  proxy = await startCuttingProxy(Number(url.port));
  url.port = String(proxy.port);
  distant = { ...context, db: openDatabase(url.href, { max: 4 }) };
});
after(async () => {
  assert.deepEqual(await findViolations(context.db), []);
  await distant.db.destroy();
  await proxy.close();
  await owner.end();
  await context.drop();
});

async function start(wallet: Wallet) {
  const order = await givenOrder(context, site, { amountDong: 6_000_000n });
  return givenPayment(context, { order, wallet });
}

async function givenConfirming() {
  const wallet = await givenWallet(context, { balanceDong: 50_000_000n });
  const payment = await start(wallet);
  assert.equal(await confirmPayment(context, payment.id), 'code_sent');
  return { wallet, payment, otp: await readOtp(context, wallet.phone) };
}

const wrong = (otp: string) => (otp === '000000' ? '000001' : '000000');
const codesSentTo = async ({ phone }: Wallet) =>
  (await listSandboxMessages(context, { phone })).filter(({ purpose }) => purpose === 'otp').length;

test('a wallet is sent ten codes in an hour at most, by whatever payments and resends; then it pays again', async () => {
  const wallet = await givenWallet(context, { balanceDong: 50_000_000n });
  const told: string[] = [];
  for (let n = 0; n < 40; n += 1) {
    const payment = await start(wallet);
    told.push(await confirmPayment(context, payment.id));
    if (told.at(-1) === 'too_many_codes')
      assert.equal((await findPayment(context.db, payment.id))?.status, 'started');
    await abandonPayment(context, payment.id);
    context.clock.advance(1);
  }
  assert.equal(told.filter((word) => word === 'code_sent').length, 10);
  assert.deepEqual(new Set(told.slice(10)), new Set(['too_many_codes']));
  assert.equal(await codesSentTo(wallet), 10);

  const nextAt = await readNextCodeAt(context, wallet.id);
  assert.ok(nextAt);
  context.clock.set(new Date(nextAt.getTime() - 1));
  const payment = await start(wallet);
  assert.equal(await confirmPayment(context, payment.id), 'too_many_codes');
  context.clock.set(nextAt);
  assert.equal(await confirmPayment(context, payment.id), 'code_sent');
  assert.deepEqual(await submitCode(context, payment.id, await readOtp(context, wallet.phone)), {
    outcome: 'paid',
  });
});

test('forty payments of one wallet at once are sent ten codes', async () => {
  const wallet = await givenWallet(context, { balanceDong: 50_000_000n });
  const payments = [];
  for (let n = 0; n < 40; n += 1) payments.push(await start(wallet));
  const told = await Promise.all(payments.map(({ id }) => confirmPayment(context, id)));
  assert.equal(told.filter((word) => word === 'code_sent').length, 10);
  assert.equal(await codesSentTo(wallet), 10);
});

test('a resend beyond the bound of the hour sends nothing, and leaves the last code good', async () => {
  const wallet = await givenWallet(context, { balanceDong: 50_000_000n });
  for (let n = 0; n < 9; n += 1) await confirmPayment(context, (await start(wallet)).id);
  const payment = await start(wallet);
  assert.equal(await confirmPayment(context, payment.id), 'code_sent');
  const otp = await readOtp(context, wallet.phone);
  context.clock.advance(31);
  assert.equal(await resendCode(context, payment.id), 'too_many_codes');
  assert.deepEqual(await submitCode(context, payment.id, otp), { outcome: 'paid' });
});

test('one statement counts an attempt at a code, and a wrong one needs no other', async () => {
  const { payment, otp } = await givenConfirming();
  const sent = await countStatements(context, async (on) => {
    assert.equal((await submitCode(on, payment.id, wrong(otp))).outcome, 'wrong_code');
  });
  assert.equal(sent.length, 1, sent.join('\n'));
});

test('a fifth code that was right, and whose posting nobody can say anything of, leaves no lock behind', async () => {
  const { wallet, payment, otp } = await givenConfirming();
  for (let n = 0; n < 4; n += 1) await submitCode(context, payment.id, wrong(otp));
  await owner.query(`create function fail() returns trigger language plpgsql as
    $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$`);
  // On a table the running role writes by itself: as another role it may not be ended.
  await owner.query(`create constraint trigger faulty after insert on notifications deferrable initially deferred
    for each row execute function fail()`);
  assert.deepEqual(await submitCode(context, payment.id, otp), { outcome: 'unknown' });
  assert.equal((await findWallet(context.db, wallet.id))?.otpLockedUntil, null);
  await owner.query('drop function fail() cascade');
  assert.deepEqual(await submitCode(context, payment.id, otp), { outcome: 'paid' });
});

test('with the database away after the right code the attempt is given back when it is there again', async () => {
  const { wallet, payment, otp } = await givenConfirming();
  for (let n = 0; n < 4; n += 1) await submitCode(context, payment.id, wrong(otp));
  proxy.cutNext('before_commit', true, 'posting_apply');
  assert.deepEqual(await submitCode(distant, payment.id, otp), { outcome: 'unknown' });
  assert.ok((await findWallet(context.db, wallet.id))?.otpLockedUntil, 'nobody could give it back yet');
  proxy.accept();
  await until(
    'it is given back',
    async () => (await findWallet(context.db, wallet.id))?.otpLockedUntil === null,
  );
  assert.deepEqual(await submitCode(context, payment.id, otp), { outcome: 'paid' });
});

test('a right code that comes too late, or whose successor was sent meanwhile, is no wrong one', async () => {
  const { wallet, payment, otp } = await givenConfirming();
  for (let n = 0; n < 4; n += 1) await submitCode(context, payment.id, wrong(otp));
  // Between counting and posting the buyer asks for another code.
  const slow: Context = {
    ...context,
    keyRing: {
      ...context.keyRing,
      matchesHmac: (purpose, text, mac) => {
        context.clock.advance(31);
        return context.keyRing.matchesHmac(purpose, text, mac);
      },
    },
    reach: async (point) => {
      if (point === 'posting.before_locks') assert.equal(await resendCode(context, payment.id), 'sent');
    },
  };
  assert.deepEqual(await submitCode(slow, payment.id, otp), { outcome: 'code_replaced' });
  assert.equal((await findWallet(context.db, wallet.id))?.otpLockedUntil, null);
  assert.deepEqual(await submitCode(context, payment.id, await readOtp(context, wallet.phone)), {
    outcome: 'paid',
  });
});
