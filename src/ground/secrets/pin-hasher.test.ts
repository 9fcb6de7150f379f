import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createKeyRing, createPinHasher, type DeriveKey, PinQueueFull } from './index.ts';

const ring = createKeyRing([{ id: 'k1', bytes: Buffer.alloc(32, 1) }]);
const cheap = { memoryKib: 64, passes: 1, parallelism: 1 };

test('a PIN matches its own hash, another PIN and a missing wallet do not', async () => {
  const hasher = createPinHasher(ring, cheap);
  const encoded = await hasher.hash('246810');
  assert.deepEqual(await hasher.check('246810', encoded), { matches: true, rehashed: null });
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

test('a hash of a lower cost is still good, and is made again on the way', async () => {
  const encoded = await createPinHasher(ring, cheap).hash('246810');
  const stronger = createPinHasher(ring, { ...cheap, passes: 2 });
  const { matches, rehashed } = await stronger.check('246810', encoded);
  assert.ok(matches);
  assert.match(rehashed ?? '', /m=64,t=2,p=1,/);
  assert.deepEqual(await stronger.check('246810', rehashed), { matches: true, rehashed: null });
  assert.equal((await stronger.check('246811', encoded)).rehashed, null);
});

test('a hash under a former pepper is made again under the current one', async () => {
  const encoded = await createPinHasher(ring, cheap).hash('246810');
  const turned = createKeyRing([
    { id: 'k2', bytes: Buffer.alloc(32, 2) },
    { id: 'k1', bytes: Buffer.alloc(32, 1) },
  ]);
  const { matches, rehashed } = await createPinHasher(turned, cheap).check('246810', encoded);
  assert.ok(matches);
  assert.match(rehashed ?? '', /k=k2\$/);
});

test('an old hash, a new one and nobody take the same work, at the same costs in the same order', async () => {
  const low = { memoryKib: 64, passes: 1, parallelism: 1 };
  const middle = { memoryKib: 32, passes: 3, parallelism: 1 };
  const high = { memoryKib: 128, passes: 2, parallelism: 1 };
  const worked: string[] = [];
  const counted: DeriveKey = (_, { memory, passes, parallelism }) => {
    worked.push(`m=${memory},t=${passes},p=${parallelism}`);
    return Promise.resolve(randomBytes(32));
  };
  const hasher = createPinHasher(ring, high, undefined, counted);
  const costsInUse = ['m=64,t=1,p=1', 'm=128,t=2,p=1', 'm=32,t=3,p=1'];
  const works = new Set<string>();
  for (const cost of [low, middle, high, null]) {
    const encoded = cost && (await createPinHasher(ring, cost).hash('246810'));
    worked.length = 0;
    await hasher.check('135790', encoded, costsInUse);
    works.add(worked.join(' '));
  }
  assert.equal(works.size, 1, [...works].join(' | '));
  assert.equal(worked.length, 3);
});

test('beyond the queue a check is refused at once, and the queue recovers', async () => {
  const hasher = createPinHasher(ring, cheap, { running: 1, waiting: 1 });
  const results = await Promise.allSettled(['1', '2', '3', '4'].map((pin) => hasher.hash(pin)));
  assert.equal(results.filter((result) => result.status === 'fulfilled').length, 2);
  assert.ok(results.some((result) => result.status === 'rejected' && result.reason instanceof PinQueueFull));
  await hasher.hash('again');
});
