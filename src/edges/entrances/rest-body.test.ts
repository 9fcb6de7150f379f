import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ProblemError } from '../../ground/http/index.ts';
import { readClassicOrder } from '../../ground/protocols/classic-fields.ts';
import { parseJsonBody } from './rest-body.ts';
import { newOrderSchema } from './rest-schemas.ts';

const order = {
  merch_txn_ref: 'REF-1',
  order_no: 'ORDER-1',
  amount: '200000',
  description: 'x',
  return_url: 'https://shop.example/',
};

describe('the body of a REST request', () => {
  test('any flat object reads back as it was written', () => {
    const member = fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean(), fc.constant(null));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), member), (fields) => {
        fc.pre(!Object.hasOwn(fields, '__proto__'));
        assert.deepEqual(
          parseJsonBody(Buffer.from(JSON.stringify(fields, null, 1))),
          JSON.parse(JSON.stringify(fields)),
        );
      }),
    );
  });

  test('refused: no JSON, no object, nested values, repeated names however written, refused names, bad UTF-8', () => {
    const bodies = [
      '{',
      'null',
      '[]',
      '"text"',
      '1',
      '{"a":1}{"a":1}',
      '{"amount":["1"]}',
      '{"amount":{"a":"1"}}',
      '{"amount":"1","amount":"2"}',
      '{"amount":"1","\\u0061mount":"2"}',
      '{"__proto__":"x"}',
      '{"a":"\\"b\\":", "a" \n : 1}',
      '['.repeat(60_000),
    ].map((text) => Buffer.from(text));
    for (const body of [...bodies, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])]) {
      assert.throws(
        () => parseJsonBody(body),
        (error) => error instanceof ProblemError && error.code === '03',
        body.toString().slice(0, 50),
      );
    }
    assert.deepEqual(parseJsonBody(Buffer.from('{"a":"\\"b\\": \\\\", "b":":"}')), { a: '"b": \\', b: ':' });
  });

  test('a refusal names the fields at fault, each as it is meant, and says what is wrong with them', () => {
    const cases: [body: string | Buffer, detail: string, fields: string[]][] = [
      ['{"a":1,"b":2,"\\u0061":3,"b":4}', 'a field of the body is repeated', ['a', 'b']],
      ['{"a":"x","items":[1],"meta":{}}', 'a field of the body is not text or a number', ['items', 'meta']],
      ['{"__proto__":1}', 'a field of the body has a refused name', ['__proto__']],
      [
        `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
        'a field of the body is not text or a number',
        ['a'],
      ],
      ['['.repeat(60_000), 'the body is not JSON', []],
      [`${'['.repeat(30_000)}${']'.repeat(30_000)}`, 'the body is not a JSON object', []],
      [Buffer.from('\ufeff{"a":1}', 'utf16le'), 'the body is not text in UTF-8', []],
      [Buffer.from([0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d]), 'the body is not text in UTF-8', []],
      ['{"a":01}', 'the body is not JSON', []],
      ['{"a":NaN}', 'the body is not JSON', []],
      ['{"a":1,}', 'the body is not JSON', []],
      [' ', 'the body is not JSON', []],
    ];
    for (const [body, detail, fields] of cases) {
      assert.throws(
        () => parseJsonBody(Buffer.from(body as string)),
        (error) => {
          assert.ok(error instanceof ProblemError);
          assert.equal(error.message, detail);
          assert.deepEqual(
            error.errors.map(({ field }) => field),
            fields,
          );
          return error.slug === 'malformed-request';
        },
        body.toString().slice(0, 40),
      );
    }
  });

  test('a byte order mark before the JSON is passed over, and only there', () => {
    assert.deepEqual(parseJsonBody(Buffer.from('\ufeff{"a":"1"}')), { a: '1' });
    assert.throws(() => parseJsonBody(Buffer.from('\ufeff\ufeff{"a":"1"}')), ProblemError);
    assert.deepEqual(parseJsonBody(Buffer.from('{"a":"\ufeff1"}')), { a: '\ufeff1' });
  });

  test('a reference and a text that REST takes are the ones the classic dialects take', () => {
    const samples = [
      ...[
        'A',
        'a_b.c#d/e-f',
        '#1',
        '_',
        '-a',
        '.a',
        '/a',
        'a b',
        'é',
        '',
        'a'.repeat(64),
        'a'.repeat(65),
        'a\n',
      ],
      ...['x'.repeat(500), 'x'.repeat(501), 'Sen đá 🌵', 'a\u0000', 'a\u202eb', 'a\ud800', 'a\tb'],
    ];
    const classic = (changes: Record<string, string>) =>
      readClassicOrder(
        new Map(
          Object.entries({
            ...{ version: '1.0', merchant_site: 's', access_code: 'a', merch_txn_ref: 'R', order_no: 'O' },
            ...{ total_amount: '100', return_url: 'https://shop.example/', ...changes },
          }),
        ),
        { version: '1.0', amountUnit: 'dong' },
      ).ok;
    for (const text of samples) {
      for (const [ours, theirs] of [
        ['merch_txn_ref', 'merch_txn_ref'],
        ['order_no', 'order_no'],
        ['description', 'order_desc'],
      ] as const) {
        // An empty description means "none" there; here it must say something.
        if (theirs === 'order_desc' && text === '') continue;
        const taken = newOrderSchema.safeParse({ ...order, [ours]: text }).success;
        assert.equal(taken, classic({ [theirs]: text }), `${ours} ${JSON.stringify(text)}`);
      }
    }
  });
});
