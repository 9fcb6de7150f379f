// A transaction that PostgreSQL ended before its commit is begun again, so that nobody sees a deadlock.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { inTransaction, openPool } from './index.ts';

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
  const owner = openPool(database.ownerUrl, { max: 1 });
  await owner.query('create table pairs (id integer primary key, n integer not null)');
  await owner.query('insert into pairs values (1, 0), (2, 0)');
  await owner.query('grant select, update on pairs to public');
  await owner.end();
});
after(() => database.drop());

test('two transactions that lock two rows in opposite order both succeed: the one that was ended begins again', async () => {
  const { db } = database;
  let runs = 0;
  let holding = 0;
  const both = Promise.withResolvers<void>();
  const add = (first: number, second: number) =>
    inTransaction(db, async (tx) => {
      runs += 1;
      await sql`update pairs set n = n + 1 where id = ${first}`.execute(tx);
      holding += 1;
      if (holding === 2) both.resolve();
      await both.promise;
      await sql`update pairs set n = n + 1 where id = ${second}`.execute(tx);
    });
  await Promise.all([add(1, 2), add(2, 1)]);
  assert.equal(runs, 3);
  const { rows } = await sql`select n from pairs order by id`.execute(db);
  assert.deepEqual(rows, [{ n: 2 }, { n: 2 }]);
});

test('a connection that is lost before the commit is another one at the second try', async () => {
  const { db } = database;
  let runs = 0;
  await inTransaction(db, async (tx) => {
    runs += 1;
    await sql`update pairs set n = n + 1 where id = 1`.execute(tx);
    if (runs === 1) await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx);
  });
  assert.equal(runs, 2);
  const { rows } = await sql`select n from pairs where id = 1`.execute(db);
  assert.deepEqual(rows, [{ n: 3 }]);
});

test('what is thrown by the work itself, or refused, is thrown once', async () => {
  let runs = 0;
  const fail = (work: string) =>
    inTransaction(database.db, async (tx) => {
      runs += 1;
      await sql.raw(work).execute(tx);
      throw new Error('of the work');
    });
  await assert.rejects(fail('select 1'), /of the work/);
  await assert.rejects(fail('select 1 / 0'), { code: '22012' });
  assert.equal(runs, 2);
});
