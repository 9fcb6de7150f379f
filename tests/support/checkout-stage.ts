// The checkout over HTTP, without scripts, on a database of its own: for the tests of its pages.

import assert from 'node:assert/strict';
import type { FastifyInstance } from 'fastify';
import type { MerchantSite } from '../../src/business/merchants/index.ts';
import { arrivalUrl, findOrder, type Order } from '../../src/business/orders/index.ts';
import { registerCheckout } from '../../src/edges/checkout/index.ts';
import { errorPage } from '../../src/edges/checkout/pages/index.ts';
import { createServer } from '../../src/ground/http/index.ts';
import { createTestContext, givenOrder, givenSite, type TestContext } from './context.ts';
import { createVisitor, type Visitor } from './visitor.ts';

export type CheckoutStage = {
  context: TestContext;
  app: FastifyInstance;
  site: MerchantSite;
  /** An address that nobody has come from yet. */
  nextAddress(): string;
  /** A buyer the shop has sent to its order. */
  arrive(amountDong?: bigint, returnUrl?: string): Promise<{ order: Order; buyer: Visitor }>;
  statusOf(orderId: string): Promise<Order['status'] | undefined>;
  close(): Promise<void>;
};

export async function openCheckoutStage(): Promise<CheckoutStage> {
  const context = await createTestContext();
  const { site } = await givenSite(context);
  const app = createServer({ context, errorPage });
  registerCheckout(app, context);
  await app.ready();
  let addressCount = 0;
  const nextAddress = () => {
    addressCount += 1;
    return `10.1.${Math.floor(addressCount / 250)}.${addressCount % 250}`;
  };
  return {
    context,
    app,
    site,
    nextAddress,
    async arrive(amountDong = 200_000n, returnUrl = 'http://127.0.0.1:9/return') {
      const order = await givenOrder(context, site, { amountDong, returnUrl });
      const buyer = createVisitor(app, nextAddress());
      const response = await buyer.visit(arrivalUrl(context, order));
      assert.equal(response.statusCode, 200);
      return { order, buyer };
    },
    statusOf: async (orderId) => (await findOrder(context.db, orderId))?.status,
    async close() {
      await app.close();
      await context.drop();
    },
  };
}

/** Without printing a whole page when it is not so. */
export function assertShows(page: { body: string }, pattern: RegExp): void {
  assert.ok(
    pattern.test(page.body),
    `the page does not show ${pattern}: ${/<title>(.*)<\/title>/.exec(page.body)?.[1]}`,
  );
}

export function assertHides(page: { body: string }, pattern: RegExp): void {
  assert.ok(!pattern.test(page.body), `the page shows ${pattern}`);
}
