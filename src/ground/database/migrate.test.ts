import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { inTransaction, migrate, SchemaRefusal } from './index.ts';
import { readMigrations } from './migrate.ts';

const migrationsDir = await mkdtemp(join(tmpdir(), 'vipay-migrations-'));
await cp(resolve(import.meta.dirname, '../../../migrations'), migrationsDir, { recursive: true });
const released = (await readMigrations(migrationsDir)).at(-1)?.version ?? 0;
const numbered = (version: number, name: string) =>
  join(migrationsDir, `${String(version).padStart(4, '0')}_${name}.sql`);

const { url, ownerUrl, db, owner, pool, drop } = await createTestDatabase();
after(async () => {
  await drop();
  await rm(migrationsDir, { recursive: true });
});

test('a database that has everything is left as it is', async () => {
  assert.deepEqual(await migrate({ ownerUrl, appUrl: url, migrationsDir }), []);
});

test('the running role alone may start on a complete database, and is told what it needs on an incomplete one', async () => {
  assert.deepEqual(await migrate({ ownerUrl: url, migrationsDir }), []);
  const file = numbered(released + 1, 'newer');
  await writeFile(file, 'select 1;');
  await assert.rejects(
    migrate({ ownerUrl: url, migrationsDir }),
    /lacks .*_newer\.sql.*VIPAY_MIGRATION_DATABASE_URL/,
  );
  await rm(file);
});

test('a new file is applied once, by one of two starts at the same moment', async () => {
  await writeFile(numbered(released + 1, 'new'), 'create table new_things (n bigint not null);');
  const applied = await Promise.all([1, 2].map(() => migrate({ ownerUrl, appUrl: url, migrationsDir })));
  assert.deepEqual(applied.flat(), [`${String(released + 1).padStart(4, '0')}_new.sql`]);
  await owner.pool.query('insert into new_things values (1)');
});

test('a file that fails leaves nothing behind and says where it failed', async () => {
  const file = numbered(released + 2, 'bad');
  await writeFile(file, 'create table half (n bigint);\nselect nonsense;');
  await assert.rejects(
    migrate({ ownerUrl, appUrl: url, migrationsDir }),
    /_bad\.sql failed: .*nonsense.*\(line 2\)/,
  );
  await rm(file);
  const { rows } = await pool.query(`select to_regclass('half') as half`);
  assert.deepEqual(rows, [{ half: null }]);
});

test('an applied file that has changed is refused', async () => {
  await writeFile(numbered(released + 1, 'new'), 'create table new_things (n integer);');
  await assert.rejects(migrate({ ownerUrl, appUrl: url, migrationsDir }), /another content.*new migration/);
});

test('a database newer than the program is refused', async () => {
  await rm(numbered(released + 1, 'new'));
  await assert.rejects(migrate({ ownerUrl, appUrl: url, migrationsDir }), (error: unknown) => {
    assert.ok(error instanceof SchemaRefusal);
    assert.match(error.message, /does not know.*Start the version that applied it/);
    return true;
  });
});

test('a file with a lower number than the newest applied one is applied too', async () => {
  await writeFile(numbered(released + 5, 'later'), 'create table later_things (n bigint);');
  await writeFile(numbered(released + 1, 'new'), 'create table new_things (n bigint not null);');
  await migrate({ ownerUrl, appUrl: url, migrationsDir });
  const earlier = numbered(released + 3, 'earlier');
  await writeFile(earlier, 'create table earlier_things (n bigint);');
  assert.deepEqual(await migrate({ ownerUrl, appUrl: url, migrationsDir }), [basename(earlier)]);
});

test('a number that is used twice is refused', async () => {
  await writeFile(numbered(1, 'zz_another'), 'select 1;');
  await assert.rejects(readMigrations(migrationsDir), /0001_zz_another\.sql: 0001_ledger\.sql has the same/);
});

test('the running role changes no schema and no history', async () => {
  for (const sql of [
    'create table forbidden (n int)',
    'alter table accounts add column forbidden int',
    'truncate transfers',
    'update transfers set amount_dong = 1',
    'delete from transfers',
    'delete from orders',
    'update schema_migrations set version = 99',
  ]) {
    await assert.rejects(pool.query(sql), /permission denied|must be owner/, sql);
  }
});

test('a transaction that throws leaves nothing behind, and values come back exact', async () => {
  const row = { rule: 'test.rule', valid_from: new Date(0), value: 9_007_199_254_740_993n, source: 'test' };
  const insert = () =>
    inTransaction(owner, async (tx) => {
      await tx.insertInto('policies').values(row).execute();
      throw new Error('thought better of it');
    });
  await assert.rejects(insert, /thought better/);
  assert.deepEqual(await db.selectFrom('policies').selectAll().where('rule', '=', row.rule).execute(), []);
  await inTransaction(owner, (tx) => tx.insertInto('policies').values(row).execute());
  assert.deepEqual(await db.selectFrom('policies').selectAll().where('rule', '=', row.rule).execute(), [row]);
});
