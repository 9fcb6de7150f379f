// Signed v1 requests, and how they are read: for the tests of the codec.

import assert from 'node:assert/strict';
import { hashV1Values } from '../../src/ground/protocols/classic-v1/hash.ts';
import {
  buildV1RequestQuery,
  parseV1Query,
  verifyV1Order,
} from '../../src/ground/protocols/classic-v1/index.ts';
import type { Decoded } from '../../src/ground/protocols/order-words.ts';

export const secret = 'xxxxxx';
export const site = {
  merchantSite: 'lacviet_7134',
  accessCode: '3685',
  secrets: [secret],
  amountUnit: 'hundredths' as const,
};

/** The worked example of the protocol page. */
export const example =
  'merch_txn_ref=1619416692633&order_no=ORDER_1&merchant_site=lacviet_7134&total_amount=100000000&methods=&access_code=3685&return_url=https://shop.example/ketqua/&order_desc=motadonhang&version=1.0&Branch_code=00001&Client_ip=127.0.0.1&secure_hash=2b9bb7c44856b198b0e6eade7399b7b7152e1ca9f21f1f30018c4cae9a7754f5';

export const required = {
  merchant_site: 'lacviet_7134',
  access_code: '3685',
  merch_txn_ref: 'R1',
  order_no: 'O1',
  total_amount: '20000000',
  return_url: 'https://shop.example/r',
  version: '1.0',
};

export function decode(
  rawQuery: string,
  at: typeof site | (Omit<typeof site, 'amountUnit'> & { amountUnit: 'dong' }) = site,
): Decoded {
  const parsed = parseV1Query(rawQuery);
  return parsed.ok ? verifyV1Order(parsed, at) : parsed;
}

export const sign = (fields: Record<string, string>): Decoded => decode(buildV1RequestQuery(fields, secret));

export function codeOf(decoded: Decoded): string {
  return decoded.ok ? 'ok' : decoded.fault.code;
}

/** What a buyer must never be able to change. */
export function pinned(decoded: Decoded): unknown {
  assert.ok(decoded.ok);
  const { merchantSite, merchTxnRef, orderNo, amountDong, returnUrl, cancelUrl } = decoded.order;
  return { merchantSite, merchTxnRef, orderNo, amountDong, returnUrl, cancelUrl };
}

/** A query with the values raw, percent-encoded only as a browser does it with a typed address. */
export function asBrowserSends(fields: Record<string, string>, key = secret): string {
  const all = { ...fields, secure_hash: hashV1Values(Object.entries(fields), key) };
  const text = Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return new URL(`http://localhost/?${text}`).search.slice(1);
}
