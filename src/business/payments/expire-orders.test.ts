import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createTestContext, givenOrder, givenSite, givenWallet } from '../../../tests/support/context.ts';
import { givenPayments, type ReadyPayment } from '../../../tests/support/posting-fixtures.ts';
import { createLogger } from '../../ground/log/index.ts';
import { expireDueOrders, readOverdueOrders } from './index.ts';

const lines: string[] = [];
const plain = await createTestContext();
after(() => plain.drop());
const context = { ...plain, log: createLogger('error', { write: (line) => void lines.push(line) }) };
const { site } = await givenSite(context, { notifyUrl: 'http://127.0.0.1:9/webhook' });
const wallet = await givenWallet(context);

/** Orders with a payment under way each, whose time is over; oldest first. */
async function givenDueOrders(count: number): Promise<ReadyPayment[]> {
  const ready = await givenPayments(
    context,
    site,
    Array.from({ length: count }, () => ({ wallet, amountDong: 1_000n })),
  );
  await context.db.pool.query(
    `insert into order_deadlines (expires_at, order_id) select expires_at, id from orders where id = any($1)`,
    [ready.map(({ orderId }) => orderId)],
  );
  context.clock.advance(900);
  return ready;
}

const countRows = async (from: string, ids: string[]) => {
  const { rows } = await context.db.pool.query<{ count: number }>(
    `select count(*)::int as count from ${from} and order_id = any($1)`,
    [ids],
  );
  return rows[0]?.count;
};
const statusOf = async (orderId: string) => {
  const { rows } = await context.db.pool.query<{ status: string }>(
    'select status from orders where id = $1',
    [orderId],
  );
  return rows[0]?.status;
};

/** An order that cannot be ended, for as long as the row stands: its one notification is there already. */
async function spoil(orderId: string): Promise<() => Promise<void>> {
  await context.owner.pool.query(
    `insert into notifications (id, order_id, merchant_site, environment, status, created_at)
     values (gen_random_uuid(), $1, $2, 'sandbox', 'skipped', now())`,
    [orderId, site.merchantSite],
  );
  return async () => {
    await context.owner.pool.query('delete from notifications where order_id = $1', [orderId]);
  };
}

test('one run ends everything that is due, with its payments and a notification each', async () => {
  const due = await givenDueOrders(1_203);
  const ids = due.map(({ orderId }) => orderId);
  assert.equal(await expireDueOrders(context), 1_203);
  assert.equal(await countRows("payments where status = 'expired'", ids), 1_203);
  assert.equal(await countRows("notifications where status = 'pending'", ids), 1_203);
  assert.equal(await countRows('order_deadlines where true', ids), 0);
  assert.equal(await expireDueOrders(context), 0);
});

test('orders that cannot be ended are set aside with an alarm, and those behind them end all the same', async () => {
  const due = await givenDueOrders(700);
  const bad = [due[0], due[350], due[699]].map((each) => (each as ReadyPayment).orderId);
  const mend = await Promise.all(bad.map(spoil));
  assert.equal(await expireDueOrders(context), 697);
  assert.equal((await readOverdueOrders(context.db, context.clock.now())).setAside, 3);
  const [alarm = ''] = lines.splice(0);
  assert.match(alarm, /order\.expiry_set_aside/);
  assert.match(alarm, /"count":3/);
  assert.ok(alarm.includes(`ord_${bad[0]?.replaceAll('-', '')}`));

  // Not before its time, then again, each time later: a minute, two, four …
  assert.equal(await expireDueOrders(context), 0);
  assert.deepEqual(lines.splice(0), []);
  for (const seconds of [60, 120, 240]) {
    context.clock.advance(seconds - 1);
    assert.equal(await expireDueOrders(context), 0);
    assert.deepEqual(lines.splice(0), []);
    context.clock.advance(1);
    assert.equal(await expireDueOrders(context), 0);
    assert.equal(lines.splice(0).length, 1);
  }
  for (const each of mend) await each();
  context.clock.advance(6 * 3600);
  assert.equal(await expireDueOrders(context), 3);
  assert.equal((await readOverdueOrders(context.db, context.clock.now())).setAside, 0);
});

test('an order set aside that ends in another way is forgotten', async () => {
  const [due] = (await givenDueOrders(1)) as [ReadyPayment];
  const mend = await spoil(due.orderId);
  assert.equal(await expireDueOrders(context), 0);
  await mend();
  await context.db.pool.query(
    `update orders set status = 'cancelled', response_code = '24', final_at = expires_at where id = $1`,
    [due.orderId],
  );
  context.clock.advance(60);
  assert.equal(await expireDueOrders(context), 0);
  assert.equal((await readOverdueOrders(context.db, context.clock.now())).setAside, 0);
});

test('an order that somebody holds is left to the next run, without a wait', async () => {
  const [held, free] = (await givenDueOrders(2)) as [ReadyPayment, ReadyPayment];
  const holder = await context.db.pool.connect();
  await holder.query('begin');
  await holder.query('select 1 from orders where id = $1 for no key update', [held.orderId]);
  assert.equal(await expireDueOrders(context), 1);
  assert.deepEqual([await statusOf(held.orderId), await statusOf(free.orderId)], ['open', 'expired']);
  await holder.query('rollback');
  holder.release();
  assert.equal(await expireDueOrders(context), 1);
});

test('a batch that deadlocks with somebody is tried again in halves', async () => {
  const due = await givenDueOrders(8);
  const ids = due.map(({ orderId }) => orderId);
  // A first statement that locks this order among several others gets a deadlock.
  const { default: pg } = await import('pg');
  const owner = new pg.Client({ connectionString: context.ownerUrl });
  await owner.connect();
  await owner.query(`
    create function deadlock_once() returns trigger language plpgsql as $$
    begin
      if (select count(*) from new_rows) > 1 then raise exception 'deadlock' using errcode = '40P01'; end if;
      return null;
    end $$;
    create trigger deadlock_once after update on orders referencing new table as new_rows
      for each statement execute function deadlock_once()`);
  try {
    assert.equal(await expireDueOrders(context), 8);
  } finally {
    await owner.query('drop function deadlock_once cascade');
    await owner.end();
  }
  assert.equal(await countRows("notifications where status = 'pending'", ids), 8);
});

test('two sweeps at once end each order once', async () => {
  const due = await givenDueOrders(1_100);
  const [one, other] = await Promise.all([expireDueOrders(context), expireDueOrders(context)]);
  assert.equal(one + other, 1_100);
  assert.equal(
    await countRows(
      "notifications where status = 'pending'",
      due.map(({ orderId }) => orderId),
    ),
    1_100,
  );
});

test('an order whose time is not over yet is left alone', async () => {
  const order = await givenOrder(context, site);
  context.clock.advance(899);
  await expireDueOrders(context);
  assert.equal(await statusOf(order.id), 'open');
});
