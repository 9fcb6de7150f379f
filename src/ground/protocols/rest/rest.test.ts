import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import {
  buildRestReturnUrl,
  encodeOrderEvent,
  signWebhook,
  verifyRestReturn,
  webhookHeaders,
} from './index.ts';

const secretBytes = Buffer.alloc(32, 7);
const secret = `whsec_${secretBytes.toString('base64')}`;
const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
const now = new Date('2026-11-23T01:02:03.900Z');
const seconds = 1_795_395_723;
const result = { orderId: 'ord_1', merchTxnRef: 'R#1/a', status: 'paid', responseCode: '00' } as const;
const urls = { returnUrl: 'https://shop.example/r?s=1#f', cancelUrl: 'https://shop.example/c' };

const queryOf = (url: string): string => new URL(url).search.slice(1);

test('the event of an order is its type, its time and the order', () => {
  assert.deepEqual(JSON.parse(encodeOrderEvent({ status: 'paid', ...{ id: 'ord_1' } }, now)), {
    type: 'order.paid',
    timestamp: '2026-11-23T01:02:03.900Z',
    data: { status: 'paid', id: 'ord_1' },
  });
});

test('a webhook is signed as Standard Webhooks says, and its library verifies it by either secret', () => {
  const body = '{"a":"ệ"}';
  const today = new Date();
  const mac = createHmac('sha256', secretBytes).update(`whk_1.${seconds}.${body}`).digest('base64');
  assert.equal(signWebhook(secret, 'whk_1', now, body), `v1,${mac}`);
  const headers = webhookHeaders([other, secret], 'whk_1', today, body);
  assert.deepEqual(new Webhook(secret).verify(body, headers), { a: 'ệ' });
  assert.deepEqual(new Webhook(other).verify(body, headers), { a: 'ệ' });
  assert.throws(() => new Webhook(secret).verify('{"a":"e"}', headers));
  assert.throws(() => webhookHeaders([], 'whk_1', today, body));
});

test('the return is signed over the four fields in alphabetical order', () => {
  const url = buildRestReturnUrl(result, urls, { secret, now });
  const payload = 'merch_txn_ref=R%231%2Fa&order_id=ord_1&response_code=00&status=paid';
  const mac = createHmac('sha256', secretBytes).update(`ord_1.${seconds}.${payload}`).digest('base64');
  assert.equal(new URL(url).searchParams.get('signature'), `v1,${mac}`);
  assert.match(
    url,
    /^https:\/\/shop\.example\/r\?s=1&order_id=ord_1&merch_txn_ref=R%231%2Fa&status=paid&.*#f$/,
  );
  assert.match(
    buildRestReturnUrl({ ...result, status: 'cancelled' }, urls, { secret, now }),
    /\/c\?order_id=/,
  );
});

test('a merchant verifies the return by any of its secrets within the tolerance', () => {
  const query = queryOf(buildRestReturnUrl(result, urls, { secret, now }));
  const later = (ms: number): Date => new Date(now.getTime() + ms);
  assert.deepEqual(verifyRestReturn(query, [other, secret], later(60_000)), {
    ok: true,
    fields: { order_id: 'ord_1', merch_txn_ref: 'R#1/a', status: 'paid', response_code: '00' },
  });
  assert.deepEqual(verifyRestReturn(query, secret, later(301_000)), {
    ok: false,
    detail: 'timestamp is too far from now',
  });
  assert.equal(verifyRestReturn(query, secret, later(-301_000)).ok, false);
});

test('every change of a signed field, something behind it and an omission are refused', () => {
  const query = queryOf(
    buildRestReturnUrl({ ...result, status: 'failed', responseCode: '51' }, urls, { secret, now }),
  );
  assert.equal(verifyRestReturn(query, secret, now).ok, true);
  for (const changed of [
    query.replace('status=failed', 'status=paid'),
    query.replace('response_code=51', 'response_code=00'),
    query.replace('order_id=ord_1', 'order_id=ord_2'),
    query.replace('merch_txn_ref=R', 'merch_txn_ref=S'),
    query.replace(/timestamp=\d+/, `timestamp=${seconds + 1}`),
    query.replace(/timestamp=\d+/, 'timestamp=x'),
    query.replace(/&signature=.*/, ''),
    `${query}&status=paid`,
    `${query}&order_id=ord_2`,
    '',
  ]) {
    assert.equal(verifyRestReturn(changed, secret, now).ok, false, changed);
  }
  assert.equal(verifyRestReturn(query, other, now).ok, false);
});
