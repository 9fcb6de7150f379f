// The gateway does not depend on settings of the server, the database or the role: it works with a role that
// is set up as badly as possible.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { createContextOn, givenSite, givenWallet, type TestContext } from '../../../tests/support/context.ts';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { givenPayments, postByPin } from '../../../tests/support/posting-fixtures.ts';
import { migrate, openClient, openDatabase, openPool } from './index.ts';
import { sessionSettings } from './session.ts';

const odd: Record<string, string> = {
  datestyle: 'SQL, DMY',
  intervalstyle: 'sql_standard',
  timezone: 'America/St_Johns',
  client_encoding: 'LATIN1',
  bytea_output: 'escape',
  extra_float_digits: '-5',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  search_path: 'elsewhere',
  standard_conforming_strings: 'off',
  array_nulls: 'off',
  transform_null_equals: 'on',
  row_security: 'off',
  exit_on_error: 'on',
  statement_timeout: '4321',
  lock_timeout: '4321',
  idle_in_transaction_session_timeout: '4321',
  idle_session_timeout: '4321',
  transaction_timeout: '4321',
  synchronous_commit: 'off',
};

let database: TestDatabase;
let context: TestContext;

before(async () => {
  database = await createTestDatabase();
  const name = new URL(database.url).pathname.slice(1);
  const owner = openPool(database.ownerUrl, { max: 1 });
  for (const [setting, value] of Object.entries(odd))
    await owner.query(`alter database ${name} set ${setting} to '${value}'`);
  await owner.end();
  context = createContextOn({ ...database, db: openDatabase(database.url, { max: 10, purpose: 'page' }) });
});
after(async () => {
  await context.db.destroy();
  await database.drop();
});

describe('on a database whose every setting is another', () => {
  test('each kind of connection has our settings', async () => {
    const pool = openPool(database.url, { max: 1, purpose: 'job', types: 'of the driver' });
    const client = await openClient(database.url, { purpose: 'migration', applicationName: 'test' });
    const asked = { page: context.db.pool, job: pool, migration: client };
    for (const [purpose, session] of Object.entries(asked)) {
      const wanted = sessionSettings(purpose as keyof typeof asked);
      const names = [...Object.keys(wanted), 'synchronous_commit', 'transaction_timeout'];
      const { rows } = await session.query(
        `select name, case when unit = 'ms' then setting else current_setting(name) end as value
         from pg_settings where lower(name) = any ($1)`,
        [names],
      );
      const found = Object.fromEntries(rows.map(({ name, value }) => [name.toLowerCase(), value]));
      assert.deepEqual(found, { ...wanted, synchronous_commit: 'on', transaction_timeout: '0' });
    }
    await client.end();
    await pool.end();
  });

  test('times, bytes, nulls and days are read as they were written', async () => {
    const { rows } = await sql<Record<string, unknown>>`
      select '2026-12-03T04:05:06Z'::timestamptz as at, '2026-12-03'::date as day, '\\x00ff'::bytea as bytes,
        ${['a', null]}::text[] as words`.execute(context.db);
    assert.deepEqual(rows, [
      {
        at: new Date('2026-12-03T04:05:06Z'),
        day: '2026-12-03',
        bytes: Buffer.from([0, 255]),
        words: ['a', null],
      },
    ]);
  });

  test('thirty wallets pay at the same moment, and none is refused', async () => {
    const { site } = await givenSite(context);
    const wallets = await Promise.all(
      Array.from({ length: 30 }, () => givenWallet(context, { balanceDong: 50_000n })),
    );
    const ready = await givenPayments(
      context,
      site,
      wallets.map((wallet) => ({ wallet, amountDong: 20_000n })),
    );
    const told = await Promise.all(ready.map((payment) => postByPin(context, [payment])));
    assert.deepEqual(
      told.flat(),
      ready.map(() => 'paid'),
    );
  });

  test('migrating works there too', async () => {
    assert.deepEqual(await migrate({ ownerUrl: database.ownerUrl, appUrl: database.url }), []);
  });
});

describe('limits of time', () => {
  test('who waits for a row that an idle session holds is told so in seconds, and the connection is free again', async () => {
    const { order } = await givenPaymentOfOneOrder();
    const owner = openPool(database.ownerUrl, { max: 1 });
    const holder = await owner.connect();
    await holder.query('begin');
    await holder.query('select 1 from orders where id = $1 for update', [order]);
    const small = openDatabase(database.url, { max: 2, purpose: 'page' });
    try {
      const waiting = Array.from({ length: 2 }, () =>
        small.pool
          .query('select 1 from orders where id = $1 for update', [order])
          .catch((error) => error.code),
      );
      assert.deepEqual(await Promise.all([...waiting, small.pool.query('select 1').then(() => 'served')]), [
        '55P03',
        '55P03',
        'served',
      ]);
    } finally {
      await holder.query('rollback');
      holder.release();
      await owner.end();
      await small.destroy();
    }
  });
});

async function givenPaymentOfOneOrder(): Promise<{ order: string }> {
  const { site } = await givenSite(context);
  const wallet = await givenWallet(context, { balanceDong: 50_000n });
  await givenPayments(context, site, [{ wallet, amountDong: 20_000n }]);
  const { rows } = await context.db.pool.query('select id from orders order by id desc limit 1');
  return { order: rows[0].id };
}
