// More buyers than the machine can serve: those who come too late are told at once to try again and lose
// nothing, and an operator sees it at /metrics.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import {
  createTestContext,
  givenOrder,
  givenSite,
  givenWallet,
  readOtp,
  type TestContext,
  testPin,
} from '../../../tests/support/context.ts';
import { findViolations } from '../../../tests/support/find-violations.ts';
import { givenPayments, postByPin } from '../../../tests/support/posting-fixtures.ts';
import { createVisitor } from '../../../tests/support/visitor.ts';
import { createApp } from '../../app.ts';
import { readBalance } from '../../books/ledger/index.ts';
import type { MerchantSite } from '../../business/merchants/index.ts';
import { arrivalUrl, findOrder } from '../../business/orders/index.ts';
import type { Context } from '../../ground/context.ts';
import { texts } from './texts/index.ts';

let context: TestContext;
let own: Context;
let app: ReturnType<typeof createApp>;
let site: MerchantSite;
let gate: PromiseWithResolvers<void> | null = null;

before(async () => {
  context = await createTestContext();
  site = (await givenSite(context, { notifyUrl: 'http://127.0.0.1:9/webhook' })).site;
  own = {
    ...context,
    postingQueue: { queueMax: 5, inFlightMax: 1 },
    reach: async (point) => {
      if (point === 'posting.before_locks') await gate?.promise;
    },
  };
  app = createApp(own, { sandbox: null });
  await app.ready();
});
after(async () => {
  await app.close();
  assert.deepEqual(await findViolations(context.db), []);
  await context.drop();
});

/** One posting is held under way and five wait behind it; `letGo` returns what the six were told. */
async function fillQueue(): Promise<{ letGo(): Promise<string[]> }> {
  const wallet = await givenWallet(context);
  const ready = await givenPayments(
    context,
    site,
    Array.from({ length: 6 }, () => ({ wallet, amountDong: 10_000n })),
  );
  const held = Promise.withResolvers<void>();
  gate = held;
  const running = postByPin(own, ready.slice(0, 1));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const waiting = postByPin(own, ready.slice(1));
  return {
    async letGo() {
      gate = null;
      held.resolve();
      return [...(await running), ...(await waiting)];
    },
  };
}

/** A buyer signed in, with the page that asks to confirm. */
async function arrive(amountDong: bigint, address: string) {
  const order = await givenOrder(context, site, { amountDong });
  const wallet = await givenWallet(context, { balanceDong: 20_000_000n });
  const buyer = createVisitor(app, address);
  await buyer.visit(arrivalUrl(context, order));
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  return { order, wallet, buyer };
}

async function readMetric(name: string): Promise<number> {
  const { body } = await app.inject({ url: '/metrics' });
  const line = body.split('\n').find((each) => each.startsWith(`${name} `));
  assert.ok(line, `${name} is not shown`);
  return Number(line.slice(name.length + 1));
}

const statusOf = async (id: string) => (await findOrder(context.db, id))?.status;

test('the posting after the fifth in the queue is refused at once; after the jam the queue drains', async () => {
  const busyBefore = await readMetric('vipay_posting_unposted_total{outcome="busy"}');
  const { letGo } = await fillQueue();
  const wallet = await givenWallet(context);
  const late = await givenPayments(context, site, [{ wallet, amountDong: 10_000n }]);
  const startedAt = performance.now();
  assert.deepEqual(await postByPin(own, late), ['busy']);
  assert.ok(performance.now() - startedAt < 100);
  assert.equal(await readMetric('vipay_posting_waiting'), 5);
  assert.equal(await readMetric('vipay_posting_unposted_total{outcome="busy"}'), busyBefore + 1);

  const batchesBefore = await readMetric('vipay_posting_batch_size_count');
  assert.deepEqual(await letGo(), Array(6).fill('paid'));
  assert.equal(await readMetric('vipay_posting_waiting'), 0);
  assert.equal(await readMetric('vipay_posting_batch_size_count'), batchesBefore + 2);
  assert.ok((await readMetric('vipay_posting_queue_seconds_sum')) > 0);
  assert.ok((await readMetric('vipay_posting_database_seconds_sum')) > 0);
  assert.deepEqual(await postByPin(own, late), ['paid']);
});

test('a buyer who confirms into the jam is told to try again, and the next try pays', async () => {
  const { order, buyer, wallet } = await arrive(200_000n, '10.2.0.1');
  const { letGo } = await fillQueue();
  const page = await buyer.submit('/confirm');
  assert.ok(page.body.includes(texts.vi.confirm.errors.busy.what), 'the page says that the system is busy');
  assert.equal(await statusOf(order.id), 'open');
  assert.equal(await readBalance(context.db, wallet.accountId), 20_000_000n);
  await letGo();
  await buyer.submit('/confirm');
  assert.equal(await statusOf(order.id), 'paid');
});

test('a right code that comes into the jam again and again is no wrong one: it locks nothing, and pays at last', async () => {
  const { order, buyer, wallet } = await arrive(6_000_000n, '10.2.0.2');
  await buyer.submit('/confirm');
  const otp = await readOtp(context, wallet.phone);
  const { letGo } = await fillQueue();
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const page = await buyer.submit('/code', { otp });
    assert.ok(page.body.includes(texts.vi.code.errors.busy.what), 'the page says that the system is busy');
  }
  const { rows } = await sql<{ counted: string }>`
    select format('%s, %s', otp_failures, otp_locked_until) as counted from wallets where id = ${wallet.id}`.execute(
    context.db,
  );
  assert.equal(rows[0]?.counted, '0, ');
  await letGo();
  await buyer.submit('/code', { otp });
  assert.equal(await statusOf(order.id), 'paid');
});
