// Group commit alone: which requests go together, in which order, and what happens with a full queue or a
// fault.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGroupCommit, type GroupCommitOptions, QueueFull } from './index.ts';

/** Batches that wait to be let go, one by one. */
function createHeld(options: Omit<GroupCommitOptions<number, string>, 'runBatch'> = {}) {
  const batches: number[][] = [];
  const held: PromiseWithResolvers<void>[] = [];
  const group = createGroupCommit<number, string>({
    ...options,
    runBatch: async (requests) => {
      batches.push(requests);
      const gate = Promise.withResolvers<void>();
      held.push(gate);
      await gate.promise;
      return requests.map((request) => `answer to ${request}`);
    },
  });
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    batches,
    group,
    turn,
    async letGo(error?: Error) {
      const gate = held.shift();
      if (error) gate?.reject(error);
      else gate?.resolve();
      await turn();
    },
  };
}

test('alone, a request is a batch of one and waits for nobody', async () => {
  const { batches, group, turn, letGo } = createHeld();
  const answer = group.submit(1);
  await turn();
  assert.deepEqual(batches, [[1]]);
  await letGo();
  assert.equal(await answer, 'answer to 1');
});

test('who comes in one turn goes together; who comes while batches are under way goes next, in order', async () => {
  const { batches, group, turn, letGo } = createHeld({ inFlightMax: 1 });
  const answers = [group.submit(1), group.submit(2)];
  await turn();
  for (const request of [3, 4, 5]) {
    answers.push(group.submit(request));
    await turn();
  }
  assert.deepEqual(batches, [[1, 2]]);
  assert.equal(group.waiting, 3);
  await letGo();
  assert.deepEqual(batches, [
    [1, 2],
    [3, 4, 5],
  ]);
  assert.equal(group.waiting, 0);
  await letGo();
  assert.deepEqual(
    await Promise.all(answers),
    [1, 2, 3, 4, 5].map((request) => `answer to ${request}`),
  );
});

test('no more batches are under way than may be, and none is larger than may be', async () => {
  const { batches, group, turn, letGo } = createHeld({ inFlightMax: 2, batchMax: 3 });
  const answers = Array.from({ length: 10 }, (_, request) => group.submit(request));
  await turn();
  assert.deepEqual(batches, [
    [0, 1, 2],
    [3, 4, 5],
  ]);
  await letGo();
  assert.deepEqual(batches.slice(2), [[6, 7, 8]]);
  await letGo();
  assert.deepEqual(batches.slice(3), [[9]]);
  await letGo();
  await letGo();
  assert.equal((await Promise.all(answers)).length, 10);
});

test('what waits is shared among the batches that may begin, but not cut into small pieces', async () => {
  const { batches, group, turn, letGo } = createHeld({ inFlightMax: 2, shareMin: 4 });
  const answers = Array.from({ length: 12 }, (_, request) => group.submit(request));
  await turn();
  assert.deepEqual(
    batches.map((batch) => batch.length),
    [6, 6],
  );
  for (let request = 12; request < 17; request += 1) answers.push(group.submit(request));
  await letGo();
  await letGo();
  assert.deepEqual(
    batches.map((batch) => batch.length),
    [6, 6, 5],
  );
  await letGo();
  for (let request = 17; request < 22; request += 1) answers.push(group.submit(request));
  await turn();
  assert.deepEqual(
    batches.map((batch) => batch.length),
    [6, 6, 5, 4, 1],
  );
  await letGo();
  await letGo();
  assert.equal((await Promise.all(answers)).length, 22);
});

test('beyond the queue a request is refused at once; those that wait lose nothing, and room is room again', async () => {
  const { group, turn, letGo } = createHeld({ inFlightMax: 1, queueMax: 2 });
  const running = group.submit(1);
  await turn();
  const waiting = [group.submit(2), group.submit(3)];
  await assert.rejects(group.submit(4), QueueFull);
  await letGo();
  const later = group.submit(5);
  await letGo();
  await letGo();
  assert.deepEqual(await Promise.all([running, ...waiting, later]), [
    'answer to 1',
    'answer to 2',
    'answer to 3',
    'answer to 5',
  ]);
});

test('what a batch throws its own requests are thrown, and the next batch runs', async () => {
  const { group, turn, letGo } = createHeld({ inFlightMax: 1 });
  const first = [group.submit(1), group.submit(2)].map((answer) => assert.rejects(answer, /broken/));
  await turn();
  const next = group.submit(3);
  await letGo(new Error('broken'));
  await Promise.all(first);
  await letGo();
  assert.equal(await next, 'answer to 3');
});

test('a batch that answers another number of requests is a fault of all of them, not a mix-up', async () => {
  const group = createGroupCommit<number, string>({ runBatch: async () => ['only one'] });
  const answers = [group.submit(1), group.submit(2)];
  for (const answer of answers) await assert.rejects(answer, /another number/);
});

test('each finished batch is told with its size and its times, also one that failed', async () => {
  const told: { size: number; waitedMs: number; tookMs: number }[] = [];
  const { group, turn, letGo } = createHeld({ inFlightMax: 1, observe: (batch) => told.push(batch) });
  const first = group.submit(1);
  await turn();
  const second = [group.submit(2), group.submit(3)].map((answer) => assert.rejects(answer));
  await new Promise((resolve) => setTimeout(resolve, 20));
  await letGo();
  await letGo(new Error('broken'));
  await Promise.all([first, ...second]);
  assert.deepEqual(
    told.map(({ size }) => size),
    [1, 2],
  );
  assert.ok((told[0]?.tookMs ?? 0) >= 15, 'the first took as long as it was held');
  assert.ok((told[1]?.waitedMs ?? 0) >= 15, 'the second waited as long');
});
