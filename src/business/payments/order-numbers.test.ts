// However a classic order ends, it has a number by which people can find it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  createTestContext,
  givenOrder,
  givenPayment,
  givenSite,
  givenWallet,
} from '../../../tests/support/context.ts';
import { findOrder, findOrderByNumber, type Order } from '../orders/index.ts';
import {
  cancelOrder,
  expireDueOrders,
  expireOrderIfDue,
  failOrder,
  giveUpOrder,
  startPayment,
} from './index.ts';

const context = await createTestContext();
after(() => context.drop());
const { site: classic } = await givenSite(context, { protocol: 'classic-v1' });
const { site: rest } = await givenSite(context);

const numberOf = async (order: Order): Promise<string | null> => {
  const ended = await findOrder(context.db, order.id);
  assert.notEqual(ended?.status, 'open');
  return ended?.transactionNo ?? null;
};

/** Each way in which an order may end without a payment of its own result. */
const ends: Record<string, (orders: Order[]) => Promise<unknown>> = {
  cancelled: (orders) => Promise.all(orders.map(({ id }) => cancelOrder(context, id))),
  'given up': (orders) => Promise.all(orders.map(({ id }) => giveUpOrder(context, id, null))),
  failed: (orders) => Promise.all(orders.map(({ id }) => failOrder(context, id, '79'))),
  'expired, seen by its buyer': async (orders) => {
    context.clock.advance(900);
    for (const { id } of orders) assert.equal(await expireOrderIfDue(context, id), true);
  },
  'expired, found by the sweep': async (orders) => {
    context.clock.advance(900);
    assert.equal(await expireDueOrders(context), orders.length);
  },
};

for (const [how, end] of Object.entries(ends)) {
  test(`an order ${how}: a classic one has a number of its own, a REST one that nobody tried to pay has none`, async () => {
    const orders = [
      await givenOrder(context, classic),
      await givenOrder(context, classic),
      await givenOrder(context, rest),
    ];
    await end(orders);
    const [one, other, ofRest] = await Promise.all(orders.map(numberOf));
    assert.match(one ?? '', /^[1-9][0-9]{8,}$/);
    assert.match(other ?? '', /^[1-9][0-9]{8,}$/);
    assert.notEqual(one, other);
    assert.equal(ofRest, null);
    assert.equal((await findOrderByNumber(context.db, one ?? ''))?.id, orders[0]?.id);
    assert.equal(await findOrderByNumber(context.db, '1'), null);
  });

  test(`an order ${how} after somebody tried to pay it: the number is that payment's`, async () => {
    const wallet = await givenWallet(context);
    const order = await givenOrder(context, classic);
    await startPayment(context, { orderId: order.id, walletId: wallet.id, checkoutSessionId: null });
    const payment = await givenPayment(context, { order, wallet });
    await end([order]);
    assert.equal(await numberOf(order), payment.transactionNo);
  });
}
