// GET /v3/orders on a table with many orders of many sites.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { codeOf, newOrder, post, startEntranceApp } from '../../../tests/support/entrance-app.ts';
import { siteOrdersStatement } from '../../business/orders/order-lists.ts';
import { orderListSchema } from './rest-schemas.ts';

const at = await startEntranceApp({ max: 10 });
after(() => at.close());
const shop = await at.createSite({ protocol: 'rest', merchantSite: 'shop_lists' });
const other = await at.createSite({ protocol: 'rest', merchantSite: 'shop_next_door' });
const busy = await at.createSite({ protocol: 'rest', merchantSite: 'shop_busy' });

let placed = 0;
async function place(site = shop): Promise<string> {
  placed += 1;
  const body = { ...newOrder, merch_txn_ref: `L-${placed}`, order_no: `L-${placed}` };
  const made = await post(at.app, '/v3/orders', { apiKey: site.api_key, key: `l-${placed}`, body });
  assert.equal(made.statusCode, 201, made.body);
  return made.json().id;
}
const get = (query: string, site = shop) =>
  at.app.inject({ url: `/v3/orders${query}`, headers: { authorization: `Bearer ${site.api_key}` } });
async function list(query: string, site = shop) {
  const answer = await get(query, site);
  assert.equal(answer.statusCode, 200, answer.body);
  return orderListSchema.strict().parse(answer.json());
}
/** Every page to the end; `between` runs after each. */
async function walk(query: string, site = shop, between = async () => {}): Promise<string[]> {
  const ids: string[] = [];
  for (let next: string | null = ''; next !== null; ) {
    const page: Awaited<ReturnType<typeof list>> = await list(`?${query}${next && `&after=${next}`}`, site);
    assert.equal(page.has_more, page.next !== null);
    ids.push(...page.data.map(({ id }) => id));
    next = page.next;
    await between();
  }
  return ids;
}
const pass = (ms: number) => {
  at.time.now = new Date(at.time.now.getTime() + ms);
};

/** Orders of long ago, written by the owner's hand, `count` of them, each a second after the last. */
async function given(merchantSite: string, status: 'open' | 'paid', from: string, count: number) {
  const { pool } = at.context.owner;
  const prefix = `${status} ${from} `;
  await pool.query(
    `insert into orders (id, environment, merchant_site, protocol, merch_txn_ref, order_no, amount_dong, description,
       return_url, locale, received, content_hash, created_at, expires_at)
     select gen_random_uuid(), 'sandbox', $1, 'rest', $2 || n, 'x', 1000, 'x', 'https://shop.example/', 'vi', '{}', '\\x00',
       $3::timestamptz + n * interval '1 second', $3::timestamptz + interval '10 years'
     from generate_series(1, $4) n`,
    [merchantSite, prefix, from, count],
  );
  if (status === 'open') return;
  await pool.query(
    `update orders set status = 'paid', response_code = '00', final_at = created_at
     where merchant_site = $1 and starts_with(merch_txn_ref, $2)`,
    [merchantSite, prefix],
  );
}

test('an empty list is a page too', async () => {
  assert.deepEqual(await list(''), { data: [], has_more: false, next: null });
  assert.deepEqual(await list('?merch_txn_ref=never'), { data: [], has_more: false, next: null });
});

test('pages are whole and in order, of this site alone, also while orders come in between them', async () => {
  const ids: string[] = [];
  // Some in one and the same millisecond.
  for (let number = 0; number < 25; number += 1) {
    ids.unshift(await place());
    if (number % 3 === 0) pass(1);
    if (number % 5 === 0) await place(other);
  }
  const whole = await list('?limit=100');
  assert.equal(whole.data.length, 25);
  assert.deepEqual(new Set(whole.data.map(({ id }) => id)), new Set(ids));
  assert.equal((await list('')).data.length, 20);
  for (const limit of [1, 7, 24, 25]) {
    const walked = await walk(`limit=${limit}`, shop, async () => {
      pass(1);
      if (limit === 7) await place();
    });
    const known = walked.filter((id) => ids.includes(id));
    assert.deepEqual(
      known,
      whole.data.map(({ id }) => id),
      `in pages of ${limit}`,
    );
  }
});

test('only of a status, only of a time; an order whose time is over says so and is no longer listed as open', async () => {
  pass(60_000);
  const from = at.time.now.toISOString();
  const [first, second] = [await place(), await place()];
  pass(1_000);
  const to = at.time.now.toISOString();
  const later = await place();
  await post(at.app, `/v3/orders/${second}/cancel`, { apiKey: shop.api_key, key: 'cancel', body: {} });
  const between = `created_from=${from}&created_to=${to}`;
  assert.deepEqual(new Set(await walk(`limit=1&${between}`)), new Set([first, second]));
  assert.deepEqual(await walk(`${between}&status=cancelled`), [second]);
  assert.deepEqual(await walk(`created_from=${to}`), [later]);
  assert.deepEqual(await walk(`created_from=${to}&created_to=${to}`), []);
  pass(901_000);
  assert.deepEqual(await walk(`${between}&status=open`), []);
  assert.deepEqual(await walk(`${between}&status=expired`), [first]);
});

test('what is wrong with a list is said by field, and another site’s order is no place in this one', async () => {
  const foreign = await place(other);
  for (const [query, field] of [
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=1e1', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['status=paid;', 'status'],
    ['status=', 'status'],
    ['created_from=yesterday', 'created_from'],
    ['created_to=2026-11-23', 'created_to'],
    [`after=${foreign}`, 'after'],
    ['after=ord_00000000000000000000000000000000', 'after'],
    ["after=ord_' or true --", 'after'],
    ['merch_txn_ref=L-1&status=paid', 'merch_txn_ref'],
    ['merch_txn_ref=L-1&limit=5', 'merch_txn_ref'],
  ] as const) {
    const answer = await get(`?${query}`);
    assert.equal(answer.statusCode, 400, query);
    assert.equal(codeOf(answer), '03');
    assert.deepEqual(
      answer.json().errors.map((error: { field: string }) => error.field),
      [field],
      query,
    );
  }
  assert.equal((await get('?unknown=1')).statusCode, 400);
});

test('a rare status is found behind many others: pages may be short, and none is left out', async () => {
  await given('shop_busy', 'open', '2026-01-01T00:00:00Z', 3);
  await given('shop_busy', 'paid', '2026-02-01T00:00:00Z', 12_000);
  await given('shop_busy', 'open', '2026-03-01T00:00:00Z', 1);
  const first = await list('?status=open&limit=2', busy);
  assert.equal(first.data.length, 1);
  assert.equal(first.has_more, true);
  assert.equal((await walk('status=open&limit=2', busy)).length, 4);
  assert.equal((await walk('status=cancelled', busy)).length, 0);
  assert.equal((await walk('status=paid&limit=100&created_from=2026-02-01T03:00:00Z', busy)).length, 1_201);
});

test('a page reads through the index of its site, however many orders there are', async () => {
  await given('shop_next_door', 'paid', '2026-02-01T00:00:00Z', 30_000);
  await at.context.owner.pool.query('analyze orders');
  const merchantSite = 'shop_busy';
  const after = { id: '00000000-0000-0000-0000-000000000000', createdAt: new Date('2026-02-01T02:00:00Z') };
  const time = { createdFrom: new Date('2026-01-15T00:00:00Z'), createdTo: new Date('2026-02-01T03:00:00Z') };
  for (const page of [
    { merchantSite, limit: 20 },
    { merchantSite, limit: 20, after },
    { merchantSite, limit: 20, ...time },
    { merchantSite, limit: 20, after, ...time, status: 'paid' as const },
  ]) {
    const { rows } = await sql<{ 'QUERY PLAN': [{ Plan: { 'Shared Hit Blocks': number } }] }>`
      explain (analyze, buffers, format json) ${siteOrdersStatement(page)}`.execute(at.context.db);
    const plan = JSON.stringify(rows);
    assert.match(plan, /orders_by_site_and_time/);
    assert.doesNotMatch(plan, /Seq Scan/);
    const [{ Plan }] = rows[0]?.['QUERY PLAN'] ?? assert.fail('no plan');
    const blocksMax = 'status' in page ? 6_000 : 200;
    assert.ok(Plan['Shared Hit Blocks'] < blocksMax, `${Plan['Shared Hit Blocks']} blocks: ${plan}`);
  }
});
