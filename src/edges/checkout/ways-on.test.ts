// A form that is not taken leads on: back to the checkout, or out of the browser that keeps no cookies.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import {
  createTestContext,
  givenOrder,
  givenSite,
  givenWallet,
  type TestContext,
  testPin,
} from '../../../tests/support/context.ts';
import { createVisitor, findForm } from '../../../tests/support/visitor.ts';
import { createApp } from '../../app.ts';
import type { MerchantSite } from '../../business/merchants/index.ts';
import { arrivalUrl, checkoutPath } from '../../business/orders/index.ts';

let context: TestContext;
let app: FastifyInstance;
let site: MerchantSite;

before(async () => {
  context = await createTestContext();
  site = (await givenSite(context, { returnSchemes: ['shop-app'] })).site;
  const operator = { name: 'Ví <An Bình>', contact: '1900 1234' };
  app = createApp({ ...context, operator }, { sandbox: null });
  await app.ready();
});
after(async () => {
  await app.close();
  await context.drop();
});

async function arrive() {
  const order = await givenOrder(context, site, { returnUrl: 'https://www.shop.example/thanks?id=1' });
  const buyer = createVisitor(app);
  await buyer.visit(arrivalUrl(context, order));
  return { order, path: checkoutPath(context, order.id), buyer };
}

test('a browser that keeps no cookies is told so, and how to go on, at every button', async () => {
  const { path, buyer } = await arrive();
  const { fields } = findForm(buyer.page, '/sign-in');
  for (const action of ['sign-in', 'confirm', 'code', 'resend', 'retry', 'sign-out', 'cancel', 'give-up']) {
    const withoutCookies = createVisitor(app);
    const answer = await withoutCookies.post(`${path}/${action}`, { ...fields, otp: '123456' });
    assert.equal(answer.statusCode, 403, action);
    assert.match(answer.body, /<title>Trình duyệt đang chặn cookie/, action);
    assert.match(answer.body, /mở bằng trình duyệt của điện thoại/, action);
    assert.ok(answer.body.includes(`href="${path}"`), action);
  }
});

test('a browser that keeps no cookies is told so as it arrives, and by the way on it sees the checkout', async () => {
  const order = await givenOrder(context, site);
  const path = checkoutPath(context, order.id);
  const agent = { 'user-agent': 'Zalo' };
  const arrival = await createVisitor(app).get(arrivalUrl(context, order), agent);
  assert.equal(arrival.statusCode, 303);
  const landing = String(arrival.headers.location);

  const told = await createVisitor(app).get(landing, agent);
  assert.equal(told.statusCode, 403);
  assert.match(told.body, /<title>Trình duyệt đang chặn cookie/);
  assert.match(told.body, /mở bằng trình duyệt của điện thoại/);
  assert.ok(told.body.includes(`class="button next" href="${path}"`));
  const onward = await createVisitor(app).get(path, agent);
  assert.equal(onward.statusCode, 200);
  assert.match(onward.body, /action="[^"]*\/sign-in"/);
});

test('nobody else is told of cookies: who keeps them, comes by a copy of the address, later, or with a forged proof', async () => {
  const order = await givenOrder(context, site);
  const path = checkoutPath(context, order.id);
  const agent = { 'user-agent': 'Chrome/140' };
  const buyer = createVisitor(app);
  const arrive = async () => String((await buyer.get(arrivalUrl(context, order), agent)).headers.location);
  const landing = await arrive();
  assert.match(landing, /\?marked=/);
  const shown = async (url: string, visitor = createVisitor(app), headers = agent) => {
    const answer = await visitor.get(url, headers);
    assert.equal(answer.statusCode, 200, url);
    assert.doesNotMatch(answer.body, /cookie/);
  };
  await shown(landing, buyer);
  assert.equal(await arrive(), path, 'a browser whose mark came back proves nothing more');
  await shown(path);
  await shown(landing, createVisitor(app), { 'user-agent': 'Firefox/150' });
  await shown(landing, createVisitor(app, '192.0.2.7'));
  for (const forged of ['', '.', 'zzz.AAAAAAAAAAAAAAAAAAAAAA', landing.replace(/^.*=[^.]+/, 'zzzzzzzz')])
    await shown(`${path}?marked=${forged}`);
  await shown(`${path}?${landing.split('?')[1]}&${landing.split('?')[1]}`);
  const other = await givenOrder(context, site);
  await shown(`${checkoutPath(context, other.id)}?${landing.split('?')[1]}`);
  context.clock.advance(31);
  await shown(landing);
});

test('a form of an older page leads back to the checkout, and says nothing of cookies', async () => {
  const { path, buyer } = await arrive();
  const answer = await buyer.post(`${path}/cancel`, { form_token: 'A'.repeat(22) });
  assert.equal(answer.statusCode, 403);
  assert.match(answer.body, /<title>Trang đã hết hiệu lực/);
  assert.ok(answer.body.includes(`class="button next" href="${path}"`));
  assert.doesNotMatch(answer.body, /cookie/);
});

test('who runs the gateway, and how to reach them, stands on the pages of orders and of errors', async () => {
  const { path, buyer } = await arrive();
  const wallet = await givenWallet(context);
  const pages = [buyer.page];
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  pages.push(buyer.page);
  for (const address of ['/nothing', '/checkout/nothing', '/vipay_v2/expired'])
    pages.push((await buyer.get(address)).body);
  pages.push((await buyer.post(`${path}/code`, {})).body);
  for (const page of pages) {
    assert.match(page, /<footer.*<bdi>Ví &lt;An Bình&gt;<\/bdi>.*<a href="tel:19001234">1900 1234<\/a>/s);
  }
});

test('the shop stands beside the amount with the host that the buyer goes back to', async () => {
  const { buyer } = await arrive();
  assert.match(buyer.page, /<\/strong> <span class="muted"><bdi>shop\.example<\/bdi><\/span>/);
  const order = await givenOrder(context, site, { returnUrl: 'shop-app://thanks' });
  await buyer.visit(arrivalUrl(context, order));
  assert.match(buyer.page, /<strong class="shop"><bdi>[^<]+<\/bdi><\/strong><\/p>/);
});
