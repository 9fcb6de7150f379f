// The checkout over HTTP: what it keeps from those who guess, and from those whose order it is not.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { assertHides, assertShows, openCheckoutStage } from '../../../tests/support/checkout-stage.ts';
import { givenOrder, givenWallet, testPin } from '../../../tests/support/context.ts';
import { createVisitor, type Visitor } from '../../../tests/support/visitor.ts';
import { readBalance } from '../../books/ledger/index.ts';
import { arrivalUrl, checkoutUrl, findOrder } from '../../business/orders/index.ts';
import { tellOfLocks } from '../../business/wallets/index.ts';

const { context, app, site, nextAddress, arrive, statusOf, close } = await openCheckoutStage();
after(close);

/** Every button of a checkout, sent with the token of the page seen last. */
function press(visitor: Visitor, url: string, button: string) {
  const token = /name="form_token" value="([^"]+)"/.exec(visitor.page)?.[1] ?? '';
  return visitor.post(`${new URL(url).pathname}/${button}`, { form_token: token });
}

test('a wallet that is locked or closed has no session from the next request on', async () => {
  for (const status of ['locked', 'closed']) {
    const { order, buyer } = await arrive();
    const wallet = await givenWallet(context);
    assertShows(await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin }), /\/confirm"/);
    await sql`update wallets set status = ${status} where id = ${wallet.id}`.execute(context.owner);
    const page = await buyer.submit('/confirm');
    assertHides(page, /Nguyễn|\/confirm"/);
    assertShows(page, /role="alert"[\s\S]*name="pin"/);
    assert.equal(await statusOf(order.id), 'open');
    const refused = await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
    assertHides(refused, /Nguyễn|\/confirm"/);
    await buyer.submit('/give-up');
    const ended = await findOrder(context.db, order.id);
    assert.deepEqual([ended?.status, ended?.responseCode], ['failed', status === 'locked' ? '12' : '09']);
  }
});

test('an unknown phone and a wrong PIN are told in the same words, and the phone number is kept', async () => {
  const wallet = await givenWallet(context);
  const pages = [];
  for (const [phone, pin] of [
    [wallet.phone, '135791'],
    ['0999999999', testPin],
  ] as const) {
    const { buyer } = await arrive();
    const page = await buyer.submit('/sign-in', { phone, pin });
    assertShows(page, new RegExp(`value="${phone}"`));
    pages.push(/role="alert"[^>]*>([\s\S]*?)<\/(div|p)>/.exec(page.body)?.[1]);
  }
  assert.ok(pages[0]);
  assert.equal(pages[0], pages[1]);
});

test('five wrong PINs in a row lock sign-in by PIN, for an unknown phone alike, and the right PIN waits too', async () => {
  const wallet = await givenWallet(context);
  for (const phone of [wallet.phone, '0988888888']) {
    const { order, buyer } = await arrive();
    for (let attempt = 1; attempt <= 4; attempt++) {
      const page = await buyer.submit('/sign-in', { phone, pin: '135791' });
      const left = /Bạn còn (\d) lần nhập trước khi/.exec(page.body)?.[1];
      assert.equal(left, attempt < 3 ? undefined : String(5 - attempt));
    }
    const fifth = await buyer.submit('/sign-in', { phone, pin: '135791' });
    assertShows(fifth, /<title>Nhập sai mã PIN quá nhiều lần/);
    const { buyer: another } = await arrive();
    const sixth = await another.submit('/sign-in', { phone, pin: testPin });
    assertShows(sixth, /<title>Nhập sai mã PIN quá nhiều lần/);
    await buyer.submit('/give-up');
    const ended = await findOrder(context.db, order.id);
    assert.deepEqual([ended?.status, ended?.responseCode], ['failed', '79']);
  }
  context.clock.advance(1801);
  await tellOfLocks(context);
  const { rows } = await context.db.pool.query(`select recipient from messages where purpose = 'pin_locked'`);
  assert.deepEqual(rows, [{ recipient: wallet.phone }]);
  const { buyer } = await arrive();
  const page = await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  assertShows(page, /\/confirm"/);
});

test('a browser that has paid from a wallet gets in while strangers keep it locked, with the cookie of no other browser', async () => {
  const wallet = await givenWallet(context);
  const { buyer } = await arrive();
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  await buyer.submit('/confirm');
  const cookie = buyer.cookies.find(({ name }) => name === 'vipay_paid_sandbox');
  assert.equal(cookie?.path, '/checkout');

  const { buyer: guesser } = await arrive();
  for (let tries = 0; tries < 5; tries += 1)
    await guesser.submit('/sign-in', { phone: wallet.phone, pin: '135791' });
  const locked = /<title>Nhập sai mã PIN quá nhiều lần/;
  const signInWith = async (value: string | undefined, name = 'vipay_paid_sandbox') => {
    const order = await givenOrder(context, site);
    const visitor = createVisitor(app, nextAddress());
    if (value !== undefined) visitor.cookies.push({ name, value, path: '/checkout' });
    await visitor.visit(arrivalUrl(context, order));
    return visitor.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  };
  assertShows(await signInWith(undefined), locked);
  const value = cookie?.value ?? '';
  for (const forged of ['', 'x', 'x'.repeat(5_000), `${value.slice(0, -4)}AAAA`, value.slice(0, 40)])
    assertShows(await signInWith(forged), locked);
  const ofLive = context.keyRing.seal(
    Buffer.from(JSON.stringify([[wallet.id, context.clock.now().getTime()]])),
    'paid-before/live',
  );
  assertShows(await signInWith(ofLive.toString('base64url')), locked);
  assertShows(await signInWith(value), /\/confirm"/);
  const { buyer: other } = await arrive();
  await other.submit('/sign-in', { phone: (await givenWallet(context)).phone, pin: testPin });
  assert.equal(
    other.cookies.some(({ name }) => name.startsWith('vipay_paid')),
    false,
    'signing in is not paying',
  );
});

test('the eleventh wrong sign-in at one checkout is not judged any more (10)', async () => {
  const { buyer } = await arrive();
  const wallet = await givenWallet(context);
  for (let attempt = 0; attempt < 10; attempt++) {
    await buyer.submit('/sign-in', { phone: `097777770${attempt}`, pin: '135791' });
  }
  const page = await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  assertShows(page, /<title>Đăng nhập sai quá nhiều lần/);
  assertHides(page, /\/confirm"/);
});

test('the thirty-first wrong sign-in from one address is not judged any more, whatever checkout it comes by (10)', async () => {
  const address = nextAddress();
  const signInFrom = async (phone: string, pin: string) => {
    const order = await givenOrder(context, site);
    const buyer = createVisitor(app, address);
    await buyer.visit(arrivalUrl(context, order));
    return buyer.submit('/sign-in', { phone, pin });
  };
  const wallet = await givenWallet(context);
  assertShows(await signInFrom(wallet.phone, testPin), /\/confirm"/);
  for (let attempt = 0; attempt < 30; attempt++) await signInFrom(`09666666${10 + attempt}`, '135791');
  assertShows(await signInFrom(wallet.phone, testPin), /<title>Đăng nhập sai quá nhiều lần/);
  context.clock.advance(31);
  assertShows(await signInFrom(wallet.phone, testPin), /\/confirm"/);
});

test('a stranger with the copied address sees that the shop has an order, and its status later: no amount, no cancelling, no way back', async () => {
  const order = await givenOrder(context, site, {
    amountDong: 1_234_567n,
    description: 'Sen đá bí mật',
    orderNo: 'BM-77',
  });
  const url = checkoutUrl(context, order);
  const secret = /1\.234\.567|bí mật|BM-77/;
  const buyer = createVisitor(app, nextAddress());
  assertShows(await buyer.visit(arrivalUrl(context, order)), secret);
  const stranger = createVisitor(app, nextAddress());
  const seen = await stranger.visit(url);
  assertShows(seen, /Cửa hàng Sen Đá/);
  assertHides(seen, secret);
  for (const button of ['cancel', 'give-up'])
    assert.equal((await press(stranger, url, button)).statusCode, 403);
  for (let tries = 0; tries < 10; tries += 1) {
    await stranger.visit(url);
    await stranger.submit('/sign-in', { phone: `095555550${tries}`, pin: '135791' });
  }
  const refused = await stranger.visit(url);
  assertHides(refused, secret);
  assertHides(refused, /give-up/);
  assert.equal(await statusOf(order.id), 'open');

  const wallet = await givenWallet(context);
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  await buyer.submit('/confirm');
  const ended = await stranger.visit(url);
  assert.equal(ended.headers.refresh, undefined);
  assertHides(ended, /signature=|127\.0\.0\.1:9/);
  assertHides(ended, secret);
});

test("a stranger with a wallet of their own sees what they would pay, and ends nobody's order", async () => {
  const wallets = [await givenWallet(context), await givenWallet(context, { balanceDong: 0n })];
  for (const wallet of wallets) {
    const order = await givenOrder(context, site, { amountDong: 1_234_567n });
    const url = checkoutUrl(context, order);
    const stranger = createVisitor(app, nextAddress());
    await stranger.visit(url);
    const signedIn = await stranger.submit('/sign-in', { phone: wallet.phone, pin: testPin });
    assertShows(signedIn, /1\.234\.567/);
    assertHides(signedIn, /action="[^"]*\/(?:cancel|give-up)"/);
    for (const button of ['cancel', 'give-up'])
      assert.equal((await press(stranger, url, button)).statusCode, 403);
    assert.equal(await statusOf(order.id), 'open');

    // Signed out, the stranger is one again.
    await stranger.visit(url);
    await press(stranger, url, 'sign-out');
    assertHides(await stranger.visit(url), /1\.234\.567/);
  }
});

test('a stranger who pays is taken back; who merely signed in while another paid is not', async () => {
  const { order } = await arrive();
  const payer = createVisitor(app);
  const watcher = createVisitor(app);
  const wallet = await givenWallet(context);
  const other = await givenWallet(context);
  await watcher.visit(checkoutUrl(context, order));
  await watcher.submit('/sign-in', { phone: other.phone, pin: testPin });
  await payer.visit(checkoutUrl(context, order));
  await payer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  const paid = await payer.submit('/confirm');
  assert.match(String(paid.headers.refresh), /status=paid/);
  const watched = await watcher.submit('/confirm');
  assert.equal(watched.headers.refresh, undefined);
  assert.equal(await readBalance(context.db, other.accountId), 10_000_000n);
});

test('forged, foreign and missing form tokens and cookies are refused (403) and change nothing', async () => {
  const { order, buyer } = await arrive();
  const { buyer: neighbour, order: otherOrder } = await arrive();
  const path = new URL(checkoutUrl(context, order)).pathname;
  const foreign = /name="form_token"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="form_token"/.exec(
    neighbour.page,
  );
  const foreignToken = foreign?.[1] ?? foreign?.[2] ?? '';
  assert.ok(foreignToken);
  for (const action of ['sign-in', 'confirm', 'code', 'resend', 'retry', 'sign-out', 'cancel', 'give-up']) {
    for (const form of [
      {},
      { form_token: '' },
      { form_token: 'x'.repeat(22) },
      { form_token: foreignToken },
      'form_token=a&form_token=b',
    ]) {
      const response = await buyer.post(`${path}/${action}`, form);
      assert.equal(response.statusCode, 403, `${action} ${JSON.stringify(form)}`);
    }
    const withoutCookies = createVisitor(app);
    withoutCookies.page = buyer.page;
    assert.equal(
      (await withoutCookies.post(`${path}/${action}`, { form_token: foreignToken })).statusCode,
      403,
    );
  }
  const forged = createVisitor(app);
  forged.cookies = [{ name: 'vipay_browser', value: `${'A'.repeat(22)}.1.${'A'.repeat(22)}`, path }];
  await forged.visit(checkoutUrl(context, order));
  assert.equal((await forged.send('/cancel').catch(() => ({ statusCode: 403 }))).statusCode, 403);
  assert.equal(await statusOf(order.id), 'open');
  assert.equal(await statusOf(otherOrder.id), 'open');
});

test("another buyer's payment cannot be confirmed or coded from this session", async () => {
  const first = await arrive(6_000_000n);
  const victim = await givenWallet(context);
  await first.buyer.submit('/sign-in', { phone: victim.phone, pin: testPin });
  await first.buyer.submit('/confirm');
  const paymentId = /value="(pay_[0-9a-f]{32})"/.exec(first.buyer.page)?.[1] ?? '';
  const thief = await arrive(6_000_000n);
  await thief.buyer.submit('/sign-in', { phone: (await givenWallet(context)).phone, pin: testPin });
  const refused = await thief.buyer.send('/confirm', { payment_id: paymentId });
  assert.equal(refused.statusCode, 403);
  assert.equal(await statusOf(first.order.id), 'open');
});

test('tokens that were never given out are not found, whatever they look like', async () => {
  const { order } = await arrive();
  const token = checkoutUrl(context, order).split('/').at(-1) ?? '';
  const altered = [...token].map(
    (character, at) => token.slice(0, at) + (character === 'A' ? 'B' : 'A') + token.slice(at + 1),
  );
  for (const bad of [...altered, '', 'x', token.repeat(2), `${token}=`, '%00', '..%2f..', '🙂']) {
    const response = await createVisitor(app).get(`/checkout/${encodeURIComponent(bad)}`);
    assert.equal(response.statusCode, 404, bad);
  }
});
