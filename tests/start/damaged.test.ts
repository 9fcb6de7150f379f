// A gateway on damaged ground: it says what is wrong and what to do, without a stack, and goes on once it is mended.

import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createDataDir,
  findFreePort,
  type GatewayProcess,
  startGatewayProcess,
} from '../support/gateway-process.ts';

const { dataDir, remove } = createDataDir();
const keyFile = join(dataDir, 'secret-key');
const running: GatewayProcess[] = [];
after(async () => {
  for (const gateway of running) await gateway.end('SIGTERM');
  remove();
});

async function start() {
  const gateway = startGatewayProcess({ dataDir, port: await findFreePort() });
  running.push(gateway);
  return gateway;
}

async function startAndEnd(): Promise<string> {
  const gateway = await start();
  await gateway.ready();
  assert.equal(await gateway.end('SIGTERM'), 0);
  return gateway.output();
}

async function isRefused(): Promise<string> {
  const gateway = await start();
  assert.equal(await gateway.end(), 1);
  assert.doesNotMatch(gateway.output(), /^\s+at .*\.ts:/m, 'no stack');
  return gateway.output();
}

test('the data directory and the key file are made for their owner alone, and closed again when they were opened', async () => {
  chmodSync(dataDir, 0o755);
  await startAndEnd();
  assert.equal(statSync(dataDir).mode & 0o777, 0o700);
  assert.equal(statSync(keyFile).mode & 0o777, 0o600);
  chmodSync(dataDir, 0o755);
  chmodSync(keyFile, 0o644);
  const output = await startAndEnd();
  assert.equal(statSync(dataDir).mode & 0o777, 0o700);
  assert.equal(statSync(keyFile).mode & 0o777, 0o600);
  assert.match(output, /closed to them \(mode 0700\)/);
  assert.match(output, /closed to them \(mode 0600\)/);
});

test('a missing key file stops the start with a sentence; no new one is made, and the old one put back is enough', async () => {
  renameSync(keyFile, `${keyFile}.away`);
  assert.match(await isRefused(), /secret-key is missing.*backup/s);
  assert.equal(existsSync(keyFile), false);
  renameSync(`${keyFile}.away`, keyFile);
  const whole = readFileSync(keyFile);
  truncateSync(keyFile, 12);
  assert.match(await isRefused(), /secret-key is damaged/);
  writeFileSync(keyFile, whole);
  await startAndEnd();
});

test('a truncated postgres.json is mended by the start, with a word', async () => {
  truncateSync(join(dataDir, 'postgres.json'), 30);
  assert.match(await startAndEnd(), /postgres\.json was damaged.*new passwords/);
});

test('a start that waits for the lock of a living process says so within seconds, and goes on when it is free', async () => {
  const lock = join(dataDir, 'postgres.lock');
  writeFileSync(lock, `${process.pid} 0 held\n`);
  const gateway = await start();
  while (!gateway.output().includes('waiting for')) {
    assert.equal(gateway.child.exitCode, null);
    await delay(20);
  }
  assert.match(
    gateway.output(),
    new RegExp(`waiting for the process ${process.pid}, which holds .*postgres\\.lock`),
  );
  unlinkSync(lock);
  await gateway.ready();
  assert.equal(await gateway.end('SIGTERM'), 0);
});
