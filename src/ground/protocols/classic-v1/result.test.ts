import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FinalResult } from '../order-words.ts';
import { hashV1Values } from './hash.ts';
import {
  buildV1NotificationUrl,
  buildV1RequestQuery,
  buildV1ReturnUrl,
  encodeV1Result,
  verifyV1Result,
} from './index.ts';

const secret = 'xxxxxx';
const site = { secret };

const paid: FinalResult = {
  merchantSite: 'lacviet_7134',
  received: { version: '1.0', locale: 'en', total_amount: '20000000', currency: 'VND' },
  merchTxnRef: 'R1',
  orderNo: 'O1',
  amountDong: 200_000n,
  transactionNo: 'T100',
  responseCode: '00',
  locale: 'en',
  createdAt: new Date('2026-11-23T17:20:00Z'),
  paidAt: new Date('2026-11-23T17:30:05Z'),
  finalAt: new Date('2026-11-23T17:30:06Z'),
  orderId: 'ord_1',
  status: 'paid',
};
const cancelled: FinalResult = {
  ...paid,
  received: {},
  locale: 'vi',
  responseCode: '24',
  status: 'cancelled',
  transactionNo: null,
  paidAt: null,
};
const urls = { returnUrl: 'https://shop.example/r', cancelUrl: null };

test('a paid result holds every field, hashed by the rule of the request', () => {
  const fields = encodeV1Result(paid, site);
  assert.deepEqual(fields.slice(0, -1), [
    ['merchant_site', 'lacviet_7134'],
    ['version', '1.0'],
    ['locale', 'en'],
    ['merch_txn_ref', 'R1'],
    ['order_no', 'O1'],
    ['total_amount', '20000000'],
    ['currency', 'VND'],
    ['transaction_no', 'T100'],
    ['response_code', '00'],
    ['message', 'Paid'],
    ['pay_date', '20261124003005'],
  ]);
  assert.deepEqual(fields.at(-1), ['secure_hash', hashV1Values(fields.slice(0, -1), secret)]);
});

test('what the request left out is vn, VND and the amount in the unit of the site', () => {
  const fields = Object.fromEntries(encodeV1Result(cancelled, { secret, amountUnit: 'dong' }));
  assert.equal(fields.locale, 'vn');
  assert.equal(fields.currency, 'VND');
  assert.equal(fields.total_amount, '200000');
  assert.equal(fields.transaction_no, '');
  assert.equal(fields.message, 'Khách hàng đã hủy');
  assert.equal(fields.pay_date, '20261124003006');
});

test('a site may have whole dong and its own words for codes; a reader that knows the words believes them', () => {
  const own = { resultAmount: 'dong', resultCodes: { '24': 'PAY-0028' } } as const;
  const fields = Object.fromEntries(
    encodeV1Result({ ...paid, ...cancelled, received: paid.received }, { secret, ...own }),
  );
  assert.equal(fields.total_amount, '200000');
  assert.equal(fields.response_code, 'PAY-0028');
  assert.equal(fields.message, 'Khách hàng đã hủy');
  assert.equal(Object.fromEntries(encodeV1Result(paid, { secret, ...own })).response_code, '00');
  const url = buildV1NotificationUrl(cancelled, 'https://shop.example/ipn', { secret, ...own });
  const query = url.slice(url.indexOf('?') + 1);
  assert.equal(verifyV1Result(query, secret).ok, false, 'not among the codes of the protocol');
  const verified = verifyV1Result(query, secret, { resultCodes: own.resultCodes });
  assert.ok(verified.ok && verified.fields.response_code === 'PAY-0028');
});

test('midnight in Vietnam is hour 00 of the new day', () => {
  const fields = Object.fromEntries(
    encodeV1Result({ ...paid, paidAt: new Date('2026-12-31T17:00:00Z') }, site),
  );
  assert.equal(fields.pay_date, '20270101000000');
});

test('the return goes to the URL as received, merchant_site first, the fragment last', () => {
  assert.match(
    buildV1ReturnUrl(paid, urls, site),
    /^https:\/\/shop\.example\/r\?merchant_site=lacviet_7134&version=/,
  );
  const own = buildV1ReturnUrl(paid, { ...urls, returnUrl: 'https://shop.example/r?a=%2f&b#top' }, site);
  assert.match(own, /^https:\/\/shop\.example\/r\?a=%2f&b&merchant_site=.*&secure_hash=[0-9a-f]{64}#top$/);
  assert.match(
    buildV1ReturnUrl(paid, { ...urls, returnUrl: 'my.app://done' }, site),
    /^my\.app:\/\/done\?merchant_site=/,
  );
  assert.match(
    buildV1ReturnUrl(paid, { ...urls, returnUrl: 'https://shop.example/r?' }, site),
    /r\?merchant_site=/,
  );
});

test('a cancelled order goes to cancel_url when there is one, any other to return_url', () => {
  const both = { ...urls, cancelUrl: 'https://shop.example/c' };
  assert.match(buildV1ReturnUrl(cancelled, both, site), /\/c\?/);
  assert.match(buildV1ReturnUrl(cancelled, urls, site), /\/r\?/);
  assert.match(buildV1ReturnUrl(paid, both, site), /\/r\?/);
});

test('a merchant verifies the return and the notification, beside its own query', () => {
  const own = { ...urls, returnUrl: 'https://shop.example/r?session=5' };
  for (const url of [
    buildV1ReturnUrl(cancelled, own, site),
    buildV1NotificationUrl(cancelled, 'https://shop.example/ipn', site),
  ]) {
    const verified = verifyV1Result(url.slice(url.indexOf('?') + 1), secret);
    assert.ok(verified.ok);
    assert.equal(verified.fields.response_code, '24');
    assert.equal(verified.fields.message, 'Khách hàng đã hủy');
  }
});

test('a result with another value, secret, a field behind it or one too few is not believed', () => {
  const query = buildV1ReturnUrl(cancelled, urls, site).split('?')[1] ?? '';
  assert.equal(verifyV1Result(query.replace('response_code=24', 'response_code=00'), secret).ok, false);
  assert.equal(verifyV1Result(query, 'other').ok, false);
  assert.equal(verifyV1Result(`${query}&message=x`, secret).ok, false);
  assert.equal(verifyV1Result(query.replace(/&message=[^&]*/, ''), secret).ok, false);
});

test('the values of a signed request are not believed as a result', () => {
  const request = {
    access_code: '3685',
    locale: 'vn',
    merch_txn_ref: 'R1',
    merchant_site: 'lacviet_7134',
    order_desc: '00',
    order_info: '20261124003005',
    order_no: 'O1',
    return_url: 'https://shop.example/r',
    shipping_fee: '0',
    total_amount: '100',
    version: '1.0',
  };
  const hash = new URLSearchParams(buildV1RequestQuery(request, secret)).get('secure_hash') ?? '';
  const values = Object.values(request);
  const names = encodeV1Result(paid, site)
    .map(([name]) => name)
    .filter((name) => name !== 'secure_hash')
    .sort();
  const query = names.map((name, at) => `${name}=${encodeURIComponent(values[at] ?? '')}`).join('&');
  const verified = verifyV1Result(`${query}&secure_hash=${hash}`, secret);
  assert.ok(!verified.ok);
  assert.match(verified.detail, /malformed/, 'the hash fits, the formats do not');
});
