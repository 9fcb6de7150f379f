import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { findEmbeddedPostgres, openEmbeddedPostgres } from './index.ts';
import { isProcessAlive } from './lock-file.ts';

const dataDir = join(tmpdir(), `vipay-embedded-${randomBytes(6).toString('hex')}`);
const open = () => openEmbeddedPostgres({ dataDir });
after(async () => {
  await (await open()).stop();
  await rm(dataDir, { recursive: true });
});

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function waitUntilGone(pid: number): Promise<void> {
  while (isProcessAlive(pid)) await delay(10);
}

test('rows survive a stop and a start; the settings and the roles are as promised', async () => {
  const first = await open();
  assert.equal(first.started, true);
  await ask(first.ownerUrl, 'create table kept as select 7 as n; grant select on kept to vipay_app');
  await assert.rejects(ask(first.url, 'create table forbidden (n int)'), /permission denied/);
  assert.equal((await stat(join(dataDir, 'postgres.json'))).mode & 0o777, 0o600);
  await first.stop();
  assert.equal(isProcessAlive(first.pid), false);
  assert.equal(await findEmbeddedPostgres(dataDir), null);

  const second = await open();
  assert.deepEqual(await ask(second.url, 'select n from kept'), [{ n: 7 }]);
  assert.deepEqual(
    await ask(
      second.url,
      `select current_setting('timezone') as zone, current_setting('server_encoding') as encoding, current_setting('fsync') as fsync`,
    ),
    [{ zone: 'UTC', encoding: 'UTF8', fsync: 'on' }],
  );
  await second.stop();
});

test('a second program joins the running server, and only the last one out stops it', async () => {
  const first = await open();
  const second = await open();
  assert.equal(second.started, false);
  assert.equal(second.pid, first.pid);
  assert.deepEqual(await findEmbeddedPostgres(dataDir), { url: first.url, ownerUrl: first.ownerUrl });
  await first.stop();
  assert.deepEqual(await ask(second.url, 'select n from kept'), [{ n: 7 }]);
  await second.stop();
  assert.equal(isProcessAlive(first.pid), false);
});

test('after the server is killed the next start recovers', async () => {
  const lost = Promise.withResolvers<Error>();
  const first = await openEmbeddedPostgres({ dataDir, onLost: lost.resolve });
  await ask(first.ownerUrl, 'insert into kept values (8)');
  process.kill(first.pid, 'SIGKILL');
  await lost.promise;
  await waitUntilGone(first.pid);
  const second = await open();
  assert.equal(second.started, true);
  assert.deepEqual(await ask(second.url, 'select n from kept order by n'), [{ n: 7 }, { n: 8 }]);
  await second.stop();
  await first.stop();
});

test('after the gateway is killed the server it left behind is taken over, never started twice', async () => {
  const code = `const { openEmbeddedPostgres } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))});
    const { pid } = await openEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} }); console.log(pid);`;
  const gateway = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = (await once(gateway.stdout, 'data')) as [Buffer];
  gateway.kill('SIGKILL');
  await once(gateway, 'exit');
  const orphan = Number(output.toString());
  assert.equal(isProcessAlive(orphan), true);

  const next = await open();
  assert.equal(next.pid, orphan);
  assert.equal(next.started, false);
  await next.stop();
  assert.equal(isProcessAlive(orphan), false);
});

test('a process id left by a crash that now belongs to another program does not stop the start', async () => {
  const pidFile = join(dataDir, 'postgres/postmaster.pid');
  const first = await open();
  const text = await readFile(pidFile, 'utf8');
  await first.stop();
  await writeFile(pidFile, text.replace(/^\d+/, String(process.pid)));
  const second = await open();
  assert.equal(second.started, true);
  await second.stop();
});

test('several starts at once end with one server', async () => {
  const all = await Promise.all([open(), open(), open()]);
  assert.equal(new Set(all.map(({ pid }) => pid)).size, 1);
  assert.equal(all.filter(({ started }) => started).length, 1);
  await Promise.all(all.map(({ stop }) => stop()));
  assert.equal(isProcessAlive(all[0].pid), false);
});

test('the gateway talks to it by a socket in its own folder; where that cannot be, by the network', async () => {
  const near = await open();
  const askWay = (url: string) => ask(url, 'select inet_server_addr() is not null as "byNetwork"');
  try {
    assert.deepEqual(await askWay(near.socketUrl), [{ byNetwork: false }]);
    assert.deepEqual(await askWay(near.url), [{ byNetwork: true }]);
    const joined = await open();
    assert.equal(joined.socketUrl, near.socketUrl);
    await joined.stop();
  } finally {
    await near.stop();
  }

  const deepDir = join(dataDir, 'a-folder-whose-name-is-long'.repeat(4));
  const deep = await openEmbeddedPostgres({ dataDir: deepDir, durable: false });
  try {
    assert.equal(deep.socketUrl, deep.url);
    assert.deepEqual(await askWay(deep.socketUrl), [{ byNetwork: true }]);
  } finally {
    await deep.stop();
  }
});
