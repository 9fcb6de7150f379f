// For each damage of the data directory or its embedded database the program says what is wrong and what to
// do, and removes no file that may still be useful.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import pg from 'pg';
import { examineCluster } from './embedded-postgres-cluster.ts';
import { createCluster } from './embedded-postgres-server.ts';
import { describeFileFault, GroundFault, openEmbeddedPostgres, prepareDataDir } from './index.ts';

const dataDir = join(tmpdir(), `vipay-damaged-${randomBytes(6).toString('hex')}`);
const said: string[] = [];
const open = () => openEmbeddedPostgres({ dataDir, say: (line) => said.push(line) });
const record = join(dataDir, 'postgres.json');
const cluster = join(dataDir, 'postgres');
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
after(() => rm(dataDir, { recursive: true, force: true }));

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

function tells(...parts: RegExp[]) {
  return (error: unknown) => {
    assert.ok(error instanceof GroundFault, String(error));
    for (const part of parts) assert.match(error.message, part);
    return true;
  };
}

test('a first start makes a folder for its owner alone, and a row to be kept through all that follows', async () => {
  const first = await open();
  assert.equal(await modeOf(dataDir), 0o700);
  await ask(first.ownerUrl, 'create table kept as select 7 as n; grant select on kept to vipay_app');
  await first.stop();
});

test('a truncated or missing postgres.json is made again with new passwords; no data is lost', async () => {
  for (const [damage, word] of [
    [() => truncate(record, 40), 'damaged'],
    [() => writeFile(record, '{"clusterDir":"x"}'), 'damaged'],
    [() => truncate(record, 0), 'damaged'],
    [() => rm(record), 'missing'],
  ] as const) {
    await damage();
    said.length = 0;
    const again = await open();
    assert.deepEqual(await ask(again.url, 'select n from kept'), [{ n: 7 }]);
    await ask(again.ownerUrl, 'select 1');
    await again.stop();
    assert.match(said.join('\n'), new RegExp(`postgres\\.json was ${word}.*new passwords`));
  }
});

test('a postgres.json damaged while the server runs: the sentence names the process, and the server is left alone', async () => {
  const running = await open();
  const text = await readFile(record, 'utf8');
  await truncate(record, 10);
  await assert.rejects(open(), tells(/postgres\.json/, new RegExp(`kill ${running.pid}`)));
  assert.deepEqual(await ask(running.url, 'select n from kept'), [{ n: 7 }]);
  await writeFile(record, text);
  await running.stop();
});

test('a database of another PostgreSQL is named with both versions', async () => {
  await writeFile(join(cluster, 'PG_VERSION'), '16\n');
  await assert.rejects(open(), tells(/PostgreSQL 16/, /PostgreSQL 18/, /backup/));
  await writeFile(join(cluster, 'PG_VERSION'), '18\n');
});

test('a folder that is no whole database is refused, and nothing in it is removed', async () => {
  await rename(join(cluster, 'PG_VERSION'), join(cluster, 'PG_VERSION.away'));
  const before = await readdir(cluster);
  await assert.rejects(open(), tells(/PG_VERSION is missing/, /backup/));
  assert.deepEqual(await readdir(cluster), before);
  await rename(join(cluster, 'PG_VERSION.away'), join(cluster, 'PG_VERSION'));
});

test('a database with damaged files does not start, and the sentence says so', async () => {
  const control = join(cluster, 'global/pg_control');
  const whole = await readFile(control);
  await writeFile(control, Buffer.alloc(whole.length, 1));
  await assert.rejects(open(), tells(/is damaged/, /backup/));
  await writeFile(control, whole);
});

test('a database of another user is told with both, one that was open to others is closed', async () => {
  const { uid, gid } = await stat(cluster);
  const place = { binDir: '', clusterDir: cluster, version: '18.4.0', note: null };
  await assert.rejects(
    examineCluster({ ...place, user: { uid: uid + 1, gid } }, () => undefined),
    tells(new RegExp(`uid ${uid},.*uid ${uid + 1}`), /chown/),
  );
  await chmod(cluster, 0o755);
  said.length = 0;
  await (await open()).stop();
  assert.equal(await modeOf(cluster), 0o700);
  assert.match(said.join('\n'), /closed to them/);
});

test('a data directory that others could enter is closed with a word; a folder with other things in it is only spoken of', async () => {
  await chmod(dataDir, 0o755);
  said.length = 0;
  await (await open()).stop();
  assert.equal(await modeOf(dataDir), 0o700);
  assert.match(said.join('\n'), /could be entered by other users: closed/);

  const shared = await mkdtemp(join(tmpdir(), 'vipay-shared-'));
  after(() => rm(shared, { recursive: true }));
  await writeFile(join(shared, 'of-somebody.txt'), '');
  await chmod(shared, 0o755);
  said.length = 0;
  await prepareDataDir(shared, { say: (line) => said.push(line) });
  assert.equal(await modeOf(shared), 0o755);
  assert.match(said.join('\n'), /a folder of its own/);
});

test('a database folder that is gone is made anew, with a word', async () => {
  await rm(cluster, { recursive: true });
  said.length = 0;
  const anew = await open();
  await assert.rejects(ask(anew.url, 'select n from kept'), /does not exist/);
  await anew.stop();
  assert.match(said.join('\n'), /is gone: an empty database is made/);
});

test('a full disk while the database is made is one sentence, not what initdb prints', async () => {
  const binDir = await mkdtemp(join(tmpdir(), 'vipay-initdb-'));
  after(() => rm(binDir, { recursive: true }));
  // What initdb said on a full disk.
  const printed = [
    'The files belonging to this database system will be owned by user "postgres".',
    'creating directory /data/postgres.new ... ok',
    'creating subdirectories ... ok',
    'running bootstrap script ... PANIC:  could not write to file "pg_wal/xlogtemp.4711": No space left on device',
    'initdb: removing contents of data directory "/data/postgres.new"',
  ].join('\n');
  await mkdir(join(binDir, 'cluster'));
  await writeFile(join(binDir, 'initdb'), `#!/bin/sh\ncat >&2 <<'END'\n${printed}\nEND\nexit 1\n`, {
    mode: 0o755,
  });
  const place = {
    binDir,
    clusterDir: join(binDir, 'cluster/postgres'),
    user: null,
    version: '18.4.0',
    note: null,
  };
  const making = createCluster(place, { superuserPassword: 'x', durable: true, say: () => undefined });
  await assert.rejects(making, (error: unknown) => {
    assert.ok(error instanceof GroundFault);
    assert.match(error.message, /^The disk is full/);
    assert.doesNotMatch(error.message, /PANIC|bootstrap/);
    return true;
  });
});

test('what the operating system says of a file is a sentence with its path and a way out', () => {
  for (const [code, part] of [
    ['ENOSPC', /disk is full/],
    ['EDQUOT', /disk is full/],
    ['EROFS', /only be read/],
    ['EACCES', /chown/],
    ['EISDIR', /in the way/],
    ['EIO', /disk reports an error/],
  ] as const) {
    const error = Object.assign(new Error(code), { code, path: '/data/secret-key', syscall: 'open' });
    const told = describeFileFault(error) ?? '';
    assert.match(told, part);
    assert.match(told, /\/data\/secret-key/);
  }
  const refused = Object.assign(new Error('x'), { code: 'EACCES', syscall: 'connect' });
  assert.equal(describeFileFault(refused), null);
  assert.equal(describeFileFault(new Error('anything')), null);
});
