// What a buyer who holds a signed v1 URL may try: other bytes, other names, other seams between values.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  codeOf,
  decode,
  example,
  pinned,
  required,
  secret,
  sign,
} from '../../../../tests/support/v1-requests.ts';
import { freeTextProblem, referenceProblem } from '../../text/index.ts';
import { hashV1Values } from './hash.ts';
import { buildV1RequestQuery, v1Names } from './index.ts';

test('every one-byte substitution in a signed query is refused or reads as the identical order', () => {
  const encoded = buildV1RequestQuery(
    { ...required, order_desc: 'Thanh toán 1+1', return_url: 'https://shop.example/r?a=%2F', methods: '' },
    secret,
  );
  for (const [query, sameMin] of [
    [example, 0],
    [encoded, 10],
  ] as const) {
    const original = decode(query);
    assert.ok(original.ok);
    let refused = 0;
    let same = 0;
    for (let at = 0; at < query.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        if (byte === query.charCodeAt(at)) continue;
        const decoded = decode(query.slice(0, at) + String.fromCharCode(byte) + query.slice(at + 1));
        if (!decoded.ok) {
          refused++;
        } else {
          assert.deepEqual(decoded, original, `byte ${byte} at ${at}`);
          same++;
        }
      }
    }
    assert.equal(refused + same, query.length * 255);
    assert.ok(refused > 0);
    assert.ok(same >= sameMin, `${same} identical`);
  }
});

/** All ascending choices of `size` names out of the sorted list. */
function* choose(names: readonly string[], size: number): Generator<string[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let at = 0; at + size <= names.length; at++) {
    const [first] = names.slice(at, at + 1);
    for (const others of choose(names.slice(at + 1), size - 1)) yield [first ?? '', ...others];
  }
}

const hashedNames = [...v1Names].filter((name) => name !== 'secure_hash').sort();
const optionalNames = hashedNames.filter((name) => !(name in required));

/** Every set of names a query may have; with a name of `required` left out it is 03, which saves the most. */
function* chooseWithRequired(size: number): Generator<string[]> {
  const requiredOnes = Object.keys(required);
  for (const others of choose(optionalNames, size - requiredOnes.length))
    yield [...others, ...requiredOnes].sort();
}

/** Gives the hashed values, in their order, to every set of names; returns how many of them were orders. */
function tryEveryRenaming(
  values: readonly string[],
  secureHash: string,
  expected: unknown,
  sets: Iterable<string[]> = chooseWithRequired(values.length),
): number {
  let accepted = 0;
  for (const names of sets) {
    const query = names.map((name, at) => `${name}=${encodeURIComponent(values[at] ?? '')}`).join('&');
    const decoded = decode(`${query}&secure_hash=${secureHash}`);
    if (!decoded.ok) continue;
    accepted++;
    assert.deepEqual(pinned(decoded), expected, names.join());
  }
  return accepted;
}

const valuesInOrder = (fields: Record<string, string>): string[] =>
  Object.entries(fields)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => value);

test('no renaming that keeps the hash of the worked example changes its amount, references or URLs', () => {
  const fields = Object.fromEntries(new URLSearchParams(example));
  const { secure_hash: secureHash = '', ...hashed } = fields;
  const values = valuesInOrder(hashed);
  // Here without any shortcut: all 167,960 sets of eleven names.
  const everySet = choose(hashedNames, values.length);
  const accepted = tryEveryRenaming(values, secureHash, pinned(decode(example)), everySet);
  assert.ok(accepted > 1, 'some harmless renaming exists, so the search does search');
});

test('no renaming of hostile values changes amount, references or URLs', () => {
  const text = fc.constantFrom<string[]>(
    '',
    '3685',
    'VV',
    'vn',
    'VND',
    'R1',
    '100',
    '1.0',
    'https://evil.example/',
    '::1',
  );
  const hostile = fc.record(
    {
      order_desc: text,
      order_info: text,
      methods: fc.constantFrom('', 'VV', '3685', '100', 'https://evil.example/'),
      branch_code: fc.constantFrom('', '00100', '3685', 'VV', 'lacviet_7134'),
      Client_ip: fc.constantFrom('', '::1', '3685', '100', 'unknown'),
      client_ip: fc.constantFrom('', '::1', '3685', '100', 'unknown'),
      account_type: fc.constantFrom('', 'VV'),
      locale: fc.constantFrom('', 'vn'),
      currency: fc.constantFrom('', 'VND'),
      cancel_url: fc.constantFrom('', 'app://c', 'https://shop.example/c'),
      shipping_fee: fc.constantFrom('', '0', '100'),
      tax_fee: fc.constantFrom('', '0', '100'),
      merch_txn_ref: fc.constantFrom(
        'R1',
        '3685',
        'VV',
        'vn',
        '100',
        'lacviet_7134',
        'https://evil.example/',
      ),
      order_no: fc.constantFrom('O1', '3685', 'lacviet_7134', '100', '1.0', 'https://evil.example/'),
    },
    { requiredKeys: ['merch_txn_ref', 'order_no'] },
  );
  let accepted = 0;
  fc.assert(
    fc.property(hostile, (chosen) => {
      const fields = { ...required, ...chosen };
      // What the merchant meant, whether or not that spelling itself is accepted.
      const meant = {
        ...(pinned(sign(required)) as object),
        merchTxnRef: fields.merch_txn_ref,
        orderNo: fields.order_no,
        cancelUrl: chosen.cancel_url || null,
      };
      const secureHash = hashV1Values(Object.entries(fields), secret);
      accepted += tryEveryRenaming(valuesInOrder(fields), secureHash, meant);
    }),
    {
      numRuns: 60,
      seed: 20261123,
      examples: [[{ merch_txn_ref: 'R1', order_no: 'O1', order_desc: 'lacviet_7134' }]],
    },
  );
  assert.ok(accepted > 50);
});

test('a description that holds separators cannot be split into another order', () => {
  const part = fc.constantFrom(
    'x',
    '',
    'lacviet_7134',
    '3685',
    'R2',
    'VV',
    'O2',
    '100',
    'https://evil.example/',
    '1.0',
    'vn',
    '::1',
  );
  // What the merchant meant, though its own spelling is refused.
  const meant = pinned(sign(required));
  const extras = fc.record(
    { Branch_code: fc.constant('00001'), account_type: fc.constant('VV'), locale: fc.constant('vn') },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 2, maxLength: 8 }), extras, (parts, extra) => {
      const fields = { ...required, ...extra, order_desc: parts.join('|') };
      assert.equal(codeOf(sign(fields)), '03');
      const values = valuesInOrder(fields).join('|').split('|');
      tryEveryRenaming(values, hashV1Values(Object.entries(fields), secret), meant);
    }),
    { numRuns: 40, seed: 20261123, examples: [[['x', 'lacviet_7134'], {}]] },
  );
});

test('what a merchant signs is what is read, for any text', () => {
  const reference = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .map((end) => `r${end}`)
    .filter((value) => referenceProblem(value) === null);
  const description = fc
    .oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 60 }))
    .filter((value) => !value.includes('|') && freeTextProblem(value) === null);
  fc.assert(
    fc.property(reference, reference, description, fc.bigInt(1n, 99_999_999_999n), (ref, no, desc, dong) => {
      const fields = {
        ...required,
        merch_txn_ref: ref,
        order_no: no,
        order_desc: desc,
        total_amount: String(dong * 100n),
      };
      const decoded = sign(fields);
      assert.ok(decoded.ok);
      assert.equal(decoded.order.amountDong, dong);
      assert.deepEqual(decoded.order.received, fields);
    }),
    { numRuns: 300, seed: 20261123 },
  );
});
