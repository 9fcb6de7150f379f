import assert from 'node:assert/strict';
import { constants, createDecipheriv, generateKeyPairSync, privateDecrypt, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildV2PaymentUrl, openV2, readRsaKey, sealV2, verifyV2Result } from './vipay-v2.ts';

const example = JSON.parse(
  readFileSync(new URL('./fixtures/classic-v2-example.json', import.meta.url), 'utf8'),
) as { url: string; plaintext: string } & Record<'gateway' | 'merchant', Record<string, string>>;
const gateway = {
  privateKey: readRsaKey('private', example.gateway.privateKeyXml ?? ''),
  publicKey: readRsaKey('public', example.gateway.publicKeyXml ?? ''),
};
const merchant = {
  privateKey: readRsaKey('private', example.merchant.privateKeyXml ?? ''),
  publicKey: readRsaKey('public', example.merchant.publicKeyXml ?? ''),
};
const site = {
  merchantSite: 'shop_0001',
  accessCode: '3685',
  merchantPrivateKey: merchant.privateKey,
  gatewayPublicKey: gateway.publicKey,
  gatewayUrl: 'http://localhost:8080',
};
const order = {
  merchTxnRef: 'SD1',
  orderNo: 'DH1',
  amountDong: 250_000n,
  description: 'Bộ ba để bàn',
  returnUrl: 'http://localhost:8080/shop/return/v2',
  locale: 'en' as const,
};
const result: Record<string, string> = {
  merchant_site: 'shop_0001',
  version: '2.0',
  locale: 'en',
  merch_txn_ref: 'SD1',
  order_no: 'DH1',
  total_amount: '250000',
  currency: 'VND',
  transaction_no: '2611230002',
  response_code: '00',
  message: 'Paid',
  pay_date: '20261123102030',
};

function resultQuery(fields: object, signer = gateway.privateKey): URLSearchParams {
  const parts = sealV2(Buffer.from(JSON.stringify(fields)), signer, merchant.publicKey);
  return new URLSearchParams({ merchant_site: 'shop_0001', ...parts });
}

test("the protocol's worked example opens with its XML keys, to its plaintext", () => {
  const query = new URL(example.url).searchParams;
  const parts = {
    data: query.get('data') ?? '',
    key: query.get('key') ?? '',
    secure_hash: query.get('secure_hash') ?? '',
  };
  assert.equal(openV2(parts, gateway.privateKey, merchant.publicKey)?.toString('utf8'), example.plaintext);
});

test('a payment URL opens for the gateway, step by step, and is signed over the plaintext bytes', () => {
  const url = new URL(buildV2PaymentUrl(site, order));
  assert.equal(url.pathname, '/vipay_v2/initpay');
  const bytes = (name: string) => Buffer.from(url.searchParams.get(name) ?? '', 'base64url');
  const padding = constants.RSA_PKCS1_PADDING;
  const sessionKey = privateDecrypt({ key: gateway.privateKey, padding }, bytes('key'));
  assert.equal(sessionKey.length, 24);
  const decipher = createDecipheriv('des-ede3', sessionKey, null);
  const plaintext = Buffer.concat([decipher.update(bytes('data')), decipher.final()]);
  assert.ok(verify('sha256', plaintext, { key: merchant.publicKey, padding }, bytes('secure_hash')));
  const fields = JSON.parse(plaintext.toString('utf8')) as Record<string, string>;
  assert.equal(fields.total_amount, '25000000');
  assert.equal(fields.order_desc, 'Bộ ba để bàn');
  assert.equal(fields.version, '2.0');
});

test('the same order twice shares no session key and no block of data', () => {
  const [one, two] = [new URL(buildV2PaymentUrl(site, order)), new URL(buildV2PaymentUrl(site, order))];
  assert.notEqual(one.searchParams.get('data')?.slice(0, 10), two.searchParams.get('data')?.slice(0, 10));
});

test('a signed result is believed', () => {
  const read = verifyV2Result(site, `lang=en&${resultQuery(result)}`);
  assert.equal(read?.amountDong, 250_000n);
  assert.equal(read?.responseCode, '00');
});

test('a site whose results are told in its own way: the unit of the request, its own words for codes', () => {
  const own = { ...site, resultAmount: 'as_received', resultCodes: { '24': 'PAY-0028' } } as const;
  const query = resultQuery({ ...result, total_amount: '25000000', response_code: 'PAY-0028' }).toString();
  const read = verifyV2Result(own, query);
  assert.deepEqual([read?.amountDong, read?.responseCode], [250_000n, '24']);
  assert.equal(verifyV2Result(site, query), null, 'a word nobody told us is not believed');
});

test('forged, broken, repeated and misdirected results are not believed', () => {
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const forged = {
    'signed by another': resultQuery(result, stranger.privateKey),
    'signed by the merchant itself': resultQuery(result, merchant.privateKey),
    "another site's": resultQuery({ ...result, merchant_site: 'shop_0002' }),
    'not an object': resultQuery([result]),
    'half an amount': resultQuery({ ...result, total_amount: '250000.5' }),
    'our own request sent back': new URL(buildV2PaymentUrl(site, order)).searchParams,
    nothing: new URLSearchParams(),
  };
  for (const [name, query] of Object.entries(forged)) {
    assert.equal(verifyV2Result(site, query.toString()), null, name);
  }
  for (const name of ['merchant_site', 'data', 'key', 'secure_hash']) {
    const query = resultQuery(result);
    const value = query.get(name) ?? '';
    const others = [
      value.slice(0, -12),
      `${value.startsWith('A') ? 'B' : 'A'}${value.slice(1)}`,
      `${value}+/=`,
      '',
    ];
    for (const other of others) {
      query.set(name, other);
      assert.equal(verifyV2Result(site, query.toString()), null, `${name}: ${other.slice(0, 20)}`);
    }
    const good = resultQuery(result);
    assert.equal(verifyV2Result(site, `${good}&${name}=wc_order_1`), null, `${name} behind`);
    assert.ok(verifyV2Result(site, `${name}=wc_order_1&${good}`), `${name} before`);
    const prefixed = `${name}=wc_order_1&${good.toString().replace(/(^|&)/g, '$1vipay_')}&${name}=2`;
    assert.ok(verifyV2Result({ ...site, resultPrefix: 'vipay_' }, prefixed), `${name} prefixed`);
  }
});

test('keys come as PEM or as XML, and anything else is refused', () => {
  const pem = merchant.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  assert.ok(readRsaKey('private', pem).equals(merchant.privateKey));
  assert.throws(() => readRsaKey('public', 'not a key'));
  assert.throws(() => readRsaKey('private', example.merchant.publicKeyXml ?? ''), /<D>/);
  const curve = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }) as string;
  assert.throws(() => readRsaKey('public', curve), /not an RSA key/);
});
