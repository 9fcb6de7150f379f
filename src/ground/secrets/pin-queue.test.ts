import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createPinQueue, PinQueueFull } from './pin-queue.ts';

/** Pieces of work that end when the test says so; `done` names those whose callers have heard. */
function givenQueue(limits: { running: number; waiting: number }) {
  let nowMs = 0;
  const queue = createPinQueue(limits, () => nowMs);
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const done: string[] = [];
  return {
    done,
    begun: ends,
    pass: (ms: number) => {
      nowMs += ms;
    },
    add: (name: string) =>
      queue(async () => {
        const end = Promise.withResolvers<void>();
        ends.set(name, end);
        await end.promise;
      }).then(
        () => void done.push(name),
        (error: unknown) => void done.push(`${name}: ${error instanceof Error ? error.message : ''}`),
      ),
    async end(name: string, error?: Error) {
      if (error) ends.get(name)?.reject(error);
      else ends.get(name)?.resolve();
      await turn();
    },
  };
}

test('while nobody waits a result is handed over at once', async () => {
  const { add, end, done } = givenQueue({ running: 2, waiting: 9 });
  void add('a');
  void add('b');
  await turn();
  await end('a');
  assert.deepEqual(done, ['a']);
  await end('b');
  assert.deepEqual(done, ['a', 'b']);
});

test('while others wait for a place results are kept, and go together when the last has one', async () => {
  const { add, end, done } = givenQueue({ running: 1, waiting: 9 });
  for (const name of ['a', 'b', 'c']) void add(name);
  await turn();
  await end('a');
  assert.deepEqual(done, []);
  await end('b');
  assert.deepEqual(done, ['a', 'b']);
  await end('c');
  assert.deepEqual(done, ['a', 'b', 'c']);
});

test('at most twelve go together, and the first waits no longer than a fifth of a second', async () => {
  const { add, end, done, pass } = givenQueue({ running: 1, waiting: 99 });
  const names = Array.from({ length: 40 }, (_, at) => `${at}`);
  for (const name of names) void add(name);
  await turn();
  for (const name of names.slice(0, 11)) await end(name);
  assert.equal(done.length, 0);
  await end('11');
  assert.equal(done.length, 12);
  await end('12');
  pass(199);
  await end('13');
  assert.equal(done.length, 12);
  pass(1);
  await end('14');
  assert.equal(done.length, 15);
});

test('work that fails gives its place to the next, and its caller hears why', async () => {
  const { add, end, done, begun } = givenQueue({ running: 1, waiting: 1 });
  void add('a');
  void add('b');
  void add('c');
  await turn();
  assert.deepEqual(done, [`c: ${new PinQueueFull().message}`]);
  await end('a', new Error('broken'));
  assert.ok(begun.has('b'));
  await end('b');
  assert.deepEqual(done.slice(1), ['a: broken', 'b']);
});
