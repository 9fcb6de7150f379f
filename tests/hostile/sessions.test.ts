// An ended session opens nothing, and each sign-in gets a token of its own.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { arrivalUrl, checkoutPath } from '../../src/business/orders/index.ts';
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
import { createVisitor, type Visitor } from '../support/visitor.ts';

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

const sessionOf = (buyer: Visitor) => buyer.cookies.find(({ name }) => name.endsWith('vipay_session'))?.value;

test('a session that was signed out of opens nothing any more, and the next sign-in has another token', async () => {
  const { site } = await givenSite(context);
  const order = await givenOrder(context, site);
  const wallet = await givenWallet(context);
  const buyer = createVisitor(app);
  await buyer.visit(arrivalUrl(context, order));
  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  assert.match(buyer.page, /\/confirm"/);
  const kept = buyer.cookies.map((cookie) => ({ ...cookie }));
  const first = sessionOf(buyer);
  // 256 random bits, in URL letters.
  assert.match(first ?? '', /^[A-Za-z0-9_-]{43}$/);

  await buyer.submit('/sign-out');
  const thief = createVisitor(app);
  thief.cookies = kept;
  await thief.visit(checkoutPath(context, order.id));
  assert.doesNotMatch(thief.page, /\/confirm"/);
  assert.match(thief.page, /\/sign-in"/);

  await buyer.submit('/sign-in', { phone: wallet.phone, pin: testPin });
  assert.notEqual(sessionOf(buyer), first);
  const { rows } = await context.db.pool.query(
    'select count(*)::int as open from checkout_sessions where ended_at is null',
  );
  assert.deepEqual(rows, [{ open: 1 }]);
});
