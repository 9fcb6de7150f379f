import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  createTestContext,
  givenOrder,
  givenPayment,
  givenSite,
  givenWallet,
} from '../tests/support/context.ts';
import { confirmPayment, expireDueOrders } from './business/payments/index.ts';
import { metricsRegistry } from './ground/metrics/index.ts';
import { exposeOperation } from './operation-metrics.ts';

const context = await createTestContext();
after(() => context.drop());
exposeOperation(context);

const shownAs = async (series: string) => {
  const line = (await metricsRegistry.metrics()).split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
};

test('orders and payments are counted by outcome, and what waits is read', async () => {
  const { site } = await givenSite(context);
  const wallet = await givenWallet(context);
  const paid = await givenOrder(context, site);
  await givenOrder(context, site);
  const payment = await givenPayment(context, { order: paid, wallet });
  assert.equal(await confirmPayment(context, payment.id), 'paid');
  context.clock.advance(900);
  assert.ok(Number(await shownAs('vipay_orders_overdue_seconds')) >= 0);
  await expireDueOrders(context);
  assert.equal(await shownAs('vipay_results_total{of="order",outcome="expired",code="11"}'), 1);
  assert.equal(await shownAs('vipay_results_total{of="payment",outcome="paid",code="00"}'), 1);
  assert.equal(await shownAs('vipay_events_total{event="order.expired_together"}'), 1);
  assert.equal(await shownAs('vipay_database_connections_max'), 10);
  assert.equal(await shownAs('vipay_orders_set_aside'), 0);
  assert.equal(await shownAs('vipay_messages_queued'), 0);
});
