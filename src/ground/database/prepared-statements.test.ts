// A statement that was run before is read as it was the first time, and what changed in between is never misread.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { inPipelinedTransaction, inTransaction } from './index.ts';

const { db, owner, drop } = await createTestDatabase();
after(drop);
await owner.pool.query(`
  create table readings (place int generated always as identity, word text, amount bigint, at timestamptz, bytes bytea);
  grant select, insert, update on readings to public`);

const reading = {
  word: "Sen đá, 'quoted'",
  amount: 9_007_199_254_740_993n,
  at: new Date('2026-11-23T07:30:00.057Z'),
  bytes: Buffer.from([0, 255, 10]),
};
type Reading = { [Field in keyof typeof reading]: (typeof reading)[Field] | null };

function writeReading({ word, amount, at, bytes }: Reading) {
  return sql`insert into readings (word, amount, at, bytes) values (${word}, ${amount}, ${at}, ${bytes})`;
}

test('values come back as they were written, at the first run of a statement and at every later one', async () => {
  const nothing = { word: null, amount: null, at: null, bytes: null };
  await inTransaction(db, async (tx) => {
    for (const written of [reading, nothing, reading]) {
      assert.equal((await writeReading(written).execute(tx)).numAffectedRows, 1n);
      const { rows } =
        await sql<Reading>`select word, amount, at, bytes from readings order by place desc limit 1`.execute(
          tx,
        );
      assert.deepEqual(rows, [written]);
    }
  });
  for (const limit of [0, 1, 2]) {
    const { rows } = await sql<Reading>`select word, amount, at, bytes from readings limit ${limit}`.execute(
      db,
    );
    assert.deepEqual(rows, [reading, nothing].slice(0, limit));
  }
});

test('moments of every age are read exactly', async () => {
  for (const text of [
    '0044-03-15 12:00:00+00 BC',
    '0001-01-01 00:00:00+00',
    '1969-12-31 23:59:59.999+00',
    '2026-11-23 07:30:00+00',
    '2026-11-23 07:30:00.1+00',
    '2026-11-23 07:30:00.123999+00',
    '9999-12-31 23:59:59.999+00',
    '12026-01-01 00:00:00+00',
  ]) {
    const { rows } = await sql<{ at: Date; again: Date; ms: bigint }>`
      select ${text}::timestamptz as "at", floor(extract(epoch from ${text}::timestamptz) * 1000)::bigint as "ms"`.execute(
      db,
    );
    assert.equal(BigInt(rows[0]?.at.getTime() ?? 0), rows[0]?.ms, text);
    const sent = await sql<{ at: Date }>`select ${rows[0]?.at}::timestamptz as "at"`.execute(db);
    assert.deepEqual(sent.rows[0]?.at, rows[0]?.at);
  }
  const { rows } = await sql<{ at: number }>`select 'infinity'::timestamptz as "at"`.execute(db);
  assert.equal(rows[0]?.at, Number.POSITIVE_INFINITY);
});

const lists: unknown[][] = [[], ['a', null, 'NULL', ''], ['"quoted"', 'back\\slash', 'a,b', '{}', ' ']];

test('lists come back as they were written', async () => {
  for (const list of [...lists, ...lists]) {
    const { rows } = await sql<{ list: unknown }>`select ${list}::text[] as "list"`.execute(db);
    assert.deepEqual(rows, [{ list }]);
  }
  const moments = [reading.at, null];
  const { rows } = await sql<{ amounts: unknown; bytes: unknown; moments: unknown }>`
    select ${[1n, null, reading.amount]}::bigint[] as "amounts", ${[reading.bytes]}::bytea[] as "bytes",
      ${moments}::timestamptz[] as "moments"`.execute(db);
  assert.deepEqual(rows, [{ amounts: [1n, null, reading.amount], bytes: [reading.bytes], moments }]);
});

test('a statement whose columns have changed under it is refused, not misread', async () => {
  await inTransaction(db, async (tx) => {
    const read = () => sql<{ amount: unknown }>`select amount from readings limit 1`.execute(tx);
    await read();
    assert.deepEqual((await read()).rows, [{ amount: reading.amount }]);
  });
  await owner.pool.query('alter table readings alter amount type text using amount::text');
  const read = async () => {
    const { rows } = await sql<{ amount: unknown }>`select amount from readings limit 1`.execute(db);
    assert.deepEqual(rows, [{ amount: String(reading.amount) }]);
  };
  await read().catch((error: { code?: string }) => assert.equal(error.code, '0A000'));
});

test('statements written in SQL and built by Kysely run in the order in which they were sent', async () => {
  await inPipelinedTransaction(owner, async (tx) => {
    const built = tx.insertInto('key_ring_checks').values({ key_id: 'order', sealed: Buffer.from('1') });
    return {
      result: null,
      writes: [
        built.execute(),
        sql`update key_ring_checks set sealed = '2' where key_id = 'order'`.execute(tx),
        tx.deleteFrom('key_ring_checks').where('sealed', '=', Buffer.from('2')).execute(),
      ],
    };
  });
  const { rows } = await sql`select 1 from key_ring_checks where key_id = 'order'`.execute(owner);
  assert.deepEqual(rows, []);
});

test('a fault says which code sent the statement', async () => {
  const failing = () => sql`select 1 / ${0}::int`.execute(db);
  await assert.rejects(failing, (error: Error & { code: string }) => {
    assert.equal(error.code, '22012');
    return /prepared-statements\.ts/.test(error.stack ?? '');
  });
});
