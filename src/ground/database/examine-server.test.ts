// Databases with unsuitable settings are reported before anything is done on them, with words that say what
// to do.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { startTransactionPooler } from '../../../tests/support/transaction-pooler.ts';
import { examineServer, openClient } from './index.ts';

let database: TestDatabase;
let admin: pg.Client;
before(async () => {
  database = await createTestDatabase();
  admin = await openClient(database.adminUrl, { purpose: 'command', applicationName: 'test' });
});
after(async () => {
  await admin.end();
  await database.drop();
});

const databaseOf = (url: string) => new URL(url).pathname.slice(1);
const findings = async (url = database.url) =>
  new Map((await examineServer(url)).map((finding) => [finding.check, finding]));

test('a database as it should be has no fault; the server of the tests is told not to be durable', async () => {
  const found = await examineServer(database.url);
  assert.deepEqual(
    found.filter(({ level }) => level !== 'ok').map(({ level, check }) => [level, check]),
    [['warn', 'durability']],
  );
});

test('LATIN1 is refused, with the statement that makes a database of another encoding', async () => {
  const name = `${databaseOf(database.url)}_latin1`;
  await admin.query(
    `create database ${name} encoding 'LATIN1' locale_provider libc lc_collate 'C' lc_ctype 'C' template template0`,
  );
  await admin.query(`grant connect on database ${name} to public`);
  const url = new URL(database.url);
  url.pathname = name;
  const { level, advice } = (await findings(url.href)).get('encoding') ?? {};
  assert.equal(level, 'fail');
  assert.match(String(advice), /create database .* encoding 'UTF8' template template0/);
  await admin.query(`drop database ${name} with (force)`);
});

test('a role whose sessions skip triggers is refused', async () => {
  const alter = (what: string) => admin.query(`alter database ${databaseOf(database.url)} ${what}`);
  await alter(`set session_replication_role to 'replica'`);
  assert.equal((await findings()).get('session')?.level, 'fail');
  await alter('reset session_replication_role');
});

test('settings that we make otherwise are named, with their place; they are no fault', async () => {
  const alter = (what: string) => admin.query(`alter database ${databaseOf(database.url)} ${what}`);
  await alter(`set datestyle to 'SQL, DMY'`);
  await alter(`set statement_timeout to '5s'`);
  const { level, found } = (await findings()).get('session') ?? {};
  assert.equal(level, 'note');
  assert.match(
    String(found),
    /DateStyle = 'SQL, DMY' \(for the database\), statement_timeout = '5s' \(for the database\)/,
  );
  await alter('reset all');
});

test('a collation whose library has changed since is told', async () => {
  const name = databaseOf(database.url);
  await admin.query(`update pg_database set datcollversion = '1.0-of-before' where datname = '${name}'`);
  const { level, advice } = (await findings()).get('collation') ?? {};
  assert.equal(level, 'warn');
  assert.match(String(advice), /reindex database.*refresh collation version/);
});

for (const size of [1, 2, 4, 8]) {
  test(`a pooler in transaction mode with ${size} server connections is proven; the server itself is not accused`, async () => {
    const pooler = await startTransactionPooler(database.url, size);
    const url = new URL(database.url);
    url.port = String(pooler.port);
    const finding = (await findings(url.href)).get('pooler');
    assert.equal(finding?.level, 'fail');
    assert.match(String(finding?.advice), /session mode/);
    await pooler.close();
    assert.equal((await findings()).get('pooler'), undefined);
  });
}
