// What the checkout asks of browsers: cookies that only https can set, forms that no other page can send.

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
import type { MerchantSite } from '../../business/merchants/index.ts';
import { arrivalUrl, findOrder } from '../../business/orders/index.ts';
import { createServer } from '../../ground/http/index.ts';
import { registerCheckout } from './index.ts';
import { errorPage } from './pages/index.ts';

let context: TestContext;
let site: MerchantSite;
let app: FastifyInstance;

before(async () => {
  context = await createTestContext({ publicUrl: 'https://pay.example' });
  site = (await givenSite(context)).site;
  app = createServer({ context, errorPage });
  registerCheckout(app, context);
  await app.ready();
});
after(async () => {
  await app.close();
  await context.drop();
});

async function arrive() {
  const order = await givenOrder(context, site);
  const buyer = createVisitor(app);
  await buyer.visit(arrivalUrl(context, order));
  return { order, buyer };
}

test('with https a buyer pays with cookies whose names a browser takes over https alone', async () => {
  const { order, buyer } = await arrive();
  const wallet = await givenWallet(context);
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: '135791' });
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  await buyer.visit(`/checkout/${arrivalUrl(context, order).split('/').at(-1)?.split('?')[0]}?lang=en`);
  await buyer.submit('/confirm');
  assert.equal((await findOrder(context.db, order.id))?.status, 'paid');
  const names = buyer.cookies.map(({ name }) => name).sort();
  for (const name of ['browser', 'session', 'lang', 'paid_sandbox'])
    assert.ok(names.includes(`__Secure-vipay_${name}`), names.join());
  assert.deepEqual(
    names.filter((name) => !name.startsWith('__Secure-')),
    [],
  );
  const set = (await app.inject(arrivalUrl(context, order).slice('https://pay.example'.length))).headers[
    'set-cookie'
  ];
  assert.match(
    String(set),
    /^__Secure-vipay_browser=[^;]+; Path=\/checkout\/[^;]+; HttpOnly; Secure; SameSite=Lax$/,
  );
});

test('the same cookie under a name that plain http could plant is nobody’s', async () => {
  const { buyer } = await arrive();
  const wallet = await givenWallet(context);
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  const planted = buyer.cookies.map(({ name, ...rest }) => ({
    ...rest,
    name: name.replace('__Secure-', ''),
  }));
  buyer.cookies = planted;
  assert.equal((await buyer.send('/confirm')).statusCode, 403);
});

test('a form that the browser says another origin sent is refused, whatever token it has', async () => {
  const { order, buyer } = await arrive();
  const wallet = await givenWallet(context);
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  const form = buyer.page;
  const sendFrom = async (origin: string, action: string) => {
    buyer.page = form;
    const { action: url, fields } = findForm(form, action);
    return buyer.post(url, fields, { 'sec-fetch-site': origin });
  };
  for (const origin of ['cross-site', 'same-site', 'anything']) {
    for (const action of ['/cancel', '/confirm', '/sign-out']) {
      assert.equal((await sendFrom(origin, action)).statusCode, 403, `${origin} ${action}`);
    }
  }
  assert.equal((await findOrder(context.db, order.id))?.status, 'open');
  assert.equal((await sendFrom('same-origin', '/confirm')).statusCode, 303);
  assert.equal((await findOrder(context.db, order.id))?.status, 'paid');
});

test('a buyer who comes from the shop’s page to the checkout is let in: arriving is no form', async () => {
  const order = await givenOrder(context, site);
  const buyer = createVisitor(app);
  const path = arrivalUrl(context, order).slice('https://pay.example'.length);
  const answer = await buyer.get(path, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' });
  assert.equal(answer.statusCode, 303);
});
