import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, maskPhones } from './logger.ts';

function logged(write: (log: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  const destination = {
    write(line: string) {
      text += line;
    },
  };
  write(createLogger('info', destination));
  return text;
}

test('pins, codes, keys and cookies do not reach the log at any depth', () => {
  const text = logged((log) =>
    log.info({
      pin: '246811',
      buyer: { otp: '135791', sessions: [{ Cookie: 'c=1x1', access_code: '2x2', vpc_SecureHash: '3x3' }] },
      headers: { authorization: 'Bearer 4x4', 'webhook-signature': '5x5' },
      secret_hash: '6x6',
      privateKey: '7x7',
      new_pin: '8x8',
    }),
  );
  assert.doesNotMatch(text, /246811|135791|\dx\d/);
});

test('ordinary fields, codes of results and amounts stay readable', () => {
  const line = JSON.parse(
    logged((log) => log.info({ response_code: '51', amountDong: 200000n, n: [1] }, 'refused')),
  );
  assert.deepEqual(
    { ...line, time: undefined },
    { level: 'info', time: undefined, response_code: '51', amountDong: '200000', n: [1], msg: 'refused' },
  );
});

test('phone numbers are masked in fields, in messages and in errors', () => {
  const text = logged((log) => {
    log.info({ phone: '0912345678' }, 'sent to 0987654321');
    log.child({ recipient: '+84912345678' }).error(new Error('no wallet 0900000001'));
  });
  assert.match(text, /"phone":"091\*\*\*\*678"/);
  assert.match(text, /sent to 098\*\*\*\*321/);
  assert.match(text, /"\+8491\*\*\*\*678"/);
  assert.doesNotMatch(text, /0900000001/);
});

test('digits inside ids and longer numbers are left alone', () => {
  const text = 'id 0190a1b2-0123456789 1763900000000 00912345678901';
  assert.equal(maskPhones(text), text);
});

test('a request is logged without its query and without its checkout token', () => {
  const text = logged((log) => {
    log.info({ req: { method: 'GET', url: '/checkout/tok_1x1/confirm?hash=2x2', ip: '::1' } });
  });
  assert.match(text, /"path":"\/checkout\/\[redacted\]\/confirm"/);
  assert.doesNotMatch(text, /\dx\d/);
});
