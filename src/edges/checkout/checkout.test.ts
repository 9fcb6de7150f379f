// The checkout over HTTP, without scripts: what each page offers the buyer.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { assertHides, assertShows, openCheckoutStage } from '../../../tests/support/checkout-stage.ts';
import { givenOrder, givenWallet, readOtp, testPin } from '../../../tests/support/context.ts';
import { createVisitor, findForm } from '../../../tests/support/visitor.ts';
import { readBalance } from '../../books/ledger/index.ts';
import { arrivalUrl, checkoutUrl, findOrder } from '../../business/orders/index.ts';
import { texts } from './texts/index.ts';

const { context, app, site, nextAddress, arrive, statusOf, close } = await openCheckoutStage();
after(close);

test('trying again and again makes twenty payments and no more, and the buyer is told how to go on', async () => {
  const { order, buyer } = await arrive();
  const poor = await givenWallet(context, { balanceDong: 0n });
  await buyer.submit('/sign-in', { phone: poor.phone, pin: testPin });
  for (let tries = 0; tries < 19; tries += 1) assertHides(await buyer.submit('/retry'), /quá nhiều lần/);
  const told = await buyer.submit('/retry');
  assertShows(told, /Đơn hàng này đã được thử thanh toán quá nhiều lần/);
  assertShows(told, /Ví khác|ví khác/);
  await buyer.submit('/sign-out');
  const again = await buyer.submit('/sign-in', { phone: poor.phone, pin: testPin });
  assertShows(again, /Đơn hàng này đã được thử thanh toán quá nhiều lần/);
  const { rows } = await context.db.pool.query('select 1 from payments where order_id = $1', [order.id]);
  assert.equal(rows.length, 20);
  // Another wallet still pays.
  const rich = await givenWallet(context);
  await buyer.submit('/sign-out');
  await buyer.submit('/sign-in', { phone: rich.phone, pin: testPin });
  await buyer.submit('/confirm');
  assert.equal(await statusOf(order.id), 'paid');
});

test('a buyer signs in, confirms, and is taken back with the signed result', async () => {
  const { order, buyer } = await arrive();
  const wallet = await givenWallet(context);
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  const result = await buyer.submit('/confirm');
  assert.equal(await statusOf(order.id), 'paid');
  assert.match(
    String(result.headers.refresh),
    /^5; url=http:\/\/127\.0\.0\.1:9\/return\?order_id=ord_[0-9a-f]{32}&.*signature=/,
  );
  const stays = await buyer.visit(`${checkoutUrl(context, order)}?stay=1`);
  assert.equal(stays.headers.refresh, undefined);
  assertShows(stays, /href="http:\/\/127\.0\.0\.1:9\/return\?/);
});

test("the merchant's words are shown cleaned and within their room, and parameters of trackers change nothing", async () => {
  const order = await givenOrder(context, site, {
    orderNo: `${'HD2026001;'.repeat(20)}END`,
    description: `Sen đá\r\n\u202egnp.exe\u202c\tZ${'\u0337'.repeat(50)} \u{e0041}hết`,
  });
  const buyer = createVisitor(app, nextAddress());
  const page = await buyer.visit(`${arrivalUrl(context, order)}&utm_source=zalo&fbclid=x&_ga=1`);
  assert.equal(page.statusCode, 200);
  assertShows(page, new RegExp(`<bdi>Sen đá gnp.exe Z${'\u0337'.repeat(4)} hết</bdi>`));
  assertShows(page, /<bdi>(HD2026001;){6}HD2…<\/bdi>/);
  assertHides(page, /[\u202e\u202c\u{e0041}]|END/u);
  assertShows(page, /\/cancel"/);
});

test('a class B payment asks for the code from the message; a wrong one is told with what is left', async () => {
  const { order, buyer } = await arrive(6_000_000n);
  const wallet = await givenWallet(context);
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  await buyer.submit('/confirm');
  const otp = await readOtp(context, wallet.phone);
  const wrong = await buyer.submit('/code', { otp: otp === '111111' ? '222222' : '111111' });
  assertShows(wrong, /role="alert"/);
  assertShows(wrong, /4/);
  await buyer.submit('/code', { otp: ` ${otp.slice(0, 3)} ${otp.slice(3)} ` });
  assert.equal(await statusOf(order.id), 'paid');
});

test('when no attempt at a code is left, the page promises nothing about the money', async () => {
  const { order, buyer } = await arrive(6_000_000n);
  const wallet = await givenWallet(context);
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  await buyer.submit('/confirm');
  await sql`update wallets set otp_locked_until = ${new Date(context.clock.now().getTime() + 60_000)}
    where id = ${wallet.id}`.execute(context.owner);
  const page = await buyer.submit('/code', { otp: await readOtp(context, wallet.phone) });
  assertShows(page, /Tạm thời không nhập mã được/);
  assertHides(page, new RegExp(texts.vi.common.noMoneyTaken));
  assert.equal(await statusOf(order.id), 'open');
});

test('after ten codes in an hour the buyer is told so, and from when there is another', async () => {
  const wallet = await givenWallet(context, { balanceDong: 50_000_000n });
  const { order, buyer } = await arrive(6_000_000n);
  await buyer.visit(`${checkoutUrl(context, order)}?lang=en`);
  for (let sent = 0; sent < 10; sent += 1) {
    await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
    assertShows(await buyer.submit('/confirm'), /name="otp"/);
    const { action, fields } = findForm(buyer.page, '/code');
    await buyer.post(action.replace('/code', '/sign-out'), fields);
    await buyer.visit(checkoutUrl(context, order));
  }
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  const page = await buyer.submit('/confirm');
  assertHides(page, /name="otp"/);
  assertShows(page, /sent too many codes in the last hour/);
  assertShows(page, /You can get a new code from/);
});

test('what is no code is told as malformed and counts nothing', async () => {
  const { order, buyer } = await arrive(6_000_000n);
  const wallet = await givenWallet(context);
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  await buyer.submit('/confirm');
  for (const otp of ['', '12345', 'abcdef', '1234567', '9'.repeat(500)]) {
    const page = await buyer.submit('/code', { otp });
    assertShows(page, /role="alert"/);
  }
  await buyer.submit('/code', { otp: await readOtp(context, wallet.phone) });
  assert.equal(await statusOf(order.id), 'paid');
});

const pastes: [what: string, paste: (digits: string) => string][] = [
  ['a space in the middle', (digits) => `${digits.slice(0, 3)} ${digits.slice(3)}`],
  ['no-break spaces and a hyphen', (digits) => `\u00a0${digits.slice(0, 3)}\u2011${digits.slice(3)}\u00a0`],
  ['marks of direction', (digits) => `\u202a${[...digits].join('\u200e')}\u202c`],
  [
    'full-width digits',
    (digits) => digits.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
  ],
];
for (const [what, paste] of pastes) {
  test(`a phone number and a code pasted with ${what} are read; the PIN stays as it is typed`, async () => {
    const { order, buyer } = await arrive(6_000_000n);
    const wallet = await givenWallet(context);
    const page = await buyer.submit('/sign-in', { phone: paste(wallet.phone), pin: paste(testPin) });
    assertShows(page, /role="alert"[\s\S]*name="pin"/);
    const { rows } =
      await sql`select 1 from attempt_counters where subject like ${`${order.publicId}%`}`.execute(
        context.db,
      );
    assert.equal(rows.length, 0);
    await buyer.submit('/sign-in', { phone: paste(wallet.phone), pin: testPin });
    await buyer.submit('/confirm');
    await buyer.submit('/code', { otp: paste(await readOtp(context, wallet.phone)) });
    assert.equal(await statusOf(order.id), 'paid');
  });
}

test('a PIN with a space before or behind is another PIN: told, and no attempt', async () => {
  const { order, buyer } = await arrive();
  const wallet = await givenWallet(context);
  for (const pin of [` ${testPin}`, `${testPin} `, `${testPin}\n`, `\u200e${testPin}`]) {
    assertShows(
      await buyer.submit('/sign-in', { phone: wallet.phone, pin }),
      /name="pin"[^>]*aria-invalid="true"/,
    );
  }
  const { rows } =
    await sql`select 1 from attempt_counters where subject like ${`${order.publicId}%`}`.execute(context.db);
  assert.equal(rows.length, 0);
});

test('insufficient balance is shown, nothing is taken, and going back ends the order as failed (51)', async () => {
  const { order, buyer } = await arrive();
  const wallet = await givenWallet(context, { balanceDong: 10_000n });
  const page = await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  assertShows(page, /<title>Số dư không đủ/);
  await buyer.submit('/retry');
  assert.equal(await statusOf(order.id), 'open');
  const back = await buyer.submit('/give-up');
  assert.match(String(back.headers.refresh), /response_code=51/);
  assert.equal(await readBalance(context.db, wallet.accountId), 10_000n);
});

test('a buyer refused with one wallet pays with another, and the shop hears only of the payment', async () => {
  const { order, buyer } = await arrive();
  const poor = await givenWallet(context, { balanceDong: 0n });
  const rich = await givenWallet(context);
  await buyer.submit('/sign-in', { phone: poor.phone, pin: testPin });
  await buyer.submit('/sign-out');
  await buyer.submit('/sign-in', { phone: rich.phone, pin: testPin });
  await buyer.submit('/confirm');
  const paid = await findOrder(context.db, order.id);
  assert.deepEqual([paid?.status, paid?.responseCode], ['paid', '00']);
});

test('cancelling takes the buyer back at once with 24, and the cancel cannot be undone', async () => {
  const { order, buyer } = await arrive();
  const page = await buyer.submit('/cancel');
  assert.match(String(page.headers.refresh), /status=cancelled/);
  assert.equal(await statusOf(order.id), 'cancelled');
});

test('a session ends after fifteen minutes and says so; the order is still there', async () => {
  const order = await givenOrder(context, site, { expiresInSeconds: 3600 });
  const buyer = createVisitor(app);
  await buyer.visit(arrivalUrl(context, order));
  const wallet = await givenWallet(context);
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  context.clock.advance(901);
  const page = await buyer.submit('/confirm');
  assertShows(page, /name="pin"/);
  assertShows(page, /role="alert"/);
  assert.equal(await statusOf(order.id), 'open');
});

test('an expired order tells so on every page and button, and takes the buyer back with 11', async () => {
  const { order, buyer } = await arrive();
  const wallet = await givenWallet(context);
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  context.clock.set(order.expiresAt);
  const page = await buyer.submit('/confirm');
  assert.match(String(page.headers.refresh), /response_code=11/);
  assert.equal(await statusOf(order.id), 'expired');
});

test('the language switch is kept over the next pages', async () => {
  const { order, buyer } = await arrive();
  await buyer.visit(`${checkoutUrl(context, order)}?lang=en`);
  const wallet = await givenWallet(context);
  const page = await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  assertShows(page, /<html lang="en">/);
});
