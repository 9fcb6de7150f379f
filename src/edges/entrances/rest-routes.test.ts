import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { testActor } from '../../../tests/support/actor.ts';
import {
  codeOf,
  type EntranceApp,
  newOrder,
  post,
  startEntranceApp,
} from '../../../tests/support/entrance-app.ts';
import { activateSite, type SiteCredentials, suspendSite } from '../../business/merchants/index.ts';
import { parseOrderId } from '../../business/orders/index.ts';
import { cancelOrder } from '../../business/payments/index.ts';
import { findRefusedRequest } from '../../business/requests/index.ts';
import { trimTables } from '../../business/retention/index.ts';
import { orderSchema, problemSchema } from './rest-schemas.ts';

describe('the REST API', () => {
  let at: EntranceApp;
  let site: SiteCredentials;
  let other: SiteCredentials;
  let used = 0;
  const createOrder = (body: object = {}, key = `key-${used}`, apiKey = site.api_key) =>
    post(at.app, '/v3/orders', { apiKey, key, body: { ...newOrder, merch_txn_ref: `REF-${used}`, ...body } });
  const get = (url: string, apiKey = site.api_key) =>
    at.app.inject({ url, headers: { authorization: `Bearer ${apiKey}` } });
  const cancel = (id: string, key: string, apiKey = site.api_key, body?: string) =>
    post(at.app, `/v3/orders/${id}/cancel`, { apiKey, key, body: body ?? '{}' });

  before(async () => {
    at = await startEntranceApp({ max: 10 });
    site = await at.createSite({ protocol: 'rest', merchantSite: 'shop_rest' });
    other = await at.createSite({ protocol: 'rest', merchantSite: 'shop_other' });
  });
  after(() => at.close());
  const next = () => {
    used += 1;
  };

  test('an order is created (201), answers every documented field, and can be read and found', async () => {
    next();
    const made = await createOrder();
    assert.equal(made.statusCode, 201, made.body);
    assert.equal(made.headers['idempotency-replayed'], undefined);
    assert.equal(made.headers['cache-control'], 'no-store');
    const order = orderSchema.strict().parse(made.json());
    assert.equal(order.status, 'open');
    assert.equal(order.amount, '200000');
    assert.equal(order.expires_at, '2026-11-23T05:15:00.000Z');
    assert.match(order.checkout_url, /^http:\/\/pay\.test\/checkout\/[\w-]{43}\?arrival=/);
    assert.deepEqual((await get(`/v3/orders/${order.id}`)).json(), order);
    assert.deepEqual((await get(`/v3/orders?merch_txn_ref=REF-${used}`)).json(), {
      data: [order],
      has_more: false,
      next: null,
    });
    assert.deepEqual((await get('/v3/orders?merch_txn_ref=never')).json(), {
      data: [],
      has_more: false,
      next: null,
    });
  });

  test('the same key and content get the same bytes again, marked as a replay, in any order of the fields', async () => {
    next();
    const made = await createOrder();
    const reversed = Object.fromEntries(
      Object.entries({ ...newOrder, merch_txn_ref: `REF-${used}` }).reverse(),
    );
    for (const body of [{}, reversed]) {
      const again = await createOrder(body);
      assert.equal(again.statusCode, 201);
      assert.equal(again.headers['idempotency-replayed'], 'true');
      assert.equal(again.body, made.body);
    }
  });

  test('the same key with another body is 422; a key belongs to its site and its path', async () => {
    next();
    await createOrder();
    const changed = await createOrder({ amount: '200001' });
    assert.deepEqual([changed.statusCode, codeOf(changed)], [422, '03']);
    problemSchema.strict().parse(changed.json());
    assert.equal((await createOrder({}, `key-${used}`, other.api_key)).statusCode, 201);
  });

  test('a new key with the same content is the same order (200), with other content 409 and code 94', async () => {
    next();
    const made = await createOrder();
    const again = await createOrder({ locale: 'en', currency: 'VND' }, `key-${used}-b`);
    assert.equal(again.statusCode, 200, again.body);
    assert.equal(again.json().id, made.json().id);
    const changed = await createOrder({ description: 'khác' }, `key-${used}-c`);
    assert.deepEqual([changed.statusCode, codeOf(changed)], [409, '94']);
    assert.equal((await createOrder({ description: 'khác' }, `key-${used}-c`)).body, changed.body);
  });

  test('an answer is kept for 30 days and not longer', async () => {
    next();
    const start = at.time.now;
    const made = await createOrder();
    at.time.now = new Date(start.getTime() + 30 * 86_400_000 - 1);
    assert.equal((await createOrder()).body, made.body);
    at.time.now = new Date(start.getTime() + 30 * 86_400_000);
    const later = await createOrder();
    assert.equal(later.statusCode, 200);
    assert.equal(later.json().status, 'expired');
    assert.ok((await trimTables(at.context)).idempotency_keys > 0);
    assert.equal((await createOrder()).body, later.body);
    at.time.now = start;
  });

  test('twenty identical requests at once make one order; the others wait their turn or hear the same', async () => {
    next();
    const answers = await Promise.all(Array.from({ length: 20 }, () => createOrder()));
    const made = answers.filter((answer) => answer.statusCode === 201);
    const waiting = answers.filter((answer) => answer.statusCode === 409);
    assert.equal(made.length + waiting.length, 20);
    assert.equal(made.filter((answer) => answer.headers['idempotency-replayed'] === undefined).length, 1);
    assert.equal(new Set(made.map((answer) => answer.body)).size, 1);
    for (const answer of waiting) {
      assert.equal(answer.headers['retry-after'], '1');
      assert.equal(codeOf(answer), '68');
    }
    assert.equal((await createOrder()).body, made[0]?.body);
  });

  test('twenty keys for one reference at once make one order: one 201, the rest 200', async () => {
    next();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => createOrder({}, `key-${used}-${at}`)),
    );
    const statuses = answers.map((answer) => answer.statusCode).sort();
    assert.deepEqual(statuses, [...Array(19).fill(200), 201]);
    assert.equal(new Set(answers.map((answer) => answer.json().id)).size, 1);
  });

  test('a lost connection frees its key', async () => {
    next();
    const locker = await at.context.db.pool.connect();
    await locker.query('begin');
    await locker.query(
      `select pg_advisory_xact_lock_shared(objid) from (select 1 as objid) as none where false`,
    );
    // The very lock a running request holds: taken here as another process would.
    const text = JSON.stringify(['idempotency', 'shop_rest', '/v3/orders', `key-${used}`]);
    const lockId = createHash('sha256').update(text).digest().readBigInt64BE(0);
    await locker.query('select pg_advisory_xact_lock($1::bigint)', [String(lockId)]);
    assert.equal((await createOrder()).statusCode, 409);
    locker.on('error', () => undefined);
    const { rows } = await locker.query<{ pid: number }>('select pg_backend_pid() as pid');
    await at.context.db.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    locker.release(true);
    let answer = await createOrder();
    for (let attempt = 0; attempt < 50 && answer.statusCode === 409; attempt += 1)
      answer = await createOrder();
    assert.equal(answer.statusCode, 201);
  });

  test('what fails at any point leaves nothing behind, and the same key then works', async () => {
    const { clock } = at.context;
    let failures = 0;
    for (let failAt = 1; failAt <= 20; failAt += 1) {
      next();
      const before = await at.countRows();
      let calls = 0;
      at.context.clock = {
        now() {
          calls += 1;
          if (calls === failAt) throw new Error('the machine is on fire');
          return clock.now();
        },
      };
      const answer = await createOrder();
      at.context.clock = clock;
      if (answer.statusCode === 201) break;
      failures += 1;
      assert.deepEqual([answer.statusCode, codeOf(answer)], [500, '99']);
      assert.doesNotMatch(answer.body, /fire/);
      assert.deepEqual(await at.countRows(), before);
      assert.equal((await createOrder()).statusCode, 201);
    }
    // The last of them fails while the answer is stored, when the order is already in the transaction.
    assert.ok(failures >= 3, String(failures));
  });

  test("another site's order is 404 with code 01 for reading and cancelling, like one that never was", async () => {
    next();
    const { id } = (await createOrder()).json();
    for (const wanted of [id, `ord_${'0'.repeat(32)}`, 'ord_x', '%00']) {
      const read = await get(`/v3/orders/${wanted}`, other.api_key);
      assert.deepEqual([read.statusCode, codeOf(read)], [404, '01']);
      const ended = await cancel(wanted, 'k', other.api_key);
      assert.deepEqual([ended.statusCode, codeOf(ended)], [404, '01']);
    }
    assert.deepEqual((await get(`/v3/orders?merch_txn_ref=REF-${used}`, other.api_key)).json(), {
      data: [],
      has_more: false,
      next: null,
    });
  });

  test('an open order is cancelled once; again, by any key and with or without a body, it stays cancelled', async () => {
    next();
    const { id } = (await createOrder()).json();
    const first = await cancel(id, `c-${used}`);
    assert.equal(first.statusCode, 200, first.body);
    assert.equal(first.json().status, 'cancelled');
    assert.equal(first.json().response_code, '24');
    const replay = await cancel(id, `c-${used}`);
    assert.deepEqual([replay.body, replay.headers['idempotency-replayed']], [first.body, 'true']);
    const again = await cancel(id, `c-${used}-b`, site.api_key, '');
    assert.deepEqual([again.statusCode, again.body], [200, first.body]);
    const { rows } = await sql`select 1 from notifications n join orders o on o.id = n.order_id
      where o.merch_txn_ref = ${`REF-${used}`}`.execute(at.context.db);
    assert.equal(rows.length, 1);
  });

  test('an empty body is none, whatever type it is said to have; anything else that is no JSON is 415', async () => {
    next();
    const { id } = (await createOrder()).json();
    const send = (headers: Record<string, string | undefined>, body: string) =>
      post(at.app, `/v3/orders/${id}/cancel`, {
        apiKey: site.api_key,
        key: `c-${used}-${JSON.stringify(headers)}`.replaceAll(' ', ''),
        body,
        headers,
      });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const headers of [form, { 'content-type': undefined }, { 'content-type': 'text/plain' }, {}]) {
      const answer = await send(headers, '');
      assert.deepEqual(
        [answer.statusCode, answer.json().status],
        [200, 'cancelled'],
        JSON.stringify(headers),
      );
    }
    for (const headers of [form, { 'content-type': undefined }, { 'content-type': 'text/json' }]) {
      const answer = await send(headers, '{}');
      assert.deepEqual([answer.statusCode, codeOf(answer)], [415, '03'], JSON.stringify(headers));
      assert.equal(answer.headers.accept, 'application/json');
    }
    const nothing = await createOrder({}, `key-${used}-e`);
    assert.equal(nothing.statusCode, 200);
    const empty = await post(at.app, '/v3/orders', {
      apiKey: site.api_key,
      key: 'e',
      body: '',
      headers: form,
    });
    assert.deepEqual([empty.statusCode, codeOf(empty)], [400, '03']);
  });

  test('a body is compared as what its JSON says: order, white space, escapes and spelling of numbers aside', async () => {
    next();
    const { description: _, ...fields } = newOrder;
    const send = (text: string) =>
      post(at.app, '/v3/orders', { apiKey: site.api_key, key: `key-${used}`, body: text });
    const rest = JSON.stringify({ ...fields, merch_txn_ref: `REF-${used}` }).slice(1);
    const made = await send(`{"description":"\u00e9","expires_in_seconds":900,${rest}`);
    assert.equal(made.statusCode, 201, made.body);
    for (const head of [
      '"expires_in_seconds":900.0,"description":"é"',
      ' "description" : "é" ,\n"expires_in_seconds":9e2',
    ]) {
      const again = await send(`{${head},${rest}`);
      assert.equal(again.headers['idempotency-replayed'], 'true', again.body);
    }
    assert.equal((await send(`{"description":"é","expires_in_seconds":901,${rest}`)).statusCode, 422);
  });

  test('under a known reference a default that is said is the same as one that is not', async () => {
    const defaults = {
      currency: 'VND',
      locale: 'vi',
      cancel_url: newOrder.return_url,
      expires_in_seconds: 900,
    };
    for (const [name, value] of [...Object.entries(defaults), ['cancel_url', null]] as const) {
      for (const [first, second] of [
        [{}, { [name]: value }],
        [{ [name]: value }, {}],
      ]) {
        next();
        const made = await createOrder(first);
        assert.equal(made.statusCode, 201, made.body);
        const again = await createOrder(second, `key-${used}-b`);
        assert.deepEqual([again.statusCode, again.json().id], [200, made.json().id], `${name} ${again.body}`);
      }
    }
    next();
    assert.equal((await createOrder({ expires_in_seconds: 901 })).statusCode, 201);
    assert.equal((await createOrder({}, `key-${used}-b`)).statusCode, 409);
    assert.equal((await createOrder({ expires_in_seconds: 900 }, `key-${used}-c`)).statusCode, 409);
    assert.equal((await createOrder({ expires_in_seconds: 901 }, `key-${used}-d`)).statusCode, 200);
  });

  test('the default lifetime is the one of the moment at which the order came', async () => {
    next();
    const start = at.time.now;
    assert.equal((await createOrder()).statusCode, 201);
    const rule = 'order.valid_seconds';
    await sql`insert into policies (rule, valid_from, value, source)
      values (${rule}, ${new Date(start.getTime() + 60_000)}, 1200, 'test')`.execute(at.context.owner);
    at.time.now = new Date(start.getTime() + 120_000);
    assert.equal((await createOrder({}, `key-${used}-b`)).statusCode, 200);
    assert.equal((await createOrder({ expires_in_seconds: 900 }, `key-${used}-c`)).statusCode, 200);
    assert.equal((await createOrder({ expires_in_seconds: 1200 }, `key-${used}-d`)).statusCode, 409);
    at.time.now = start;
  });

  test('ten cancellations at once with one key end in one result', async () => {
    next();
    const { id } = (await createOrder()).json();
    const answers = await Promise.all(Array.from({ length: 10 }, () => cancel(id, `c-${used}`)));
    const bodies = answers.filter((answer) => answer.statusCode === 200).map((answer) => answer.body);
    assert.equal(new Set(bodies).size, 1);
    for (const answer of answers) assert.ok([200, 409].includes(answer.statusCode), answer.body);
  });

  test('an order that is over keeps its result: reading says expired, cancelling is 409 with the truth', async () => {
    next();
    const start = at.time.now;
    const made = (await createOrder({ expires_in_seconds: 300 })).json();
    at.time.now = new Date(start.getTime() + 300_000);
    const read = (await get(`/v3/orders/${made.id}`)).json();
    assert.deepEqual(
      [read.status, read.response_code, read.final_at],
      ['expired', '11', '2026-11-23T05:05:00.000Z'],
    );
    const ended = await cancel(made.id, `c-${used}`);
    assert.equal(ended.statusCode, 409);
    const problem = problemSchema.strict().parse(ended.json());
    assert.equal(problem.code, '11');
    assert.deepEqual(problem.order, read);
    at.time.now = start;
  });

  test('a suspended site places no orders (403, 04) but reads those it has; the refusal is not kept', async () => {
    next();
    const { id } = (await createOrder()).json();
    await suspendSite(at.context, testActor, 'shop_rest');
    const refused = await createOrder({ merch_txn_ref: `REF-${used}-b` }, `key-${used}-b`);
    assert.deepEqual([refused.statusCode, codeOf(refused)], [403, '04']);
    assert.equal((await get(`/v3/orders/${id}`)).statusCode, 200);
    await activateSite(at.context, testActor, 'shop_rest');
    assert.equal((await createOrder({ merch_txn_ref: `REF-${used}-b` }, `key-${used}-b`)).statusCode, 201);
  });

  test('an order the site may not place is 400 with code 03, kept under its key', async () => {
    next();
    await sql`update merchant_sites set amount_max_dong = 100 where merchant_site = 'shop_other'`.execute(
      at.context.owner,
    );
    const refused = await createOrder({}, `key-${used}`, other.api_key);
    assert.deepEqual([refused.statusCode, codeOf(refused)], [400, '03']);
    assert.match(refused.json().type, /\/docs\/problems\/order-refused$/);
    assert.equal(
      (await createOrder({}, `key-${used}`, other.api_key)).headers['idempotency-replayed'],
      'true',
    );
  });

  test('a refusal is in the log of refused requests under its trace id, without the key', async () => {
    next();
    const refused = await createOrder({ amount: '1.5' });
    const line = await findRefusedRequest(at.context.db, refused.json().trace_id);
    assert.equal(refused.json().trace_id, refused.headers['x-trace-id']);
    assert.equal(line?.merchantSite, 'shop_rest');
    assert.equal(line?.entryPoint, '/v3/orders');
    assert.equal(line?.received.amount, '1.5');
    assert.deepEqual(refused.json().errors, [
      { field: 'amount', detail: 'must be text of 1 to 13 digits, whole dong, not zero' },
    ]);
  });

  test('every problem type opens a page, in both languages', async () => {
    const { type } = (await createOrder({ amount: 5 }, 'x')).json();
    const page = await at.app.inject({ url: `${new URL(type).pathname}?lang=en` });
    assert.equal(page.statusCode, 200);
    assert.match(page.body, /errors names each/);
    assert.equal((await at.app.inject({ url: '/docs/problems/constructor' })).statusCode, 404);
  });

  test('the buyer cancelling first is the same goal reached: 200', async () => {
    next();
    const made = (await createOrder()).json();
    await cancelOrder(at.context, parseOrderId(made.id) ?? '');
    assert.equal((await cancel(made.id, `c-${used}`)).statusCode, 200);
  });
});
