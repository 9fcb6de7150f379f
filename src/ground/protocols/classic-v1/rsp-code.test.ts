import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRspCode } from './rsp-code.ts';

test('the answer to a notification is read whatever the case of its names', () => {
  assert.deepEqual(readRspCode('{"RspCode":"00","Message":"Confirm Success"}'), {
    ok: true,
    rspCode: '00',
    message: 'Confirm Success',
  });
  for (const body of ['{"rspCode":"02"}', '{"RSPCODE":"02","rspcode":"02","x":[1]}']) {
    assert.deepEqual(readRspCode(body), { ok: true, rspCode: '02', message: '' });
  }
});

test('what pages of PHP and ASP print around the answer is left out', () => {
  const answer = '{"RspCode":"00"}';
  const bodies = [
    `\uFEFF${answer}`,
    `\uFEFF\uFEFF\uFEFF${answer}`,
    `\uFEFF\r\n\uFEFF \n\n\t${answer}\r\n\r\n`,
    `\r\n\r\n${answer}`,
    `\u00ef\u00bb\u00bf\uFEFF${answer}\uFEFF`,
    `${answer}<!-- 0.012 s -->`,
    `${answer}\n<!-- a -->\n<!-- > b --\n- -->\n`,
    `${answer}<!---->`,
    `{"RspCode":"00","Message":"<!-- x"} <!-- y -->`,
  ];
  for (const body of bodies)
    assert.partialDeepStrictEqual(readRspCode(body), { ok: true, rspCode: '00' }, body);
});

test('an answer that is not exactly one code is none, and says why', () => {
  const bodies: [body: string, fault: string][] = [
    ['', 'not_json'],
    ['OK', 'not_json'],
    ['00', 'not_json'],
    ['7', 'no_code'],
    ['"00"', 'no_code'],
    ['null', 'no_code'],
    ['["00"]', 'no_code'],
    ['{}', 'no_code'],
    ['{"code":"00"}', 'no_code'],
    ['{"data":{"RspCode":"00"}}', 'no_code'],
    ['{"RspCode":0}', 'code_not_text'],
    ['{"RspCode":00}', 'not_json'],
    ['{"RspCode":2}', 'code_not_text'],
    ['{"RspCode":null}', 'code_not_text'],
    ['{"RspCode":["00"]}', 'code_not_text'],
    ['{"RspCode":"0"}', 'code_malformed'],
    ['{"RspCode":"000"}', 'code_malformed'],
    ['{"RspCode":"００"}', 'code_malformed'],
    ['{"RspCode":"00","rspCode":"99"}', 'two_codes'],
    ['{"RspCode":"99","RspCode":"00"}', 'two_codes'],
    ['{"RspCode":"00","RspCode":0}', 'two_codes'],
    ['{"RspCode":"00"', 'not_json'],
    ['<html>{"RspCode":"00"}</html>', 'not_json'],
    ['{"RspCode":"00"}{"RspCode":"00"}', 'not_json'],
    ['{"RspCode":"00"}<script></script>', 'not_json'],
    ['{"RspCode":"99"<!--}{"RspCode":"00"}-->', 'not_json'],
    [`${'{"RspCode":"00"}'}${'<!-- -->'.repeat(10)}`, 'not_json'],
    [`{"RspCode":"00","Message":"${'x'.repeat(5000)}"}`, 'not_json'],
  ];
  for (const [body, fault] of bodies)
    assert.deepEqual(readRspCode(body), { ok: false, fault }, body.slice(0, 60));
});
