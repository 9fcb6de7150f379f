// Work shares few connections, and goes past them when those are held.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { countWaiting } from './few-connections.ts';
import { inTransaction, openDatabase } from './index.ts';

const { url, drop } = await createTestDatabase();
const few = 2;
const db = openDatabase(url, { max: 10, few });
after(async () => {
  await db.destroy();
  await drop();
});

const ask = () => sql`select 1`.execute(db);

/** Holds so many connections in transactions until it is told to let them go. */
async function hold(count: number) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const begun = Array.from({ length: count }, () => Promise.withResolvers<void>());
  const held = begun.map((each) =>
    inTransaction(db, async (tx) => {
      await sql`select 1`.execute(tx);
      each.resolve();
      await promise;
    }),
  );
  await Promise.all(begun.map((each) => each.promise));
  return async () => {
    resolve();
    await Promise.all(held);
  };
}

test('a crowd of short statements shares the few', async () => {
  for (let round = 0; round < 20; round += 1) await Promise.all(Array.from({ length: few }, ask));
  assert.equal(db.pool.totalCount, few);
  const crowd = Array.from({ length: 40 }, ask);
  assert.equal(countWaiting(db.pool), 40 - few);
  await Promise.all(crowd);
  assert.equal(countWaiting(db.pool), 0);
});

test('a crowd that waits long shares the few too, while those who hold them give them back', async () => {
  const nap = () => sql`select pg_sleep(0.02)`.execute(db);
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 30 }, nap));
  assert.ok(performance.now() - startedAt > 200);
  assert.equal(db.pool.totalCount, few);
});

test('who finds the few held goes past them after a moment, up to the bound of the pool', async () => {
  const letGo = await hold(few);
  await Promise.all([ask(), ask(), ask()]);
  assert.ok(db.pool.totalCount > few);
  await letGo();
  const letAllGo = await hold(9);
  await Promise.all([ask(), ask()]);
  await letAllGo();
  assert.equal(db.pool.totalCount, 10);
  assert.equal(countWaiting(db.pool), 0);
});

test('beside those that are stuck a crowd goes on as fast as without them', async () => {
  const crowd = async () => {
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 300 }, ask));
    return performance.now() - startedAt;
  };
  const alone = await crowd();
  const letGo = await hold(few);
  const beside = await crowd();
  await letGo();
  // Let in only when somebody looks, 300 would take 150 looks.
  assert.ok(beside < 10 * alone + 500, `${beside} ms beside ${alone} ms`);
});

test('a connection that is lost, or cannot be made, gives its place to the next', async () => {
  const lose = () =>
    inTransaction(db, async (tx) => {
      await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx);
    });
  for (let round = 0; round < few + 1; round += 1) await assert.rejects(lose());
  const nowhere = openDatabase('postgres://nobody@127.0.0.1:1/nothing', { few });
  try {
    for (let round = 0; round < few + 1; round += 1)
      await assert.rejects(sql`select 1`.execute(nowhere), { code: 'ECONNREFUSED' });
  } finally {
    await nowhere.destroy();
  }
  const crowd = Array.from({ length: few }, ask);
  assert.equal(countWaiting(db.pool), 0);
  await Promise.all(crowd);
});
