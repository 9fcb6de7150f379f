// Readiness asks the database itself, on its own connection. With a wrong clock nothing is decided.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createContextOn, givenSite, givenWallet, type TestContext } from '../../../tests/support/context.ts';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { givenPayments, postByPin } from '../../../tests/support/posting-fixtures.ts';
import { createApp } from '../../app.ts';
import { expireDueOrders } from '../../business/payments/index.ts';
import { type DatabaseWatch, guardClock, openDatabase, watchDatabase } from './index.ts';

let context: TestContext;
let watch: DatabaseWatch;
let machineAheadMs = 0;
const changes: string[] = [];

before(async () => {
  context = createContextOn(await createTestDatabase());
  watch = watchDatabase(context.url, {
    machineNow: () => Date.now() + machineAheadMs,
    onChange: (standing) => changes.push(standing.ok ? 'ok' : standing.reason),
  });
  await watch.ask();
});
after(async () => {
  await watch.stop();
  await context.drop();
});

test('with all connections of the pool in use the gateway is ready all the same', async () => {
  const db = openDatabase(context.url, { max: 2 });
  const app = createApp({ ...context, db }, { sandbox: null, watch });
  const held = await Promise.all([db.pool.connect(), db.pool.connect()]);
  assert.equal((await app.inject('/readyz')).statusCode, 200);
  for (const client of held) client.release();
  await app.close();
  await db.destroy();
});

test('a gateway six minutes ahead or behind takes nothing, ends no order and says why; once right again it goes on', async () => {
  const { site, credentials } = await givenSite(context, { protocol: 'rest' });
  const wallet = await givenWallet(context, { balanceDong: 100_000n });
  const [ready] = await givenPayments(context, site, [{ wallet, amountDong: 20_000n }]);
  assert.ok(ready);
  const guarded = { ...context, clock: { ...context.clock, ...guardClock(context.clock, watch) } };
  const app = createApp(guarded, { sandbox: null, watch });
  const place = () =>
    app.inject({
      method: 'POST',
      url: '/v3/orders',
      headers: {
        authorization: `Bearer ${credentials.api_key}`,
        'idempotency-key': 'clock',
        'content-type': 'application/json',
      },
      payload: JSON.stringify({
        merch_txn_ref: 'CLOCK',
        order_no: 'CLOCK',
        amount: '20000',
        description: 'Sen đá',
        return_url: 'https://shop.example/',
      }),
    });

  for (const minutes of [6, -6]) {
    machineAheadMs = minutes * 60_000;
    const answer = await app.inject('/readyz');
    assert.deepEqual([answer.statusCode, answer.json().reason], [503, 'clock_differs']);
    const refused = await place();
    assert.deepEqual([refused.statusCode, refused.json().code], [503, '75']);
    assert.ok(refused.headers['retry-after']);
    const page = await app.inject({ url: '/checkout/none', headers: { accept: 'text/html' } });
    assert.ok([404, 503].includes(page.statusCode));
    assert.deepEqual(await postByPin(guarded, [ready]), ['busy']);
    await assert.rejects(async () => expireDueOrders(guarded), { name: 'ClockDiffers' });
    const { rows } = await context.db.pool.query(
      "select count(*)::int as n from orders where status <> 'open'",
    );
    assert.equal(rows[0].n, 0);
  }
  machineAheadMs = 1_500;
  assert.equal((await app.inject('/readyz')).statusCode, 200);
  assert.equal((await place()).statusCode, 201);
  assert.deepEqual(await postByPin(guarded, [ready]), ['paid']);
  assert.deepEqual(changes, ['clock_differs', 'ok']);
  await app.close();
});

test('a clock that is set between two questions to the database decides nothing, not even once', async () => {
  const own = createContextOn(await createTestDatabase());
  let aheadMs = 300;
  const ownWatch = watchDatabase(own.url, { machineNow: () => Date.now() + aheadMs });
  const clock = guardClock(own.clock, ownWatch);
  assert.ok(clock.now(), 'before the first answer');
  assert.equal((await ownWatch.ask()).ok, true);
  for (const setTo of [4_000, -4_000, 3_600_000, -86_400_000]) {
    aheadMs = setTo;
    assert.throws(() => clock.now(), { name: 'ClockDiffers' });
    aheadMs = 300;
    assert.ok(clock.now(), 'set right again, before anybody has asked');
  }
  // Within what is allowed.
  aheadMs = 1_500;
  assert.ok(clock.now());
  // Asked anew, a difference that has grown within what is allowed is the one to begin from.
  assert.equal((await ownWatch.ask()).ok, true);
  aheadMs = 2_500;
  assert.throws(() => clock.now(), { name: 'ClockDiffers' });
  await ownWatch.stop();
  await own.drop();
});

test('a database that was set read-only is not ready, whatever it answers to reads', async () => {
  const database = await createTestDatabase();
  const name = new URL(database.url).pathname.slice(1);
  const own = watchDatabase(database.url);
  assert.equal((await own.ask()).ok, true);
  await database.owner.pool.query(`alter database ${name} set default_transaction_read_only to on`);
  // A session keeps what it began with: another one is asked.
  await own.stop();
  const other = watchDatabase(database.url);
  const standing = await other.ask();
  assert.deepEqual([standing.ok, standing.ok || standing.reason], [false, 'database_read_only']);
  await other.stop();
  const nobody = watchDatabase('postgres://nobody@127.0.0.1:1/nothing');
  const away = await nobody.ask();
  assert.equal(away.ok || away.reason, 'database_unreachable');
  await nobody.stop();
  await database.drop();
});

test('a write that had no room makes the gateway not ready, whichever connection met it', async () => {
  const own = createContextOn(await createTestDatabase());
  const ownWatch = watchDatabase(own.url);
  assert.equal((await ownWatch.ask()).ok, true);
  await assert.rejects(
    own.db.pool.query("do $$ begin raise exception 'no space left' using errcode = 'disk_full'; end $$"),
    { code: '53100' },
  );
  const standing = await ownWatch.ask();
  assert.deepEqual([standing.ok, standing.ok || standing.reason], [false, 'database_full']);
  await ownWatch.stop();
  await own.drop();
});
