import assert from 'node:assert/strict';
import {
  constants,
  createCipheriv,
  generateKeyPairSync,
  type KeyObject,
  publicEncrypt,
  randomBytes,
  sign,
} from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { freeTextProblem, referenceProblem } from '../../text/index.ts';
import { importRsaKey } from '../keys/index.ts';
import { decodeBase64url } from './base64.ts';
import { type EnvelopeOperations, nodeOperations } from './envelope.ts';
import example from './fixtures/classic-v2-example.json' with { type: 'json' };
import { type OpenedV2, openV2Request, parseV2Query, sealV2Request, toV2Fields } from './index.ts';

const site = { merchantSite: 'shop_0001', accessCode: '3685', amountUnit: 'hundredths' as const };
const gateway = { public: key(example.gateway.publicKeyXml), private: key(example.gateway.privateKeyXml) };
const merchant = { public: key(example.merchant.publicKeyXml), private: key(example.merchant.privateKeyXml) };
const keys = { gatewayPrivateKeys: [gateway.private], merchantPublicKeys: [merchant.public] };
const merchantKeys = {
  merchantSite: 'shop_0001',
  gatewayPublicKey: gateway.public,
  merchantPrivateKey: merchant.private,
};
const exampleQuery = example.url.slice(example.url.indexOf('?') + 1);

const order = {
  version: '2.0',
  access_code: '3685',
  merch_txn_ref: 'R1',
  order_no: 'O1',
  total_amount: '20000000',
  return_url: 'https://shop.example/r',
};

function key(text: string): KeyObject {
  const imported = importRsaKey(text);
  assert.ok(imported.ok);
  return imported.key;
}

function open(rawQuery: string, withKeys = keys, operations?: EnvelopeOperations): OpenedV2 {
  const parsed = parseV2Query(rawQuery);
  return parsed.ok ? openV2Request(parsed.parameters, withKeys, site, operations) : parsed;
}

function seal(plaintext: string | Record<string, string>, random?: (length: number) => Buffer): string {
  const fields = toV2Fields(sealV2Request(plaintext, merchantKeys, random));
  return fields.map(([name, value]) => `${name}=${value}`).join('&');
}

const codeOf = (opened: OpenedV2): string => (opened.ok ? 'ok' : opened.fault.code);

/** A query with the parts made by hand, so that each may be wrong by itself while the signature fits. */
function forge(parts: {
  sessionKey?: Buffer;
  padded?: Buffer;
  key?: Buffer;
  data?: Buffer;
  text?: Buffer;
}): string {
  const text = parts.text ?? Buffer.from(JSON.stringify(order));
  const sessionKey = parts.sessionKey ?? randomBytes(24);
  const encipher = createCipheriv('des-ede3', sessionKey.length === 24 ? sessionKey : randomBytes(24), null);
  if (parts.padded) encipher.setAutoPadding(false);
  const data = parts.data ?? Buffer.concat([encipher.update(parts.padded ?? text), encipher.final()]);
  const padding = constants.RSA_PKCS1_PADDING;
  const wrapped = parts.key ?? publicEncrypt({ key: gateway.public, padding }, sessionKey);
  const signature = sign('sha256', text, merchant.private);
  const encode = (bytes: Buffer): string => bytes.toString('base64url');
  return `merchant_site=shop_0001&data=${encode(data)}&key=${encode(wrapped)}&secure_hash=${encode(signature)}`;
}

test('the worked example, with every field twice, is an order of 200.000 dong', () => {
  const opened = open(exampleQuery);
  assert.ok(opened.ok);
  assert.equal(opened.order.amountDong, 200_000n);
  assert.equal(opened.order.merchTxnRef, '1619416692633');
  assert.equal(opened.order.description, 'Thanh toán đơn hàng');
  assert.equal(opened.order.received.branch_code, '00001');
  assert.equal(opened.order.received.merchant_site, 'shop_0001');
  assert.match(opened.sessionKeyFingerprint, /^[0-9a-f]{12}$/);
});

test('padding, the standard alphabet and a space for a plus are read too', () => {
  const parameters = sealV2Request(order, merchantKeys);
  const standard = (text: string): string => Buffer.from(text, 'base64url').toString('base64');
  const fields = toV2Fields({
    ...parameters,
    data: standard(parameters.data),
    key: standard(parameters.key),
    secureHash: standard(parameters.secureHash),
  });
  const raw = fields.map(([name, value]) => `${name}=${value}`).join('&');
  assert.equal(codeOf(open(raw)), 'ok');
  assert.equal(codeOf(open(raw.replaceAll('+', '%20'))), 'ok');
  assert.equal(codeOf(open(new URLSearchParams(fields).toString())), 'ok');
});

test('base64 is read only in its canonical form', () => {
  assert.deepEqual(decodeBase64url('_-8='), Buffer.from([0xff, 0xef]));
  assert.deepEqual(decodeBase64url('/+8'), Buffer.from([0xff, 0xef]));
  for (const text of ['_-9', '_-8==', '_', '_-8=x', '_-=8', 'AA=', 'ă', '_-8\n']) {
    assert.equal(decodeBase64url(text), null, text);
  }
});

test('any of several keys fits while they are being replaced', () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const rotating = {
    gatewayPrivateKeys: [other.privateKey, gateway.private],
    merchantPublicKeys: [other.publicKey, merchant.public],
  };
  assert.equal(codeOf(open(exampleQuery, rotating)), 'ok');
  assert.equal(codeOf(open(exampleQuery, { ...rotating, merchantPublicKeys: [other.publicKey] })), '97');
  assert.equal(codeOf(open(exampleQuery, { ...rotating, gatewayPrivateKeys: [other.privateKey] })), '97');
  assert.equal(codeOf(open(exampleQuery, { ...rotating, gatewayPrivateKeys: [] })), '97');
});

test('a query without its four parameters, or with one of them twice, is 03', () => {
  for (const query of [
    '',
    exampleQuery.replace(/&key=[^&]*/, ''),
    exampleQuery.replace('merchant_site=shop_0001&', ''),
    exampleQuery.replace('shop_0001', 'shop 0001'),
    `${exampleQuery}&key=x`,
    `${exampleQuery}&DATA=x`,
    `${exampleQuery}&x=%FF`,
  ]) {
    assert.equal(codeOf(open(query)), '03', query.slice(-30));
  }
  assert.equal(codeOf(open(`${exampleQuery}&utm=1&utm=2`)), 'ok', 'names that mean nothing are ignored');
  assert.equal(codeOf(open(`fbclid=a&${exampleQuery}&utm_source=1&zarsrc=30&_ga=2`)), 'ok');
});

test('every failure before the signature is one answer after the same operations', () => {
  const counts = { decryptKey: 0, decryptData: 0, verify: 0 };
  const counting: EnvelopeOperations = {
    decryptKey(...args) {
      counts.decryptKey++;
      return nodeOperations.decryptKey(...args);
    },
    decryptData(...args) {
      counts.decryptData++;
      return nodeOperations.decryptData(...args);
    },
    verify(...args) {
      counts.verify++;
      return nodeOperations.verify(...args);
    },
  };
  const json = JSON.stringify(order);
  // Whole blocks, so that one block of padding by hand can follow, and the signature fits what is before it.
  const text = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const padWith = (...block: number[]): { text: Buffer; padded: Buffer } => ({
    text,
    padded: Buffer.concat([text, Buffer.from(block)]),
  });
  assert.equal(codeOf(open(forge(padWith(8, 8, 8, 8, 8, 8, 8, 8)))), 'ok');
  const stranger = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const failures: Record<string, string> = {
    'key too short': forge({ key: randomBytes(127) }),
    'key too long': forge({ key: randomBytes(129) }),
    'key of no bytes': forge({ key: Buffer.alloc(0) }),
    'key above the modulus': forge({ key: Buffer.alloc(128, 0xff) }),
    'key of random bytes': forge({ key: Buffer.concat([Buffer.from([0]), randomBytes(127)]) }),
    'key of zeros': forge({ key: Buffer.alloc(128) }),
    'session key of 16 bytes': forge({ sessionKey: randomBytes(16) }),
    'session key of 32 bytes': forge({ sessionKey: randomBytes(32) }),
    'session key of no bytes': forge({ sessionKey: Buffer.alloc(0) }),
    'data of no bytes': forge({ data: Buffer.alloc(0) }),
    'data of a broken block': forge({ data: randomBytes(77) }),
    'data of random blocks': forge({ data: randomBytes(80) }),
    'padding of 0': forge(padWith(0, 0, 0, 0, 0, 0, 0, 0)),
    'padding of 9': forge(padWith(9, 9, 9, 9, 9, 9, 9, 9)),
    'padding that is not even': forge(padWith(8, 8, 8, 8, 8, 7, 8, 8)),
    'no padding, all of it signed': forge({ text, padded: text }),
    'key that is not base64': exampleQuery.replace(/key=./, 'key=*'),
    'data that is not base64': exampleQuery.replace(/data=./, 'data=*'),
    'signature cut': exampleQuery.slice(0, -4),
    'signature of no bytes': exampleQuery.replace(/secure_hash=.*/, 'secure_hash='),
    'signature of another key': exampleQuery.replace(
      /secure_hash=.*/,
      `secure_hash=${sign('sha256', Buffer.from(example.plaintext), stranger.privateKey).toString('base64url')}`,
    ),
  };
  const faults = new Set<string>();
  for (const [why, query] of Object.entries(failures)) {
    Object.assign(counts, { decryptKey: 0, decryptData: 0, verify: 0 });
    const opened = open(query, keys, counting);
    assert.equal(codeOf(opened), '97', why);
    assert.deepEqual(counts, { decryptKey: 1, decryptData: 1, verify: 1 }, why);
    faults.add(JSON.stringify(opened));
  }
  assert.equal(faults.size, 1, 'one answer, to the letter');
  Object.assign(counts, { decryptKey: 0, decryptData: 0, verify: 0 });
  assert.equal(codeOf(open(exampleQuery, keys, counting)), 'ok');
  assert.deepEqual(counts, { decryptKey: 1, decryptData: 1, verify: 1 });
});

test('a proven plaintext that is no good object is refused by name', () => {
  const json = (extra: string): string => `{${JSON.stringify(order).slice(1, -1)}${extra}}`;
  const refused: [plaintext: string | Buffer, code: string, detail: RegExp][] = [
    ['hello', '03', /^data:/],
    ['[]', '03', /^data:/],
    ['null', '03', /^data:/],
    [Buffer.from([0x7b, 0xff, 0x7d]), '03', /^data:/],
    [json(',"Order_no":"O2"'), '03', /^order_no: sent twice/],
    [json(',"order_no":"O2"'), '03', /^order_no: sent twice/],
    [json(',"\\u006frder_no":"O2"'), '03', /^order_no: sent twice/],
    [json(',"order_desc":true'), '03', /^order_desc: must be a string or a number/],
    [json(',"order_desc":1e5'), '03', /^order_desc: must be/],
    [json(',"order_desc":[null]'), '03', /^order_desc:/],
    [json(',"Order_no":2'), '03', /^order_no: sent twice/],
    [JSON.stringify({ ...order, order_no: null }), '03', /^order_no: missing/],
    [JSON.stringify({ ...order, total_amount: null }), '03', /^total_amount: missing/],
    [json('').replace('"20000000"', '20000000.0'), '03', /^total_amount:/],
    [json(',"order_desc":{"a":"}"}'), '03', /^order_desc:/],
    [json(',"merchant_site":"other"'), '03', /^merchant_site:/],
    [JSON.stringify({ ...order, access_code: '1' }), '02', /^access_code:/],
    [JSON.stringify({ ...order, access_code: undefined }), '03', /^access_code: missing/],
    [JSON.stringify({ ...order, version: '1.0' }), '03', /^version:/],
    [JSON.stringify({ ...order, total_amount: 1.5 }), '03', /^total_amount:/],
    [JSON.stringify({ ...order, total_amount: -100 }), '03', /^total_amount:/],
    [JSON.stringify({ ...order, return_url: 'https://shop.example/?x=%FF' }), '03', /^return_url:/],
  ];
  for (const [plaintext, code, detail] of refused) {
    const opened = open(typeof plaintext === 'string' ? seal(plaintext) : forge({ text: plaintext }));
    assert.ok(!opened.ok, String(plaintext));
    assert.equal(opened.fault.code, code, String(plaintext));
    assert.match(opened.fault.detail, detail);
  }
});

test('unknown names, an integer amount and the same value twice are accepted', () => {
  const text = `{"x":{"order_no":"no","y":[1,{"a":"]"}]},"x":5,${JSON.stringify({
    ...order,
    order_desc: 'a "quoted", {braced} \\ text',
  }).slice(1, -1)},"Total_amount": 20000000 ,"ORDER_NO":"O1","__proto__":"p"}`;
  const opened = open(seal(text));
  assert.ok(opened.ok);
  assert.equal(opened.order.amountDong, 200_000n);
  assert.equal(opened.order.description, 'a "quoted", {braced} \\ text');
  assert.deepEqual(
    Object.keys(opened.order.received).sort(),
    [...Object.keys(order), 'merchant_site', 'order_desc'].sort(),
  );
});

test('null is a field that was not sent, and numbers mean their digits, as the Java client writes them', () => {
  const plain = open(seal(order));
  const nulls = open(
    seal(
      `{"Version":2.0,"Access_code":3685,"Order_desc":null,"Cancel_url":null,"Locale":null,"Client_ip":null,${JSON.stringify(
        order,
      ).slice(1, -1)},"methods":null,"Total_amount":20000000,"currency":null,"merchant_site":null}`,
    ),
  );
  assert.ok(plain.ok && nulls.ok);
  assert.deepEqual(nulls.order, plain.order);
  const numbers = open(
    seal(
      '{"version":"2.0","access_code":3685,"merch_txn_ref":1619416692633,"order_no":12345678901234567890,"total_amount":5000000,"return_url":"https://shop.example/r","branch_code":1}',
    ),
  );
  assert.ok(numbers.ok);
  assert.equal(numbers.order.amountDong, 50_000n);
  assert.equal(numbers.order.merchTxnRef, '1619416692633');
  assert.equal(numbers.order.orderNo, '12345678901234567890', 'never through a float');
});

test('a session key made of text or of repeated parts is accepted with a warning', () => {
  const warnings = (sessionKey: Buffer): unknown => {
    const opened = open(seal(order, () => sessionKey));
    assert.ok(opened.ok);
    return opened.warnings;
  };
  assert.deepEqual(warnings(Buffer.from('0123456789abcdef01234567')), ['session_key_looks_constant']);
  const part = randomBytes(8);
  assert.deepEqual(warnings(Buffer.concat([part, randomBytes(8), part])), ['session_key_looks_constant']);
  assert.deepEqual(warnings(Buffer.from('ff0123456789abcdeffedcba98765432100f1e2d3c4b5a69', 'hex')), []);
});

test('a one-byte substitution in a signed query is refused or reads as the identical order', () => {
  const original = open(exampleQuery);
  assert.ok(original.ok);
  let refused = 0;
  let same = 0;
  // Every position with every byte that may mean the same, and with bytes drawn by a seed (all would take minutes).
  const draw = fc.sample(fc.integer({ min: 0, max: 255 }), {
    numRuns: exampleQuery.length * 2,
    seed: 20261123,
  });
  for (let at = 0; at < exampleQuery.length; at++) {
    const bytes = new Set([...draw.slice(at * 2, at * 2 + 2), ...Buffer.from('+/-_ %')]);
    bytes.delete(exampleQuery.charCodeAt(at));
    for (const byte of bytes) {
      const changed = exampleQuery.slice(0, at) + String.fromCharCode(byte) + exampleQuery.slice(at + 1);
      // The site is looked up by its code; another code finds another site, or none.
      const parsed = parseV2Query(changed);
      if (parsed.ok && parsed.parameters.merchantSite !== 'shop_0001') continue;
      const opened = open(changed);
      if (!opened.ok) {
        refused++;
      } else {
        assert.deepEqual(opened, original, `byte ${byte} at ${at}`);
        same++;
      }
    }
  }
  assert.ok(refused > 1000, `${refused} refused`);
  assert.ok(same > 10, `${same} identical`);
});

test('what a merchant seals is what is read, for any text', () => {
  const description = fc
    .oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 60 }))
    .filter((value) => freeTextProblem(value) === null);
  const reference = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .filter((value) => referenceProblem(value) === null);
  fc.assert(
    fc.property(description, reference, fc.bigInt(1n, 99_999_999_999n), (order_desc, order_no, dong) => {
      const fields = { ...order, order_desc, order_no, total_amount: String(dong * 100n) };
      const opened = open(seal(fields));
      assert.ok(opened.ok);
      assert.equal(opened.order.amountDong, dong);
      assert.deepEqual(opened.order.received, { ...fields, merchant_site: 'shop_0001' });
    }),
    { numRuns: 60, seed: 20261123 },
  );
});
