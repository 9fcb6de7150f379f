// Reads an order from the gateway's books and from the shop, to compare with the pages.

import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { TestGateway } from '../support/gateway.ts';

export type ShopOrder = {
  id: string;
  state: string;
  response_code: string | null;
  transaction_no: string | null;
  returned_at: string | null;
  protocol: string;
  events: { what: string; signature: string | null; response_code: string | null; answered: string | null }[];
};

/** The shop's newest order of this protocol. */
export async function readShopOrder(gateway: TestGateway, protocol: string): Promise<ShopOrder> {
  const answer = await fetch(`${gateway.url}/shop/orders.json`);
  const { orders } = (await answer.json()) as { orders: ShopOrder[] };
  const found = orders.find((order) => order.protocol === protocol);
  assert.ok(found, `the shop has no order of ${protocol}`);
  return found;
}

/** Waits until the shop has taken a server notification with this code, and returns its order. */
export async function waitForNotified(
  gateway: TestGateway,
  id: string,
  protocol: string,
  responseCode: string,
): Promise<ShopOrder> {
  for (let tries = 0; tries < 100; tries += 1) {
    const order = await readShopOrder(gateway, protocol);
    assert.equal(order.id, id);
    const told = order.events.find((event) => event.what === 'notification');
    if (told) {
      assert.equal(told.signature, 'valid');
      assert.equal(told.response_code, responseCode);
      assert.equal(told.answered, protocol === 'rest' ? '204' : '00');
      return order;
    }
    await wait(100);
  }
  throw new Error(`the shop was not told of order ${id}`);
}

/** How often the order with this checkout was posted to the ledger. */
export async function countPostings(gateway: TestGateway, checkoutUrl: string): Promise<number> {
  const token = Buffer.from(new URL(checkoutUrl).pathname.split('/')[2] ?? '', 'base64url');
  const orderId = token.subarray(0, 16).toString('hex');
  const { rows } = await gateway.context.db.pool.query<{ count: number }>(
    `select count(*)::int as count from transfers t join payments p on t.reference = 'pay_' || replace(p.id::text, '-', '')
     where t.kind = 'payment' and p.order_id = $1::uuid`,
    [orderId],
  );
  return rows[0]?.count ?? 0;
}
