// A shop's own parameters beside the result's, read by several platforms. Each reader here reads names as its
// platform does, and accepts values that fit the signature. No reader may accept anything but the genuine
// result.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { parse } from 'node:querystring';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildV1ReturnUrl, verifyV1Result } from './classic-v1/index.ts';
import { buildV2ReturnUrl, openV2Result } from './classic-v2/index.ts';
import type { FinalResult } from './order-words.ts';
import { buildRestReturnUrl, verifyRestReturn } from './rest/index.ts';
import { type ResultNames, resultPrefix } from './result-names.ts';

/** How a platform gives a program the one text it asks for by a name; null: there is none. */
const platforms: Record<string, (query: string, name: string) => string | null> = {
  'the last (PHP, Ruby, Django)': (query, name) => new URLSearchParams(query).getAll(name).at(-1) ?? null,
  'the first (Java, Go, Flask, URLSearchParams.get)': (query, name) => new URLSearchParams(query).get(name),
  'a list made text (Express, querystring)': (query, name) => {
    const value = parse(query)[name];
    return value === undefined ? null : String(value);
  },
  'all joined by a comma, whatever their case (ASP.NET)': (query, name) => {
    const pairs = [...new URLSearchParams(query)].filter(([key]) => key.toLowerCase() === name.toLowerCase());
    return pairs.length === 0 ? null : pairs.map(([, value]) => value).join(',');
  },
};

const result: FinalResult = {
  merchantSite: 'shop_1',
  received: { total_amount: '20000000' },
  merchTxnRef: 'R1',
  orderNo: 'O1;O2',
  amountDong: 200_000n,
  transactionNo: '100000001',
  responseCode: '24',
  locale: 'vi',
  paidAt: null,
  createdAt: new Date('2026-11-23T17:20:00Z'),
  finalAt: new Date('2026-11-23T17:30:06Z'),
  orderId: 'ord_1',
  status: 'cancelled',
};
const now = result.finalAt;
const secret = 'xxxxxx';
const webhookSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const gateway = generateKeyPairSync('rsa', { modulusLength: 1024 });
const merchant = generateKeyPairSync('rsa', { modulusLength: 1024 });

type Dialect = {
  /** Addresses of real shops whose own names are the result's too. */
  ownQuery: string;
  names: readonly string[];
  build(returnUrl: string, resultNames: ResultNames): string;
  verify(query: string, names: ResultNames): { ok: boolean; fields?: object };
};

const dialects: Record<string, Dialect> = {
  v1: {
    ownQuery: 'version=3&locale=vi_VN&message=hi&merchant_site=7&x=1&secure_hash=&response_code=00',
    names:
      'merchant_site version locale merch_txn_ref order_no total_amount currency transaction_no response_code message pay_date secure_hash'.split(
        ' ',
      ),
    build: (returnUrl, resultNames) =>
      buildV1ReturnUrl(result, { returnUrl, cancelUrl: null }, { secret, resultNames }),
    verify: (query, names) => verifyV1Result(query, secret, { names }),
  },
  v2: {
    ownQuery: 'key=wc_order_Xy12&order-received=7&data=a%2Cb',
    names: ['merchant_site', 'data', 'key', 'secure_hash'],
    build: (returnUrl, resultNames) =>
      buildV2ReturnUrl(
        result,
        { returnUrl, cancelUrl: null },
        { merchantPublicKey: merchant.publicKey, gatewayPrivateKey: gateway.privateKey, resultNames },
      ),
    verify: (query, names) =>
      openV2Result(
        query,
        { merchantPrivateKeys: [merchant.privateKey], gatewayPublicKeys: [gateway.publicKey] },
        names,
      ),
  },
  rest: {
    ownQuery: 'order_id=7&status=processing&signature=s%2Bs&timestamp=1&response_code=00',
    names: ['order_id', 'merch_txn_ref', 'status', 'response_code', 'timestamp', 'signature'],
    build: (returnUrl, resultNames) =>
      buildRestReturnUrl(result, { returnUrl, cancelUrl: null }, { secret: webhookSecret, now, resultNames }),
    verify: (query, names) => verifyRestReturn(query, webhookSecret, now, { names }),
  },
};

const queryOf = (url: string): string => url.slice(url.indexOf('?') + 1);

/** What a program on this platform hands to its signature check. */
function readBy(platform: (query: string, name: string) => string | null, query: string, names: string[]) {
  return names
    .map((name) => [name, platform(query, name)] as const)
    .filter((pair): pair is readonly [string, string] => pair[1] !== null)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

for (const [name, dialect] of Object.entries(dialects)) {
  const returnUrl = `https://shop.example/return?${dialect.ownQuery}`;
  const genuine = dialect.verify(queryOf(dialect.build('https://shop.example/r', 'plain')), 'plain');

  test(`${name}: the shop's own query stays as it is, first; the result follows it, whole and in order`, () => {
    const url = dialect.build(`${returnUrl}#top`, 'plain');
    assert.ok(url.startsWith(`${returnUrl}&${dialect.names[0]}=`), url);
    assert.ok(url.endsWith('#top'));
    const pairs = [...new URLSearchParams(url.slice(0, -'#top'.length).split('?')[1])];
    assert.deepEqual(
      pairs.slice(-dialect.names.length).map(([key]) => key),
      dialect.names,
    );
    assert.ok(genuine.ok);
    assert.deepEqual(dialect.verify(queryOf(url).replace('#top', ''), 'plain'), genuine);
  });

  test(`${name}: plain names are right where the last value counts, and believed by no other reader`, () => {
    const query = queryOf(dialect.build(returnUrl, 'plain'));
    for (const [platform, read] of Object.entries(platforms)) {
      const seen = dialect.verify(readBy(read, query, [...dialect.names]), 'plain');
      if (platform.startsWith('the last')) assert.deepEqual(seen, genuine, platform);
      else assert.equal(seen.ok, false, platform);
    }
  });

  test(`${name}: prefixed names are right for every reader, and leave the shop its own values`, () => {
    const query = queryOf(dialect.build(returnUrl, 'prefixed'));
    const prefixed = dialect.names.map((key) => resultPrefix + key);
    for (const [platform, read] of Object.entries(platforms)) {
      assert.deepEqual(dialect.verify(readBy(read, query, prefixed), 'prefixed'), genuine, platform);
      for (const [key, value] of new URLSearchParams(dialect.ownQuery)) {
        assert.equal(read(query, key), value, `${platform}: ${key}`);
      }
    }
  });

  test(`${name}: whatever a stranger puts around a genuine result, nothing else is believed`, () => {
    for (const names of ['plain', 'prefixed'] as const) {
      const pairs = queryOf(dialect.build(returnUrl, names)).split('&');
      const values = [...pairs.map((pair) => pair.split('=')[1] ?? ''), '00', 'paid', '', '1'];
      const wire = dialect.names.map((key) => (names === 'plain' ? key : resultPrefix + key));
      const strange = fc.array(
        fc.tuple(fc.constantFrom(...wire), fc.constantFrom(...values), fc.nat({ max: pairs.length + 3 })),
        { maxLength: 6 },
      );
      let believed = 0;
      fc.assert(
        fc.property(strange, (inserted) => {
          const query = [...pairs];
          for (const [key, value, at] of inserted) query.splice(at, 0, `${key}=${value}`);
          const seen = dialect.verify(query.join('&'), names);
          if (!seen.ok) return;
          believed++;
          assert.deepEqual(seen, genuine);
        }),
        { numRuns: 300, seed: 20261126 },
      );
      assert.ok(believed > 10, `${believed} believed`);
    }
  });
}
