import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createTestContext, givenSite } from '../../../tests/support/context.ts';
import { createTestDatabase } from '../../../tests/support/database.ts';
import type { Context } from '../../ground/context.ts';
import { findRefusedRequest, type RefusedRequestInput, recordRefusedRequest } from './index.ts';
import { redactFields } from './redact-fields.ts';

const base = await createTestContext();
const { db, ownerUrl } = base;
after(base.drop);
const { site: own } = await givenSite(base);
const { site: neighbour } = await givenSite(base);

let nowMs = Date.parse('2026-11-23T03:00:00Z');
const warnings: string[] = [];
const log = { warn: (_fields: object, text: string) => warnings.push(text) } as unknown as Context['log'];
const context = { db, log, clock: { now: () => new Date(nowMs) } };

const refused = (traceId: string, more: Partial<RefusedRequestInput> = {}): RefusedRequestInput => ({
  traceId,
  entryPoint: 'classic-v1',
  method: 'GET',
  remoteAddress: '203.0.113.9',
  merchantSite: 'shop_v1',
  code: '97',
  detail: 'secure_hash: does not fit',
  received: { merch_txn_ref: 'R1', secure_hash: 'abcdef', order_desc: 'Mua hoa cho chị Lan' },
  ...more,
});

test('a refused request is found by its trace id, with its fields masked', async () => {
  await recordRefusedRequest(context, refused('tr_1'));
  const found = await findRefusedRequest(db, 'tr_1');
  assert.deepEqual(found, {
    ...refused('tr_1'),
    receivedAt: new Date(nowMs),
    received: {
      merch_txn_ref: 'R1',
      secure_hash: '[masked, 6 characters]',
      order_desc: '[masked, 19 characters]',
    },
    repeated: 0n,
    repeatedUntil: null,
  });
  assert.equal(await findRefusedRequest(db, 'tr_none'), null);
});

test("bytes that PostgreSQL's text and jsonb refuse are replaced, not thrown at the answer", async () => {
  const bad = 'a\u0000b\ud800';
  await recordRefusedRequest(
    context,
    refused('tr_2', { merchantSite: bad, detail: bad, received: { [bad]: bad, order_no: bad } }),
  );
  const found = await findRefusedRequest(db, 'tr_2');
  assert.equal(found?.merchantSite, 'a\u{fffd}b\u{fffd}');
  assert.equal(found?.received.order_no, 'a\u{fffd}b\u{fffd}');
  assert.deepEqual(warnings, []);
});

test('secrets, codes and people are never written down, whatever the field is called', () => {
  const secrets = {
    pin: '246810',
    OTP: '123456',
    key: 'QUJD',
    data: 'QUJD',
    Authorization: 'Bearer sk_live_abc',
    'x-new-token': 'tok',
    client_ip: '198.51.100.7',
    phone: '0900000001',
    return_url: 'https://shop.example/back?session=tok#tok',
    nested: { pin: '246810' },
    list: ['246810'],
  };
  const text = redactFields(secrets);
  for (const secret of ['246810', '123456', 'QUJD', 'sk_live', 'tok"', '198.51', '0900']) {
    assert.ok(!text.includes(secret), `${secret} in ${text}`);
  }
  assert.equal(JSON.parse(text).return_url, 'https://shop.example/back?…');
});

test('fields are cut at 4 KiB, and the log says how many it left out', () => {
  const many = Object.fromEntries(
    Array.from({ length: 500 }, (_, n) => [`name-${n}-${'n'.repeat(900)}`, '₫'.repeat(900)]),
  );
  const shown = { ...many, merch_txn_ref: '"'.repeat(9_000) };
  for (const fields of [many, shown, { merch_txn_ref: '₫'.repeat(9_000), order_no: '\\'.repeat(9_000) }]) {
    assert.ok(Buffer.byteLength(redactFields(fields)) <= 4096);
  }
  assert.match(redactFields(many), /more fields, not kept/);
});

test('a refusal that cannot be written down is said in the log and breaks nothing', async () => {
  const { db: closed, drop: dropClosed } = await createTestDatabase();
  await dropClosed();
  await recordRefusedRequest({ ...context, db: closed }, refused('tr_3'));
  assert.deepEqual(warnings.splice(0), ['refused requests not written down']);
});

const tally = async (where: string, values: unknown[] = []) => {
  const { rows } = await db.pool.query<{ rows: number; repeated: number }>(
    `select count(*)::int as rows, coalesce(sum(repeated), 0)::int as repeated from refused_requests where ${where}`,
    values,
  );
  return rows[0];
};
const nextMinute = () => {
  nowMs += 60_000;
};

test('forty refusals at once from forty callers are all written down, and many in one statement', async () => {
  nextMinute();
  await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      recordRefusedRequest(context, refused(`tr_forty_${n}`, { remoteAddress: `203.0.113.${n}` })),
    ),
  );
  assert.deepEqual(await tally("trace_id like 'tr_forty_%'"), { rows: 40, repeated: 0 });
  const { rows } = await db.pool.query<{ commits: number }>(
    "select count(distinct xmin::text)::int as commits from refused_requests where trace_id like 'tr_forty_%'",
  );
  assert.ok(Number(rows[0]?.commits) <= 3, `${rows[0]?.commits} commits`);
});

test('a flood of one caller is written for its budget, and counted on the last one beyond it', async () => {
  nextMinute();
  const flood = Array.from({ length: 500 }, (_, n) =>
    refused(`tr_flood_${n}`, { merchantSite: null, remoteAddress: `2001:db8::${n.toString(16)}` }),
  );
  await Promise.all(flood.map((each) => recordRefusedRequest(context, each)));
  nextMinute();
  await recordRefusedRequest(context, refused('tr_after_flood'));
  assert.deepEqual(await tally("trace_id like 'tr_flood_%'"), { rows: 30, repeated: 470 });
  const last = await findRefusedRequest(db, 'tr_flood_29');
  assert.equal(last?.repeated, 470n);
  assert.deepEqual(last?.repeatedUntil, new Date(nowMs - 60_000));
  assert.deepEqual(warnings.splice(0), ['refused requests not written down'], 'one line, not one for each');
});

test("strangers cannot keep a merchant's own refusals from being written, however many they are", async () => {
  nextMinute();
  const strangers = Array.from({ length: 3_000 }, (_, n) =>
    refused(`tr_stranger_${n}`, {
      merchantSite: n % 2 === 0 ? null : `invented_${n}`,
      remoteAddress: `198.51.${n >> 8}.${n & 255}`,
    }),
  );
  const neighbours = Array.from({ length: 3_000 }, (_, n) =>
    refused(`tr_neighbour_${n}`, {
      merchantSite: neighbour.merchantSite,
      remoteAddress: `192.0.${n >> 8}.${n & 255}`,
    }),
  );
  const ofMerchant = Array.from({ length: 100 }, (_, n) =>
    refused(`tr_own_${n}`, { merchantSite: own.merchantSite }),
  );
  await Promise.all(
    [...strangers, ...neighbours, ...ofMerchant].map((each) => recordRefusedRequest(context, each)),
  );
  assert.equal((await tally("trace_id like 'tr_own_%'"))?.rows, 100);
  assert.equal((await tally("trace_id like 'tr_stranger_%'"))?.rows, 600);
  assert.equal((await tally("trace_id like 'tr_neighbour_%'"))?.rows, 600);
  warnings.splice(0);
});

test('a refusal whose row the database will not take costs no other its row', async () => {
  nextMinute();
  const { default: pg } = await import('pg');
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  await owner.query(`alter table refused_requests add constraint never_this check (trace_id <> 'tr_never')`);
  try {
    const ids = ['tr_before', 'tr_never', 'tr_behind'];
    await Promise.all(ids.map((traceId) => recordRefusedRequest(context, refused(traceId))));
    assert.deepEqual((await tally('trace_id = any($1)', [ids]))?.rows, 2);
  } finally {
    await owner.query('alter table refused_requests drop constraint never_this');
    await owner.end();
  }
});
