import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeyRing, generateKeyRingSetting, parseKeyRing } from './index.ts';

const key = (id: string, fill: number) => ({ id, bytes: Buffer.alloc(32, fill) });

test('a sealed value opens only for the row it was sealed for', () => {
  const ring = parseKeyRing(generateKeyRingSetting());
  const sealed = ring.seal(Buffer.from('xxxxxx'), 'site_keys/1');
  assert.equal(ring.open(sealed, 'site_keys/1').toString(), 'xxxxxx');
  assert.throws(() => ring.open(sealed, 'site_keys/2'));
});

test('every altered byte of a sealed value is noticed', () => {
  const ring = createKeyRing([key('k1', 1)]);
  const sealed = ring.seal(Buffer.from('a secret'), 'row');
  for (let at = 0; at < sealed.length; at++) {
    const altered = Buffer.from(sealed);
    altered[at] = (altered[at] ?? 0) ^ 1;
    assert.throws(() => ring.open(altered, 'row'), `byte ${at}`);
  }
});

test('after a rotation the former key still opens and matches, and new values use the new key', () => {
  const before = createKeyRing([key('k1', 1)]);
  const after = createKeyRing([key('k2', 2), key('k1', 1)]);
  assert.equal(after.open(before.seal(Buffer.from('old'), 'row'), 'row').toString(), 'old');
  assert.ok(after.matchesHmac('otp', 'text', before.hmac('otp', 'text')));
  assert.throws(() => before.open(after.seal(Buffer.from('new'), 'row'), 'row'), /key k2 is not on the ring/);
});

test('the same text under two purposes has two hashes, and a short prefix never matches', () => {
  const ring = createKeyRing([key('k1', 1)]);
  assert.notDeepEqual(ring.hmac('otp', 'text'), ring.hmac('browser', 'text'));
  assert.ok(!ring.matchesHmac('otp', 'text', ring.hmac('otp', 'text').subarray(0, 8)));
});

test('a malformed ring is refused without showing its content', () => {
  assert.throws(() => parseKeyRing('k1:short'), /key 1 of the ring/);
  const setting = generateKeyRingSetting();
  assert.throws(() => parseKeyRing(`${setting},${setting}`), /share an id/);
});
