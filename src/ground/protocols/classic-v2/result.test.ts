import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { importRsaKey } from '../keys/index.ts';
import type { FinalResult } from '../order-words.ts';
import example from './fixtures/classic-v2-example.json' with { type: 'json' };
import { buildV2NotificationUrl, buildV2ReturnUrl, openV2Result, sealV2Result } from './index.ts';

const gateway = { public: key(example.gateway.publicKeyXml), private: key(example.gateway.privateKeyXml) };
const merchant = { public: key(example.merchant.publicKeyXml), private: key(example.merchant.privateKeyXml) };
const sealing = { merchantPublicKey: merchant.public, gatewayPrivateKey: gateway.private };
const opening = { merchantPrivateKeys: [merchant.private], gatewayPublicKeys: [gateway.public] };

const result: FinalResult = {
  merchantSite: 'shop_0001',
  received: { version: '2.0', total_amount: '20000000' },
  merchTxnRef: 'R1',
  orderNo: 'O1',
  amountDong: 200_000n,
  transactionNo: 'T100',
  responseCode: '51',
  locale: 'vi',
  createdAt: new Date('2026-11-22T17:00:00Z'),
  paidAt: null,
  finalAt: new Date('2026-11-23T01:02:03Z'),
  orderId: 'ord_1',
  status: 'failed',
};

function key(text: string): KeyObject {
  const imported = importRsaKey(text);
  assert.ok(imported.ok);
  return imported.key;
}

test('the merchant opens what the gateway sealed', () => {
  const url = buildV2ReturnUrl(
    result,
    { returnUrl: 'https://shop.example/r?s=1#f', cancelUrl: null },
    sealing,
  );
  assert.match(
    url,
    /^https:\/\/shop\.example\/r\?s=1&merchant_site=shop_0001&data=.*&key=.*&secure_hash=[\w-]*#f$/,
  );
  const opened = openV2Result(new URL(url).search.slice(1), opening);
  assert.ok(opened.ok);
  assert.deepEqual(opened.fields, {
    merchant_site: 'shop_0001',
    version: '2.0',
    locale: 'vn',
    merch_txn_ref: 'R1',
    order_no: 'O1',
    total_amount: '200000',
    currency: 'VND',
    transaction_no: 'T100',
    response_code: '51',
    message: 'Số dư không đủ',
    pay_date: '20261123080203',
    methods: '',
    amount: '0',
    fee: '0',
    request_time: '2026-11-23T00:00:00Z',
    response_time: '2026-11-23T08:02:03Z',
  });
});

test('every result has its own session key', () => {
  assert.notEqual(sealV2Result(result, sealing).data, sealV2Result(result, sealing).data);
});

test('a cancelled order goes to cancel_url, its notification to the notify URL', () => {
  const cancelled: FinalResult = { ...result, status: 'cancelled', responseCode: '24' };
  const urls = { returnUrl: 'https://shop.example/r', cancelUrl: 'shop-app://cancelled' };
  assert.match(buildV2ReturnUrl(cancelled, urls, sealing), /^shop-app:\/\/cancelled\?merchant_site=/);
  assert.match(
    buildV2NotificationUrl(cancelled, 'https://shop.example/ipn', sealing),
    /\/ipn\?merchant_site=/,
  );
});

test('a result signed by anyone else, or a request played back as a result, is not believed', () => {
  const forged = buildV2NotificationUrl(result, 'https://shop.example/ipn', {
    ...sealing,
    gatewayPrivateKey: merchant.private,
  });
  assert.equal(openV2Result(forged.slice(forged.indexOf('?') + 1), opening).ok, false);
  assert.equal(openV2Result(example.url.slice(example.url.indexOf('?') + 1), opening).ok, false);
});

test('a result under the code of another site is not believed', () => {
  const url = buildV2NotificationUrl(result, 'https://shop.example/ipn', sealing);
  const moved = url.slice(url.indexOf('?') + 1).replace('shop_0001', 'shop_0002');
  assert.equal(openV2Result(moved, opening).ok, false);
});

test('every field of the original gateway is there, for a payment and for a cancel in its own word', () => {
  const fieldsOf = (told: FinalResult, words: Partial<Parameters<typeof sealV2Result>[1]> = {}) => {
    const url = buildV2NotificationUrl(told, 'https://shop.example/ipn', { ...sealing, ...words });
    const opened = openV2Result(url.slice(url.indexOf('?') + 1), opening);
    assert.ok(opened.ok);
    return opened.fields;
  };
  // Of a genuine result of 2021: what its merchants parse.
  const original =
    'version locale currency methods merch_txn_ref order_no total_amount amount fee transaction_no response_code message request_time response_time'.split(
      ' ',
    );
  const received = { ...result.received, methods: 'VV,ATM', locale: 'en' };
  const paid = fieldsOf({ ...result, received, status: 'paid', responseCode: '00', paidAt: result.finalAt });
  assert.deepEqual(
    original.filter((name) => !(name in paid)),
    [],
  );
  assert.deepEqual(
    [paid.total_amount, paid.amount, paid.fee, paid.methods, paid.response_code],
    ['200000', '200000', '0', 'VV,ATM', '00'],
  );
  const cancelled: FinalResult = { ...result, status: 'cancelled', responseCode: '24' };
  const told = fieldsOf(cancelled, { resultCodes: { '24': 'PAY-0028' }, resultAmount: 'as_received' });
  assert.deepEqual(
    [told.response_code, told.amount, told.fee, told.transaction_no, told.total_amount],
    ['PAY-0028', '0', '0', 'T100', '20000000'],
  );
});
