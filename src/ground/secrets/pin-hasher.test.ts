import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeyRing, createPinHasher, PinQueueFull } from './index.ts';

const ring = createKeyRing([{ id: 'k1', bytes: Buffer.alloc(32, 1) }]);
const cheap = { memoryKib: 64, passes: 1, parallelism: 1 };

test('a PIN matches its own hash, another PIN and a missing wallet do not', async () => {
  const hasher = createPinHasher(ring, cheap);
  const encoded = await hasher.hash('246810');
  assert.deepEqual(await hasher.check('246810', encoded), { matches: true, outdated: false });
  assert.equal((await hasher.check('246811', encoded)).matches, false);
  assert.equal((await hasher.check('246810', null)).matches, false);
});

test('the same PIN hashes differently each time, and not without the pepper', async () => {
  const hasher = createPinHasher(ring, cheap);
  const encoded = await hasher.hash('246810');
  assert.notEqual(encoded, await hasher.hash('246810'));
  const other = createPinHasher(createKeyRing([{ id: 'k1', bytes: Buffer.alloc(32, 2) }]), cheap);
  assert.equal((await other.check('246810', encoded)).matches, false);
});

test('a hash of a lower cost is still good and asks to be made again', async () => {
  const encoded = await createPinHasher(ring, cheap).hash('246810');
  const stronger = createPinHasher(ring, { ...cheap, passes: 2 });
  assert.deepEqual(await stronger.check('246810', encoded), { matches: true, outdated: true });
});

test('beyond the queue a check is refused at once, and the queue recovers', async () => {
  const hasher = createPinHasher(ring, cheap, { running: 1, waiting: 1 });
  const results = await Promise.allSettled(['1', '2', '3', '4'].map((pin) => hasher.hash(pin)));
  assert.equal(results.filter((result) => result.status === 'fulfilled').length, 2);
  assert.ok(results.some((result) => result.status === 'rejected' && result.reason instanceof PinQueueFull));
  await hasher.hash('again');
});
