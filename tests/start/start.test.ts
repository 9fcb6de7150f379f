// Starting and stopping as a person does: what is kept, what is recovered, and what is said when it cannot be.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import pg from 'pg';
import { findEmbeddedPostgres } from '../../src/ground/database/index.ts';
import { isProcessAlive } from '../../src/ground/database/lock-file.ts';
import {
  createDataDir,
  findFreePort,
  type GatewayProcess,
  openProjectTo,
  type ProcessOptions,
  startGatewayProcess,
} from '../support/gateway-process.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

const { dataDir, remove } = createDataDir();
const running: GatewayProcess[] = [];
after(async () => {
  for (const gateway of running) await gateway.end('SIGTERM');
  remove();
});

async function start(given: Partial<ProcessOptions> = {}) {
  const gateway = startGatewayProcess({ dataDir, port: given.port ?? (await findFreePort()), ...given });
  running.push(gateway);
  return gateway;
}

const readRecord = () =>
  JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as { pid: number | null };

async function countRows(): Promise<Record<string, bigint>> {
  const urls = await findEmbeddedPostgres(dataDir);
  assert.ok(urls);
  const client = new pg.Client({ connectionString: urls.url });
  await client.connect();
  const { rows } = await client.query(
    'select (select count(*) from wallets) as wallets, (select count(*) from merchant_sites) as sites, (select count(*) from transfers) as transfers',
  );
  await client.end();
  return rows[0];
}

test('a first start is a whole sandbox; SIGTERM ends it and its database; a second start finds its data again', async () => {
  const first = await start();
  await first.ready();
  for (const path of ['/', '/shop', '/sandbox/inbox', '/v3/openapi.json']) {
    assert.equal((await fetch(first.url + path)).status, 200, path);
  }
  assert.match(first.output(), /0900000001/);
  const before = await countRows();
  assert.equal(String(before.wallets), '6');
  const { pid } = readRecord();
  assert.equal(await first.end('SIGTERM'), 0);
  assert.ok(pid !== null && !isProcessAlive(pid));

  const second = await start();
  await second.ready();
  assert.deepEqual(await countRows(), before);
  assert.equal(await second.end('SIGINT'), 0);
});

test('what was being sent when the stop came is still answered', async () => {
  const gateway = await start();
  await gateway.ready();
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  await once(socket, 'connect');
  const body = 'form_token=x';
  socket.write(
    `POST /checkout/x/cancel HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\nform`,
  );
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk));
  const ended = gateway.end('SIGTERM');
  // The server takes no more connections once it is stopping.
  for (let refused = false; !refused; )
    refused = await fetch(`${gateway.url}/healthz`).then(
      () => false,
      () => true,
    );
  socket.write('_token=x');
  assert.equal(await ended, 0);
  assert.match(answer, /^HTTP\/1\.1 404 /);
});

test('after kill -9 of the gateway, and of its database too, the next start recovers both', async () => {
  const killed = await start();
  await killed.ready();
  const before = await countRows();
  await killed.end('SIGKILL');
  const { pid } = readRecord();
  assert.ok(pid !== null && isProcessAlive(pid), 'the database outlives the gateway');

  const adopted = await start();
  await adopted.ready();
  assert.equal(readRecord().pid, pid, 'and is joined again');
  await adopted.end('SIGKILL');
  process.kill(pid, 'SIGKILL');

  const recovered = await start();
  await recovered.ready();
  assert.deepEqual(await countRows(), before);
  assert.equal(await recovered.end('SIGTERM'), 0);
});

test('an embedded database that dies under the gateway stops it with a reason', async () => {
  const gateway = await start();
  await gateway.ready();
  const { pid } = readRecord();
  assert.ok(pid !== null);
  process.kill(pid, 'SIGKILL');
  assert.equal(await gateway.end(), 1);
  assert.match(gateway.output(), /the embedded database went away/);
});

test('a taken port is told before anything is started, with what to do', async () => {
  const port = await findFreePort();
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  const gateway = await start({ port });
  assert.equal(await gateway.end(), 1);
  assert.match(gateway.output(), new RegExp(`^Port ${port} is taken by another program.*VIPAY_PORT=`));
  other.close();
});

test('an address of another machine to listen on is told as that', async () => {
  const gateway = await start({ env: { VIPAY_HOST: 'nowhere.invalid' } });
  assert.equal(await gateway.end(), 1);
  assert.match(gateway.output(), /^This machine has no address nowhere\.invalid; correct VIPAY_HOST\./);
});

test('every fault of the settings is told at once', async () => {
  const gateway = await start({
    env: { VIPAY_ROLE: 'both?', VIPAY_LOG_LEVEL: 'loud', VIPAY_PROT: '1', DATABASE_URL: 'mysql://x' },
  });
  assert.equal(await gateway.end(), 1);
  for (const name of [
    'VIPAY_ROLE',
    'VIPAY_LOG_LEVEL',
    'VIPAY_PROT',
    'DATABASE_URL',
    'VIPAY_SECRET_KEY',
    'VIPAY_PUBLIC_URL',
  ]) {
    assert.match(gateway.output(), new RegExp(`- ${name} `), name);
  }
});

test('a data directory that cannot be used is told by name, with what to do', async () => {
  const file = join(dataDir, 'a-file');
  writeFileSync(file, '');
  const gateway = await start({ dataDir: file });
  assert.equal(await gateway.end(), 1);
  assert.match(gateway.output(), /a-file/);
  assert.match(gateway.output(), /VIPAY_DATA_DIR/);
  assert.doesNotMatch(gateway.output(), /at .*\.ts:/, 'no stack');
});

test('a database newer than the program is left alone, and the message says so', async () => {
  const first = await start();
  await first.ready();
  const urls = await findEmbeddedPostgres(dataDir);
  const owner = new pg.Client({ connectionString: urls?.ownerUrl });
  owner.on('error', () => undefined);
  await owner.connect();
  await owner.query(
    `insert into schema_migrations (version, name, checksum, applied_at) values (9999, '9999_later.sql', 'x', now())`,
  );
  await owner.end();
  await first.end('SIGTERM');
  const second = await start();
  assert.equal(await second.end(), 1);
  assert.match(second.output(), /9999_later\.sql.*a later one/);
  assert.doesNotMatch(second.output(), /at .*\.ts:/, 'no stack');
});

test('an ordinary user starts it too, and is told when the data directory is not theirs', async () => {
  // Run by root this is another user; run by an ordinary user it is that user, and a folder at the root of the disk is the foreign one.
  const uid = isRoot ? nobody : undefined;
  const own = createDataDir(uid);
  const project = uid === undefined ? null : openProjectTo(uid);
  const as = uid === undefined || project === null ? {} : { uid, projectDir: project.projectDir };
  const gateway = await start({ dataDir: own.dataDir, ...as });
  await gateway.ready();
  assert.equal(await gateway.end('SIGTERM'), 0);
  own.remove();

  const foreign = isRoot ? dataDir : '/not-of-this-user/vipay';
  const refused = await start({ dataDir: foreign, ...as });
  assert.equal(await refused.end(), 1);
  assert.match(refused.output(), /VIPAY_DATA_DIR/);
  assert.doesNotMatch(refused.output(), /at .*\.ts:/, 'no stack');
  project?.remove();
});
