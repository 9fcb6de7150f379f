// A pipelined transaction is one transaction: its statements run in order, and all of them take effect or
// none.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { type DbOrTx, inPipelinedTransaction, inTransaction, openDatabase, unflushed } from './index.ts';

const { db, owner, drop } = await createTestDatabase();
after(drop);
await owner.pool.query(`
  create table steps (step int primary key, transaction_id xid8 not null default pg_current_xact_id());
  grant select, insert on steps to public`);

const write = (step: number) => sql`insert into steps (step) values (${step})`;
async function readSteps(): Promise<{ step: number; transaction: string }[]> {
  const { rows } = await sql<{ step: number; transaction: string }>`
    select step, transaction_id::text as "transaction" from steps order by step`.execute(db);
  return rows;
}

test('what is sent before the commit is of the same transaction, the last writes too', async () => {
  await inPipelinedTransaction(db, async (tx) => {
    await write(1).execute(tx);
    return { result: null, writes: [write(2).execute(tx), write(3).execute(tx)] };
  });
  const steps = await readSteps();
  assert.deepEqual(
    steps.map(({ step }) => step),
    [1, 2, 3],
  );
  assert.equal(new Set(steps.map(({ transaction }) => transaction)).size, 1);
});

test('one refused write takes the others with it', async () => {
  await assert.rejects(
    inPipelinedTransaction(db, async (tx) => ({
      result: null,
      writes: [write(4).execute(tx), write(1).execute(tx), write(5).execute(tx)],
    })),
    { code: '23505' },
  );
  assert.deepEqual(
    (await readSteps()).map(({ step }) => step),
    [1, 2, 3],
  );
});

test('the caller hears the cause, also when it awaits a statement behind the one that failed', async () => {
  const sendTwo = (tx: DbOrTx) => {
    const refused = write(1).execute(tx);
    refused.catch(() => undefined);
    return { refused, behind: write(7).execute(tx) };
  };
  const listedLast = inPipelinedTransaction(db, async (tx) => {
    const { refused, behind } = sendTwo(tx);
    return { result: null, writes: [behind, refused] };
  });
  await assert.rejects(listedLast, { code: '23505' });
  const awaitedFirst = inTransaction(db, async (tx) => {
    await sendTwo(tx).behind;
  });
  await assert.rejects(awaitedFirst, { code: '23505' });
  assert.equal((await readSteps()).length, 3);
});

test('a refusal that was swallowed does not pass for a commit', async () => {
  await assert.rejects(
    inTransaction(db, async (tx) => {
      await write(6).execute(tx);
      await write(1)
        .execute(tx)
        .catch(() => undefined);
    }),
    /rolled back/,
  );
  assert.equal((await readSteps()).length, 3);
});

test('a transaction may do without the flush, and only that one', async () => {
  const readFlush = async (tx: DbOrTx) => {
    const { rows } = await sql<{ flush: string }>`
      select current_setting('synchronous_commit') as flush`.execute(tx);
    return rows[0]?.flush;
  };
  // On one connection, so that the next transaction would see what the one before left behind.
  const one = openDatabase(db.url, { max: 1 });
  try {
    const during = await inTransaction(one, async (tx) => {
      // Nothing of the column is asked for, and it must take effect all the same.
      await sql`select steps.step from steps cross join ${unflushed}`.execute(tx);
      return readFlush(tx);
    });
    assert.equal(during, 'off');
    assert.equal(await readFlush(one), 'on');
    assert.equal(await inTransaction(one, readFlush), 'on');
  } finally {
    await one.destroy();
  }
});
