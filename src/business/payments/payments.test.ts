// The life of a payment against a real database: what pays, what is refused, and what the books say.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import {
  createTestContext,
  givenOrder,
  givenPayment,
  givenSite,
  givenWallet,
  readOtp,
  type TestContext,
} from '../../../tests/support/context.ts';
import { givenPayments, postByPin, type ReadyPayment } from '../../../tests/support/posting-fixtures.ts';
import { checkBooks, readBalance } from '../../books/ledger/index.ts';
import type { MerchantSite } from '../merchants/index.ts';
import { findOrder } from '../orders/index.ts';
import {
  cancelOrder,
  confirmPayment,
  expireDueOrders,
  findPayment,
  giveUpOrder,
  listPaymentsOfOrder,
  resendCode,
  startPayment,
  submitCode,
} from './index.ts';

let context: TestContext;
let site: MerchantSite;

before(async () => {
  context = await createTestContext();
  site = (await givenSite(context, { notifyUrl: 'http://127.0.0.1:9/webhook' })).site;
});
after(async () => {
  assert.deepEqual(await checkBooks(context.db), []);
  await context.drop();
});

function start(orderId: string, walletId: string) {
  return givenPayment(context, { order: { id: orderId }, wallet: { id: walletId } });
}

async function countNotifications(orderId: string): Promise<bigint> {
  const { rows } = await sql<{
    n: bigint;
  }>`select count(*) as n from notifications where order_id = ${orderId}`.execute(context.db);
  return rows[0]?.n ?? 0n;
}

test('a class A payment is paid by the PIN alone: wallet debited, merchant credited less fee and VAT, order paid', async () => {
  const wallet = await givenWallet(context);
  const order = await givenOrder(context, site);
  const merchantBefore = await readBalance(context.db, site.creditAccountId);
  const payment = await start(order.id, wallet.id);
  assert.equal(payment.confirmationClass, 'A');

  assert.equal(await confirmPayment(context, payment.id), 'paid');

  assert.equal(await readBalance(context.db, wallet.accountId), 9_800_000n);
  // fee 1 % = 2.000, VAT 10 % of it = 200
  assert.equal((await readBalance(context.db, site.creditAccountId)) - merchantBefore, 197_800n);
  const paid = await findOrder(context.db, order.id);
  assert.deepEqual(
    [paid?.status, paid?.responseCode, paid?.transactionNo],
    ['paid', '00', payment.transactionNo],
  );
  assert.equal(await countNotifications(order.id), 1n);
});

test('confirming twice pays once and says paid both times', async () => {
  const wallet = await givenWallet(context);
  const order = await givenOrder(context, site);
  const payment = await start(order.id, wallet.id);
  assert.equal(await confirmPayment(context, payment.id), 'paid');
  assert.equal(await confirmPayment(context, payment.id), 'paid');
  assert.equal(await readBalance(context.db, wallet.accountId), 9_800_000n);
  assert.equal(await countNotifications(order.id), 1n);
});

test('5.000.000 ₫ in a day is class A to the dong, one dong more asks for a code', async () => {
  const atLimit = await givenWallet(context);
  const first = await start((await givenOrder(context, site, { amountDong: 5_000_000n })).id, atLimit.id);
  assert.equal(first.confirmationClass, 'A');
  const above = await start((await givenOrder(context, site, { amountDong: 5_000_001n })).id, atLimit.id);
  assert.equal(above.confirmationClass, 'B');
  assert.equal(await confirmPayment(context, above.id), 'code_sent');
  assert.equal((await findPayment(context.db, above.id))?.status, 'confirming');
});

test('a payment that was class A when it was shown asks for a code when the day has grown meanwhile', async () => {
  const wallet = await givenWallet(context);
  const one = await start((await givenOrder(context, site, { amountDong: 3_000_000n })).id, wallet.id);
  const two = await start((await givenOrder(context, site, { amountDong: 3_000_000n })).id, wallet.id);
  assert.equal(await confirmPayment(context, one.id), 'paid');
  assert.equal(await confirmPayment(context, two.id), 'code_sent');
  assert.deepEqual(await submitCode(context, two.id, await readOtp(context, wallet.phone)), {
    outcome: 'paid',
  });
});

async function givenConfirming(amountDong = 6_000_000n) {
  const wallet = await givenWallet(context);
  const order = await givenOrder(context, site, { amountDong });
  const payment = await start(order.id, wallet.id);
  assert.equal(await confirmPayment(context, payment.id), 'code_sent');
  return { wallet, order, payment, otp: await readOtp(context, wallet.phone) };
}

const wrong = (otp: string) => (otp === '000000' ? '000001' : '000000');

test('the code of another payment of the same wallet does not pay this one', async () => {
  const { wallet, payment } = await givenConfirming(1_000_000n + 5_000_000n);
  const other = await start((await givenOrder(context, site, { amountDong: 5_500_000n })).id, wallet.id);
  const otp = await readOtp(context, wallet.phone);
  assert.equal(await confirmPayment(context, other.id), 'code_sent');
  assert.equal((await submitCode(context, other.id, otp)).outcome, 'wrong_code');
  assert.deepEqual(await submitCode(context, payment.id, otp), { outcome: 'paid' });
});

test('three wrong codes, then the right one, pays; the count of wrong ones begins anew', async () => {
  const { wallet, payment, otp } = await givenConfirming();
  for (const left of [4, 3, 2]) {
    assert.deepEqual(await submitCode(context, payment.id, wrong(otp)), {
      outcome: 'wrong_code',
      attemptsLeft: left,
    });
  }
  assert.deepEqual(await submitCode(context, payment.id, otp), { outcome: 'paid' });
  const again = await start((await givenOrder(context, site)).id, wallet.id);
  assert.equal(await confirmPayment(context, again.id), 'code_sent');
  assert.deepEqual(await submitCode(context, again.id, wrong(await readOtp(context, wallet.phone))), {
    outcome: 'wrong_code',
    attemptsLeft: 4,
  });
});

test('five wrong codes refuse the payment (13), lock the wallet (12) and tell the holder; a resend resets nothing', async () => {
  const { wallet, order, payment, otp } = await givenConfirming();
  for (let attempt = 1; attempt <= 4; attempt++) await submitCode(context, payment.id, wrong(otp));
  context.clock.advance(31);
  assert.equal(await resendCode(context, payment.id), 'sent');
  const fresh = await readOtp(context, wallet.phone);
  assert.deepEqual(await submitCode(context, payment.id, wrong(fresh)), { outcome: 'refused' });
  assert.equal((await findPayment(context.db, payment.id))?.refusalCode, '13');
  assert.deepEqual(await submitCode(context, payment.id, fresh), { outcome: 'too_late' });

  assert.equal((await start(order.id, wallet.id)).refusalCode, '12');
  assert.equal((await findOrder(context.db, order.id))?.status, 'open');
  const { rows } =
    await sql`select 1 from messages where recipient = ${wallet.phone} and purpose = 'otp_locked'`.execute(
      context.db,
    );
  assert.equal(rows.length, 1);

  context.clock.advance(1801);
  const later = await givenOrder(context, site);
  assert.equal((await start(later.id, wallet.id)).status, 'started');
});

test('a right code that cannot pay any more is no wrong one: refused (51), and not counted', async () => {
  const wallet = await givenWallet(context, { balanceDong: 7_000_000n });
  const payment = await start((await givenOrder(context, site, { amountDong: 6_000_000n })).id, wallet.id);
  assert.equal(await confirmPayment(context, payment.id), 'code_sent');
  const otp = await readOtp(context, wallet.phone);
  assert.equal((await submitCode(context, payment.id, wrong(otp))).outcome, 'wrong_code');
  const failures = async () => {
    const { rows } = await sql<{ failures: number }>`
      select otp_failures as failures from wallets where id = ${wallet.id}`.execute(context.db);
    return rows[0]?.failures;
  };
  assert.equal(await failures(), 1);
  assert.deepEqual(
    await postByPin(context, await givenPayments(context, site, [{ wallet, amountDong: 2_000_000n }])),
    ['paid'],
  );
  assert.deepEqual(await submitCode(context, payment.id, otp), { outcome: 'refused' });
  assert.equal((await findPayment(context.db, payment.id))?.refusalCode, '51');
  assert.equal(await failures(), 1);
});

test('a code is refused after its two minutes, and its successor pays', async () => {
  const { wallet, payment, otp } = await givenConfirming();
  assert.equal(await resendCode(context, payment.id), 'too_soon');
  context.clock.advance(120);
  assert.deepEqual(await submitCode(context, payment.id, otp), { outcome: 'code_expired' });
  assert.equal(await resendCode(context, payment.id), 'sent');
  const fresh = await readOtp(context, wallet.phone);
  if (fresh !== otp) assert.equal((await submitCode(context, payment.id, otp)).outcome, 'wrong_code');
  assert.deepEqual(await submitCode(context, payment.id, fresh), { outcome: 'paid' });
});

test('a code works once: after it was spent, it finds the payment paid and moves nothing', async () => {
  const { wallet, payment, otp } = await givenConfirming();
  await submitCode(context, payment.id, otp);
  const balance = await readBalance(context.db, wallet.accountId);
  assert.deepEqual(await submitCode(context, payment.id, otp), { outcome: 'paid' });
  assert.equal(await readBalance(context.db, wallet.accountId), balance);
});

test('refusals come in the documented order, and the order stays open', async () => {
  const order = await givenOrder(context, site, { amountDong: 60_000_000n });
  const refusalOf = async (given: Parameters<typeof givenWallet>[1]) =>
    (await start(order.id, (await givenWallet(context, given)).id)).refusalCode;
  assert.equal(await refusalOf({ identified: false, status: 'locked' }), '09');
  assert.equal(await refusalOf({ status: 'inactive' }), '09');
  assert.equal(await refusalOf({ status: 'locked' }), '12');
  assert.equal(await refusalOf({ balanceDong: 0n }), '61');
  const small = await givenOrder(context, site, { amountDong: 200_000n });
  const ofSmall = async (given: Parameters<typeof givenWallet>[1]) =>
    start(small.id, (await givenWallet(context, given)).id);
  assert.equal((await ofSmall({ balanceDong: 199_999n })).refusalCode, '51');
  assert.equal((await ofSmall({ balanceDong: 200_000n })).status, 'started');
  const daily = await ofSmall({ limitDailyDong: 199_999n, balanceDong: 0n });
  assert.equal(daily.refusalCode, '65');
  assert.deepEqual(daily.refusalDetail, {
    limit: 'daily',
    limitDong: '199999',
    leftDong: '199999',
    resetsAt: '2026-11-23T17:00:00.000Z',
  });
  assert.equal((await ofSmall({ limitDailyDong: 200_000n })).status, 'started');
  assert.equal((await findOrder(context.db, order.id))?.status, 'open');
});

test('limits meet again at the posting: of two payments that fit one by one, the second is refused (65)', async () => {
  const wallet = await givenWallet(context, { limitDailyDong: 300_000n });
  const one = await start((await givenOrder(context, site)).id, wallet.id);
  const two = await start((await givenOrder(context, site)).id, wallet.id);
  assert.equal(await confirmPayment(context, one.id), 'paid');
  assert.equal(await confirmPayment(context, two.id), 'refused');
  assert.equal((await findPayment(context.db, two.id))?.refusalCode, '65');
});

test('the daily limit begins anew at midnight in Vietnam, the monthly one does not', async () => {
  const wallet = await givenWallet(context, { limitDailyDong: 200_000n, limitMonthlyDong: 500_000n });
  const payOne = async () => {
    const payment = await start((await givenOrder(context, site)).id, wallet.id);
    return payment.status === 'refused' ? payment.refusalDetail?.limit : confirmPayment(context, payment.id);
  };
  assert.equal(await payOne(), 'paid');
  assert.equal(await payOne(), 'daily');
  context.clock.set('2026-11-24T00:00:00+07:00');
  assert.equal(await payOne(), 'paid');
  context.clock.set('2026-11-25T00:00:00+07:00');
  assert.equal(await payOne(), 'monthly');
  context.clock.set('2026-12-01T00:00:00+07:00');
  assert.equal(await payOne(), 'paid');
});

test('cancelling ends the order (24) and the payment under way; its code pays nothing any more', async () => {
  const { order, payment, otp } = await givenConfirming();
  const cancelled = await cancelOrder(context, order.id);
  assert.ok(cancelled.ok);
  assert.deepEqual([cancelled.order.status, cancelled.order.responseCode], ['cancelled', '24']);
  assert.equal((await findPayment(context.db, payment.id))?.status, 'cancelled');
  assert.deepEqual(await submitCode(context, payment.id, otp), { outcome: 'too_late' });
  const again = await cancelOrder(context, order.id);
  assert.equal(again.ok, false);
  assert.equal(await countNotifications(order.id), 1n);
});

test('an order past its time cannot be paid or cancelled: it is expired (11), once, and said once', async () => {
  const { order, payment, otp } = await givenConfirming();
  context.clock.set(order.expiresAt);
  assert.equal((await submitCode(context, payment.id, otp)).outcome, 'too_late');
  const cancelled = await cancelOrder(context, order.id);
  assert.ok(!cancelled.ok && cancelled.error === 'order_already_final');
  const ended = await findOrder(context.db, order.id);
  assert.deepEqual([ended?.status, ended?.responseCode], ['expired', '11']);
  await expireDueOrders(context);
  assert.equal(await countNotifications(order.id), 1n);
});

test('orders nobody paid are expired by the job', async () => {
  const order = await givenOrder(context, site);
  context.clock.advance(899);
  await expireDueOrders(context);
  assert.equal((await findOrder(context.db, order.id))?.status, 'open');
  context.clock.advance(1);
  assert.ok((await expireDueOrders(context)) >= 1);
  assert.equal((await findOrder(context.db, order.id))?.status, 'expired');
});

/** As placing an order does; the fixture of many at once does not. */
async function addDeadlines(ready: ReadyPayment[]): Promise<void> {
  await context.db.pool.query(
    'insert into order_deadlines (expires_at, order_id) select expires_at, id from orders where id = any($1)',
    [ready.map(({ orderId }) => orderId)],
  );
}

test('an order has a deadline until its time is over, paid or not, and many paid ones hold up no other', async () => {
  await expireDueOrders(context);
  const deadlines = async () => {
    const { rows } = await context.db.pool.query<{ id: string }>(
      'select order_id as id from order_deadlines',
    );
    return rows.map(({ id }) => id);
  };
  const wallet = await givenWallet(context, { balanceDong: 10_000_000n });
  const paid = await givenPayments(
    context,
    site,
    Array.from({ length: 600 }, () => ({ wallet, amountDong: 1_000n })),
  );
  await addDeadlines(paid);
  assert.deepEqual(new Set(await postByPin(context, paid)), new Set(['paid']));
  context.clock.advance(1);
  const order = await givenOrder(context, site);
  assert.ok((await deadlines()).includes(order.id));
  context.clock.advance(899);
  assert.equal(await expireDueOrders(context), 0);
  assert.deepEqual(await deadlines(), [order.id]);
  context.clock.advance(1);
  assert.equal(await expireDueOrders(context), 1);
  assert.deepEqual(await deadlines(), []);
});

test('an order takes so many attempts of one wallet and so many in all, however many come at once', async () => {
  const order = await givenOrder(context, site);
  const poor = await givenWallet(context, { balanceDong: 0n });
  const attempt = (walletId: string) =>
    startPayment(context, { orderId: order.id, walletId, checkoutSessionId: null });
  const ofPoor = await Promise.all(Array.from({ length: 40 }, () => attempt(poor.id)));
  assert.equal(ofPoor.filter((payment) => payment !== null).length, 20);
  for (let others = 0; others < 4; others += 1) {
    const { id } = await givenWallet(context, { balanceDong: 0n });
    await Promise.all(Array.from({ length: 10 }, () => attempt(id)));
  }
  const made = await listPaymentsOfOrder(context.db, order.id);
  assert.equal(made.length, 50);
  assert.equal(await attempt((await givenWallet(context)).id), null);
  assert.equal((await findOrder(context.db, order.id))?.status, 'open');
});

test('going back to the shop after a refusal ends the order as failed with that code', async () => {
  const wallet = await givenWallet(context, { balanceDong: 0n });
  const order = await givenOrder(context, site);
  const session = await sql<{ id: string }>`
    insert into checkout_sessions (id, token_hash, browser_hash, order_id, wallet_id, signed_in_at, expires_at)
    values (gen_random_uuid(), '\\x01', '\\x02', ${order.id}, ${wallet.id}, ${context.clock.now()}, ${context.clock.now()})
    returning id`.execute(context.db);
  const checkoutSessionId = session.rows[0]?.id ?? '';
  const payment = await startPayment(context, { orderId: order.id, walletId: wallet.id, checkoutSessionId });
  assert.equal(payment?.refusalCode, '51');
  const ended = await giveUpOrder(context, order.id, checkoutSessionId);
  assert.ok(ended.ok);
  assert.deepEqual(
    [ended.order.status, ended.order.responseCode, ended.order.transactionNo],
    ['failed', '51', payment?.transactionNo],
  );
});

test('the fee is the one agreed when the payment started', async () => {
  const { site: own } = await givenSite(context, { fee: { fixedDong: 1_000n } });
  const wallet = await givenWallet(context);
  const payment = await start((await givenOrder(context, own)).id, wallet.id);
  await sql`update merchant_sites set fee_fixed_dong = 9000 where merchant_site = ${own.merchantSite}`.execute(
    context.owner,
  );
  assert.equal(await confirmPayment(context, payment.id), 'paid');
  assert.equal(await readBalance(context.db, own.creditAccountId), 199_000n);
});

test('a site set to collect is credited on its collection account', async () => {
  const { site: own } = await givenSite(context, { creditAccountKind: 'merchant_collection' });
  const wallet = await givenWallet(context);
  const payment = await start((await givenOrder(context, own)).id, wallet.id);
  assert.equal(await confirmPayment(context, payment.id), 'paid');
  const { rows } = await sql<{ kind: string; balance: bigint }>`
    select kind, balance_dong as balance from accounts where owner = ${own.merchantSite} order by kind`.execute(
    context.db,
  );
  assert.deepEqual(rows, [
    { kind: 'merchant_collection', balance: 197_800n },
    { kind: 'merchant_suspense', balance: 0n },
  ]);
});

test('a suspended site is refused at the posting too (04)', async () => {
  const { site: own } = await givenSite(context);
  const wallet = await givenWallet(context);
  const payment = await start((await givenOrder(context, own)).id, wallet.id);
  await sql`update merchant_sites set status = 'suspended' where merchant_site = ${own.merchantSite}`.execute(
    context.owner,
  );
  assert.equal(await confirmPayment(context, payment.id), 'refused');
  assert.equal((await findPayment(context.db, payment.id))?.refusalCode, '04');
});
