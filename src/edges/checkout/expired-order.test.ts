// A classic order whose time is over, over HTTP: where its browsers are sent, and what each is given there.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import {
  createTestContext,
  givenOrder,
  givenSite,
  type TestContext,
} from '../../../tests/support/context.ts';
import { createVisitor } from '../../../tests/support/visitor.ts';
import { arrivalUrl, checkoutUrl, findOrder } from '../../business/orders/index.ts';
import { createServer } from '../../ground/http/index.ts';
import { verifyV1Result } from '../../ground/protocols/classic-v1/index.ts';
import { registerCheckout } from './index.ts';
import { errorPage } from './pages/index.ts';

const expired = '/vipay_v2/expired';
const secret = 'a secret of the shop';
let context: TestContext;
let app: FastifyInstance;

before(async () => {
  context = await createTestContext();
  app = createServer({ context, errorPage });
  registerCheckout(app, context);
  await app.ready();
});
after(async () => {
  await app.close();
  await context.drop();
});

async function givenExpired(protocol: 'classic-v1' | 'rest') {
  const { site } = await givenSite(context, { protocol, ...(protocol === 'rest' ? {} : { secret }) });
  const order = await givenOrder(context, site, { returnUrl: 'https://shop.example/r?version=7' });
  const buyer = createVisitor(app);
  await buyer.visit(arrivalUrl(context, order));
  context.clock.advance(900);
  return { order, buyer };
}

const hrefOf = (page: string) =>
  /class="button next" href="([^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? null;

test('the buyer of an expired classic order is sent to the address apps watch for, with the signed way back', async () => {
  const { order, buyer } = await givenExpired('classic-v1');
  const sent = await buyer.get(checkoutUrl(context, order));
  assert.deepEqual(
    [sent.statusCode, sent.headers.location],
    [303, expired],
    'without a query: apps compare it whole',
  );
  assert.equal((await findOrder(context.db, order.id))?.status, 'expired');
  const page = await buyer.get(expired);
  assert.equal(page.statusCode, 200);
  assert.equal(page.headers['cache-control'], 'no-store');
  const href = hrefOf(page.body) ?? '';
  assert.ok(href.startsWith('https://shop.example/r?version=7&merchant_site='), href);
  const verified = verifyV1Result(href.slice(href.indexOf('?') + 1), secret);
  assert.ok(verified.ok);
  assert.equal(verified.fields.response_code, '11');
  assert.match(verified.fields.transaction_no, /^\d{9,}$/);
  assert.match((await buyer.get(`${expired}?lang=en`)).body, /<html lang="en"/);
  assert.match(page.body, /<html lang="vi"/);
});

test('an action on an expired classic order ends there too', async () => {
  const { buyer } = await givenExpired('classic-v1');
  const page = await buyer.submit('/sign-in', { phone: '0900000001', pin: '000000' });
  assert.ok(hrefOf(page.body));
  assert.match(page.body, /hết hạn/);
});

test('a stranger with the address is sent there too and given nothing, not even what another order left', async () => {
  const mine = await givenExpired('classic-v1');
  const { order } = await givenExpired('classic-v1');
  const stranger = createVisitor(app);
  const sent = await stranger.get(checkoutUrl(context, order));
  assert.equal(sent.headers.location, expired);
  assert.equal(hrefOf((await stranger.get(expired)).body), null);
  await mine.buyer.get(checkoutUrl(context, mine.order));
  assert.ok(hrefOf((await mine.buyer.get(expired)).body));
  await mine.buyer.get(checkoutUrl(context, order));
  assert.equal(hrefOf((await mine.buyer.get(expired)).body), null, "another buyer's order");
});

test('a forged or borrowed cookie opens no way back', async () => {
  const { order, buyer } = await givenExpired('classic-v1');
  const { order: other } = await givenExpired('classic-v1');
  await buyer.get(checkoutUrl(context, order));
  const good = buyer.cookies.find((cookie) => cookie.path === expired)?.value ?? '';
  const [token = '', mark = ''] = good.split('~');
  const otherToken = new URL(checkoutUrl(context, other)).pathname.split('/').pop();
  const get = (value: string) => app.inject({ url: expired, headers: { cookie: `vipay_expired=${value}` } });
  assert.ok(hrefOf((await get(good)).body));
  for (const value of [
    `${otherToken}~${mark}`,
    token,
    `${token}~${mark.replace('.1.', '.0.')}`,
    `${token}~${mark.slice(0, -1)}`,
    '~',
    'x~y~z',
  ]) {
    const page = await get(value);
    assert.deepEqual([page.statusCode, hrefOf(page.body)], [200, null], value);
  }
});

test('an expired REST order shows its result at the checkout as before', async () => {
  const { order, buyer } = await givenExpired('rest');
  const page = await buyer.get(checkoutUrl(context, order));
  assert.equal(page.statusCode, 200);
  assert.match(hrefOf(page.body) ?? '', /order_id=/);
});
