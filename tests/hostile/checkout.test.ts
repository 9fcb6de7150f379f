// Every field and button of the checkout × every kind of fault: the documented answer, nothing changed, never a 5xx.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import type { MerchantSite } from '../../src/business/merchants/index.ts';
import { arrivalUrl, checkoutPath, findOrder, type Order } from '../../src/business/orders/index.ts';
import { registerCheckout } from '../../src/edges/checkout/index.ts';
import { errorPage } from '../../src/edges/checkout/pages/index.ts';
import { createServer } from '../../src/ground/http/index.ts';
import {
  createTestContext,
  givenOrder,
  givenSite,
  givenWallet,
  type TestContext,
  testPin,
} from '../support/context.ts';
import { createVisitor, findForm, type Visitor } from '../support/visitor.ts';

let context: TestContext;
let app: FastifyInstance;
let site: MerchantSite;

before(async () => {
  context = await createTestContext();
  site = (await givenSite(context, { notifyUrl: 'http://127.0.0.1:9/webhook' })).site;
  app = createServer({ context, errorPage });
  registerCheckout(app, context);
  await app.ready();
});
after(async () => {
  await app.close();
  await context.drop();
});

const buttons = ['sign-in', 'confirm', 'code', 'resend', 'retry', 'sign-out', 'cancel', 'give-up'];
const countedTables = [
  'orders',
  'payments',
  'transfers',
  'notifications',
  'checkout_sessions',
  'messages',
  'confirmations',
];

async function countRows(): Promise<string> {
  const counts = countedTables.map((table) => `(select count(*) from ${table}) as ${table}`).join(', ');
  const { rows } = await context.db.pool.query(
    `select ${counts}, (select sum(balance_dong * balance_dong) from accounts) as balances`,
  );
  return JSON.stringify(rows[0], (_, value) => (typeof value === 'bigint' ? String(value) : value));
}

let addresses = 0;

async function arrive(amountDong = 6_000_000n): Promise<{ order: Order; path: string; buyer: Visitor }> {
  const order = await givenOrder(context, site, { amountDong });
  addresses += 1;
  const buyer = createVisitor(app, `10.9.${addresses >> 8}.${addresses & 255}`);
  await buyer.visit(arrivalUrl(context, order));
  return { order, path: checkoutPath(context, order.id), buyer };
}

/** A buyer at the page that asks for the code. */
async function arriveAtCode() {
  const arrived = await arrive();
  const wallet = await givenWallet(context);
  await arrived.buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  await arrived.buyer.submit('/confirm');
  return { ...arrived, wallet };
}

const tooLong = '9'.repeat(5_000);
const faults: [name: string, value: string][] = [
  ['empty', ''],
  ['letters', 'abc'],
  ['too long', tooLong],
  ['control characters', '\u0000\u0007\u001b'],
  ['too few full-width digits', '１２３４５'],
  ['markup', '<script>alert(1)</script>'],
  ['SQL', "' or 1=1 --"],
  ['a lone surrogate', '\ud800'],
  ['an object', '[object Object]'],
];

/** Sends a form with one field in the wrong shape, in every way a form can be wrong. */
async function* sendWrong(buyer: Visitor, action: string, good: Record<string, string>, field: string) {
  const page = buyer.page;
  const form = findForm(page, action);
  const fields = { ...form.fields, ...good };
  const send = async (body: string) => {
    const response = await buyer.post(form.action, body);
    buyer.page = page;
    return response;
  };
  for (const [name, value] of faults) {
    yield { name, response: await send(new URLSearchParams({ ...fields, [field]: value }).toString()) };
  }
  const { [field]: value = '', ...others } = fields;
  const rest = new URLSearchParams(others).toString();
  yield { name: 'missing', response: await send(rest) };
  const twice = `${rest}&${field}=${encodeURIComponent(value)}x&${field}=x${encodeURIComponent(value)}`;
  yield { name: 'repeated', response: await send(twice) };
  yield { name: 'as an array', response: await send(`${rest}&${field}[]=${encodeURIComponent(value)}`) };
  yield { name: 'not UTF-8', response: await send(`${rest}&${field}=%ff%fe`) };
  yield { name: 'a broken escape', response: await send(`${rest}&${field}=%zz%`) };
}

test('a phone or PIN in the wrong shape is told on the sign-in page and is no attempt', async () => {
  const { order, buyer } = await arrive();
  const wallet = await givenWallet(context);
  const before = await countRows();
  for (const field of ['phone', 'pin']) {
    for await (const { name, response } of sendWrong(
      buyer,
      '/sign-in',
      { phone: wallet.phone, pin: testPin },
      field,
    )) {
      assert.equal(response.statusCode, 303, `${field} ${name}`);
      const shown = await buyer.visit(String(response.headers.location));
      assert.ok(shown.body.includes('role="alert"'), `${field} ${name}`);
      assert.ok(!shown.body.includes('<script>alert'), `${field} ${name}`);
    }
  }
  assert.equal(await countRows(), before);
  const { rows } = await context.db.pool.query(`select 1 from attempt_counters where subject like $1`, [
    `${order.publicId}%`,
  ]);
  assert.equal(rows.length, 0);
});

test('a form token in the wrong shape is refused (403) at every button', async () => {
  const { buyer, path } = await arriveAtCode();
  const token = findForm(buyer.page, '/code').fields.form_token ?? '';
  const before = await countRows();
  for (const button of buttons) {
    for (const [name, value] of [
      ...faults,
      ['altered', `${token.slice(0, -1)}${token.endsWith('A') ? 'Q' : 'A'}`],
    ] as const) {
      const response = await buyer.post(`${path}/${button}`, { form_token: value, otp: '000000' });
      assert.equal(response.statusCode, 403, `${button} ${name}`);
    }
    const twice = await buyer.post(`${path}/${button}`, `form_token=${token}&form_token=${token}`);
    assert.equal(twice.statusCode, 403, button);
  }
  assert.equal(await countRows(), before);
});

test('a payment id that is not of this session is refused (403), whatever it looks like', async () => {
  const { buyer, path } = await arriveAtCode();
  const victim = await arriveAtCode();
  const foreign = findForm(victim.buyer.page, '/code').fields.payment_id ?? '';
  assert.match(foreign, /^pay_/);
  const before = await countRows();
  for await (const { name, response } of sendWrong(buyer, '/code', { otp: '000000' }, 'payment_id')) {
    assert.equal(response.statusCode, 403, name);
  }
  const form = { ...findForm(buyer.page, '/code').fields, payment_id: foreign, otp: '000000' };
  for (const action of ['code', 'resend', 'confirm']) {
    assert.equal((await buyer.post(`${path}/${action}`, form)).statusCode, 403, action);
  }
  assert.equal(await countRows(), before);
});

test('a code in the wrong shape is told, and takes no attempt', async () => {
  const { buyer, wallet } = await arriveAtCode();
  const before = await countRows();
  for await (const { name, response } of sendWrong(buyer, '/code', { otp: '123456' }, 'otp')) {
    assert.equal(response.statusCode, 303, name);
    const shown = await buyer.visit(String(response.headers.location));
    assert.ok(shown.body.includes('role="alert"'), name);
  }
  assert.equal(await countRows(), before);
  const { rows } = await context.db.pool.query('select otp_failures from wallets where id = $1', [wallet.id]);
  assert.equal(rows[0].otp_failures, 0);
});

test('forged and foreign cookies make a stranger of the browser: it may look, and nothing else', async () => {
  const { order, buyer, path } = await arriveAtCode();
  const other = await arriveAtCode();
  const cookieOf = (visitor: Visitor, name: string) =>
    visitor.cookies.find((cookie) => cookie.name === name)?.value ?? '';
  const form = findForm(buyer.page, '/code').fields;
  const session = cookieOf(buyer, 'vipay_session');
  const browsers = [
    '',
    'x',
    tooLong,
    cookieOf(other.buyer, 'vipay_browser'),
    cookieOf(buyer, 'vipay_browser').replace('.1.', '.0.'),
    '%00',
  ];
  const before = await countRows();
  for (const browser of browsers) {
    const thief = createVisitor(app);
    thief.cookies = [
      { name: 'vipay_browser', value: browser, path },
      { name: 'vipay_session', value: session, path },
    ];
    for (const button of buttons) {
      const response = await thief.post(`${path}/${button}`, { ...form, otp: '000000' });
      assert.equal(response.statusCode, 403, `${button} with ${browser.slice(0, 20)}`);
    }
    const looked = await thief.get(path);
    assert.equal(looked.statusCode, 200);
    assert.ok(looked.body.includes('name="pin"'));
  }
  for (const forged of ['', 'x', tooLong, cookieOf(other.buyer, 'vipay_session'), 'A'.repeat(43)]) {
    buyer.cookies = buyer.cookies.map((cookie) =>
      cookie.name === 'vipay_session' ? { ...cookie, value: forged } : cookie,
    );
    const response = await buyer.post(`${path}/code`, { ...form, otp: '000000' });
    assert.equal(response.statusCode, 303);
    assert.ok((await buyer.visit(path)).body.includes('name="pin"'));
  }
  for (const note of ['x', tooLong, cookieOf(other.buyer, 'vipay_session'), 'AAAA']) {
    buyer.cookies = [
      ...buyer.cookies.filter((cookie) => cookie.name !== 'vipay_note'),
      { name: 'vipay_note', value: note, path },
    ];
    assert.equal((await buyer.get(path)).statusCode, 200);
  }
  assert.equal(await countRows(), before);
  assert.equal((await findOrder(context.db, order.id))?.status, 'open');
});

test('an arrival mark that was altered or belongs to another order brings no rights', async () => {
  const one = await givenOrder(context, site);
  const two = await givenOrder(context, site);
  const mark = new URL(arrivalUrl(context, two)).searchParams.get('arrival') ?? '';
  for (const arrival of [mark, mark.slice(1), `${mark}x`, '', tooLong.slice(0, 500), 'A'.repeat(22)]) {
    const stranger = createVisitor(app);
    const path = checkoutPath(context, one.id);
    const response = await stranger.get(`${path}?arrival=${arrival}`);
    assert.equal(response.statusCode, 200, arrival);
    const token = /name="form_token" value="([^"]+)"/.exec(response.body)?.[1] ?? '';
    assert.equal((await stranger.post(`${path}/cancel`, { form_token: token })).statusCode, 403, arrival);
  }
  const repeated = await createVisitor(app).get(
    `${checkoutPath(context, one.id)}?arrival=a&arrival=b&lang=x&lang=y&stay=1&stay=2`,
  );
  assert.equal(repeated.statusCode, 200);
});

test('wrong methods, bodies and content types have their own answers at every address', async () => {
  const { buyer, path } = await arrive();
  const before = await countRows();
  const inject = (method: 'PUT' | 'DELETE' | 'PATCH' | 'POST', url: string) => app.inject({ method, url });
  for (const url of [path, '/vipay_v2/expired']) {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'POST'] as const) {
      const response = await inject(method, url);
      assert.equal(response.statusCode, 405, `${method} ${url}`);
      assert.match(String(response.headers.allow), /GET/);
    }
  }
  for (const button of buttons) {
    const address = `${path}/${button}`;
    assert.equal((await inject('PUT', address)).statusCode, 405);
    const huge = await buyer.post(address, `form_token=${'x'.repeat(70_000)}`);
    assert.equal(huge.statusCode, 413, button);
    const json = await buyer.post(address, '{"form_token":"x"}', { 'content-type': 'application/json' });
    assert.equal(json.statusCode, 415, button);
    const multipart = await buyer.post(address, '--x--', {
      'content-type': 'multipart/form-data; boundary=x',
    });
    assert.equal(multipart.statusCode, 415, button);
    const many = await buyer.post(address, Array.from({ length: 5_000 }, (_, n) => `f${n}=1`).join('&'));
    assert.equal(many.statusCode, 403, button);
    const prototype = await buyer.post(address, '__proto__[form_token]=x&constructor=x&__proto__=x');
    assert.equal(prototype.statusCode, 403, button);
    const followed = await buyer.get(address);
    assert.deepEqual([followed.statusCode, followed.headers.location], [303, path], button);
  }
  assert.equal(await countRows(), before);
});
