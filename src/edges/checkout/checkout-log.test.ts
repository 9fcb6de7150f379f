// What the log says of buyers and thieves: one line for each thing that happened, under the trace id of its answer.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import {
  createTestContext,
  givenOrder,
  givenSite,
  givenWallet,
  readOtp,
  type TestContext,
  testPin,
} from '../../../tests/support/context.ts';
import { createVisitor } from '../../../tests/support/visitor.ts';
import type { MerchantSite } from '../../business/merchants/index.ts';
import { arrivalUrl, checkoutPath, checkoutUrl } from '../../business/orders/index.ts';
import { createServer } from '../../ground/http/index.ts';
import { createLogger } from '../../ground/log/index.ts';
import { registerCheckout } from './index.ts';
import { errorPage } from './pages/index.ts';

let context: TestContext;
let app: FastifyInstance;
let site: MerchantSite;
let lines: string[] = [];

before(async () => {
  const log = createLogger('info', { write: (line: string) => void lines.push(line) });
  context = { ...(await createTestContext()), log };
  site = (await givenSite(context)).site;
  app = createServer({ context, errorPage, trustProxy: true });
  registerCheckout(app, context);
  await app.ready();
});
beforeEach(() => {
  lines = [];
});
after(async () => {
  for (const line of lines) assert.ok(JSON.parse(line));
  await app.close();
  await context.drop();
});

const eventsOf = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
const namesOf = () => eventsOf().map(({ event }) => event);

async function arrive(amountDong = 200_000n) {
  const order = await givenOrder(context, site, { amountDong });
  const buyer = createVisitor(app);
  await buyer.visit(arrivalUrl(context, order));
  return { order, buyer, path: checkoutPath(context, order.id) };
}

test('a payment by code is told step by step, each under the trace id of its answer, and no line holds a secret', async () => {
  const { order, buyer } = await arrive(6_000_000n);
  const wallet = await givenWallet(context);
  const traced: string[] = [];
  const send = async (action: string, fields: Record<string, string> = {}) => {
    const answer = await buyer.send(action, fields);
    traced.push(String(answer.headers['x-trace-id']));
    await buyer.visit(String(answer.headers.location));
  };
  await send('/sign-in', { phone: wallet.phone, pin: '135790' });
  await send('/sign-in', { phone: wallet.phone, pin: testPin });
  await send('/confirm');
  const otp = await readOtp(context, wallet.phone);
  const wrong = otp === '111111' ? '222222' : '111111';
  await send('/code', { otp: wrong });
  await send('/code', { otp });
  assert.deepEqual(
    eventsOf().map(({ event, traceId }) => [event, traced.indexOf(String(traceId))]),
    [
      ['sign_in.failed', 0],
      ['sign_in.succeeded', 1],
      ['payment.started', 1],
      ['code.sent', 2],
      ['code.wrong', 3],
      ['payment.paid', 4],
    ],
  );
  const [failed, succeeded, started] = eventsOf();
  assert.equal(failed?.walletId, wallet.id);
  assert.deepEqual([succeeded?.orderId, started?.orderId], [order.publicId, order.publicId]);
  const text = lines.join('');
  for (const secret of [testPin, '135790', otp, wrong, wallet.phone, 'Nguyễn'])
    assert.ok(!text.includes(secret), `the log holds ${secret}`);
  for (const line of lines) {
    const keys = [...line.matchAll(/[{,]"(\w+)":/g)].map(([, key]) => key);
    assert.equal(new Set(keys).size, keys.length, line);
  }
});

test('locks, refused attempts, other people’s forms and unknown checkouts are told, with the address in one spelling', async () => {
  const { order, buyer, path } = await arrive();
  const wallet = await givenWallet(context);
  for (let tries = 0; tries < 6; tries += 1)
    await buyer.submit('/sign-in', { phone: wallet.phone, pin: '135790' }).catch(() => buyer.visit(path));
  assert.deepEqual(namesOf(), [...Array<string>(5).fill('sign_in.failed'), 'sign_in.locked']);
  const locked = eventsOf().at(-1);
  assert.equal(locked?.level, 'warn');
  assert.ok(typeof locked?.lockedUntil === 'string' && typeof locked.subject === 'string');

  lines = [];
  const stranger = createVisitor(app);
  await stranger.visit(checkoutUrl(context, order));
  const token = /name="form_token" value="([^"]+)"/.exec(stranger.page)?.[1] ?? '';
  const from = { 'x-forwarded-for': '[2001:0DB8::0001]:40123' };
  await stranger.post(`${path}/cancel`, { form_token: token }, from);
  await stranger.post(`${path}/cancel`, { form_token: 'forged' }, from);
  await createVisitor(app).post(`${path}/give-up`, { form_token: token }, from);
  await stranger.get('/checkout/never-given-out', from);
  assert.deepEqual(
    eventsOf().map(({ event, reason, action, address }) => [event, reason, action, address]),
    [
      ['form.refused', 'not_allowed', 'cancel', '2001:db8::1'],
      ['form.refused', 'form_token', 'cancel', '2001:db8::1'],
      ['form.refused', 'unknown_browser', 'give-up', '2001:db8::1'],
      ['request.refused', undefined, undefined, '2001:db8::1'],
    ],
  );
  assert.ok(!lines.join('').includes('never-given-out'), 'a token stands in the log');
});

test('a cancelled order and a buyer who signs out have a line each', async () => {
  const { order, buyer } = await arrive();
  const wallet = await givenWallet(context);
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  await buyer.submit('/sign-out');
  lines = [];
  await buyer.submit('/cancel');
  assert.deepEqual(
    eventsOf().map(({ event, orderId, status, code }) => [event, orderId, status, code]),
    [['order.ended', order.publicId, 'cancelled', '24']],
  );
});

test('a flood of forged forms writes a few lines', async () => {
  const { path } = await arrive();
  const flooder = createVisitor(app);
  for (let n = 0; n < 60; n += 1) await flooder.post(`${path}/cancel`, { form_token: 'x' });
  assert.equal(lines.length, 20);
});
