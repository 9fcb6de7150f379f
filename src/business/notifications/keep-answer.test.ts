import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keepAnswer } from './keep-answer.ts';

test('an answer as our guides ask for is kept as it came', () => {
  for (const answer of [
    '',
    '{"RspCode":"00","Message":"Confirm Success"}',
    '{"RspCode":"04","Message":"Invalid amount"}',
    'RspCode=02&Message=Order already confirmed',
    '{"code":"order_not_found","status":404,"merch_txn_ref":"DH-1024","amount":"200000"}',
    '<html><body><h1>502 Bad Gateway</h1>nginx/1.24.0</body></html>',
    'Không tìm thấy đơn hàng',
  ])
    assert.equal(keepAnswer(answer), answer);
});

test('what a name calls a secret or a person is masked, in JSON, forms, headers and dumps', () => {
  const cases: [string, string][] = [
    ['{"api_key":"k1","RspCode":"00"}', '{"api_key":"…","RspCode":"00"}'],
    ['{"apiKey" : "k1"}', '{"apiKey" : "…"}'],
    ['{"otp":123456,"pin":"246810"}', '{"otp":…,"pin":"…"}'],
    ['{"password":"a \\" b","x":1}', '{"password":"…","x":1}'],
    [
      '{"customerName":"Nguyễn Văn An","customer_phone":"0900 000"}',
      '{"customerName":"…","customer_phone":"…"}',
    ],
    ['DB_PASSWORD=hunter2&RspCode=99', 'DB_PASSWORD=…&RspCode=99'],
    ["array('secret' => 'x')", "array('secret' => '…')"],
    ['Authorization: Bearer abc.def', 'Authorization: …'],
    ['Set-Cookie: PHPSESSID=abc; path=/', 'Set-Cookie: …; path=/'],
    ['X-Api-Key: k1', 'X-Api-Key: …'],
    ['{"password":"cut', '{"password":"…"'],
  ];
  for (const [answer, kept] of cases) assert.equal(keepAnswer(answer), kept, answer);
  assert.equal(keepAnswer('{"shipping":"30000","mapping":"a"}'), '{"shipping":"30000","mapping":"a"}');
});

test('what looks like a secret or a number of a person is masked wherever it stands', () => {
  assert.equal(
    keepAnswer('call 0912 345 678 or mail an@shop.example, card 4111-1111-1111-1111'),
    'call … or mail …, card …',
  );
  assert.equal(keepAnswer(`whsec_${'A1b2'.repeat(8)} sk_live_${'x'.repeat(32)}`), '… …');
  assert.equal(
    keepAnswer('-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC'),
    '-----BEGIN PRIVATE KEY-----\n…',
  );
});

test('no secret is kept in halves where a long answer is cut', () => {
  for (let before = 4_050; before <= 4_096; before += 1) {
    const secret = 'Zq7'.repeat(20);
    const kept = keepAnswer(`${'a@b.example '.repeat(before).slice(0, before)} ${secret} end`);
    assert.doesNotMatch(kept, /Zq7/, String(before));
    assert.ok(kept.length <= 1_025);
  }
});

test('any answer is kept in bounds, and fit to be stored', () => {
  const hostile = [
    'a'.repeat(65_536),
    '"'.repeat(65_536),
    'key='.repeat(16_384),
    '"key":"'.repeat(9_000),
    `"key":"${'\\\\'.repeat(30_000)}`,
    'a-'.repeat(30_000),
    '1 '.repeat(30_000),
    `${'a.'.repeat(30_000)}@`,
    'token: bearer '.repeat(4_000),
    `token:${' '.repeat(60_000)}`,
  ];
  // A pattern that reads them again and again would take hours, and the runner ends this file.
  for (const answer of hostile) assert.ok(keepAnswer(answer).length <= 1_025);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (answer) => {
      const kept = keepAnswer(answer);
      assert.ok(kept.length <= 1_025 && !kept.includes('\0') && kept.isWellFormed());
    }),
  );
});
