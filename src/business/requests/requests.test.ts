import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createTestDatabase } from '../../../tests/support/database.ts';
import type { Context } from '../../ground/context.ts';
import {
  findRefusedRequest,
  type RefusedRequestInput,
  recordRefusedRequest,
  trimRefusedRequests,
} from './index.ts';
import { redactFields } from './redact-fields.ts';

const { db, drop } = await createTestDatabase();
after(drop);

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
  assert.deepEqual(warnings.splice(0), ['refused request not written down']);
});

test('a flood is written a few at a time, and nobody waits for the rest', async () => {
  await Promise.all(
    Array.from({ length: 30 }, (_, n) => recordRefusedRequest(context, refused(`tr_flood_${n}`))),
  );
  assert.equal(warnings.splice(0).length, 26);
  assert.ok(await findRefusedRequest(db, 'tr_flood_3'));
});

test('the clean-up keeps the newest rows and removes those older than 90 days', async () => {
  nowMs += 91 * 24 * 60 * 60 * 1000;
  const recent = Array.from({ length: 5 }, (_, n) => `tr_new_${n}`);
  for (const traceId of recent) {
    await recordRefusedRequest(context, refused(traceId));
    nowMs += 1000;
  }
  assert.equal(await trimRefusedRequests(context, { batchRows: 2 }), 6, 'the six rows of 91 days ago');
  assert.equal(await trimRefusedRequests(context, { rowsMax: 3, batchRows: 1 }), 2);
  assert.equal(await findRefusedRequest(db, 'tr_new_1'), null);
  assert.ok(await findRefusedRequest(db, 'tr_new_2'));
  assert.equal(await trimRefusedRequests(context), 0);
});
