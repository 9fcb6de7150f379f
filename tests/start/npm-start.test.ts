// `npm start` as a supervisor or a person at a terminal has it: npm, the shell that npm starts, and the gateway. A
// signal may be meant for npm's process or for all of them; either way the gateway and its database end.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isProcessAlive } from '../../src/ground/database/lock-file.ts';
import { createDataDir, findFreePort } from '../support/gateway-process.ts';

const projectDir = resolve(import.meta.dirname, '../..');
const readyWithinMs = 90_000;
const endsWithinMs = 40_000;
const { dataDir, remove } = createDataDir();
const { PATH = '', HOME = '', npm_execpath: npmFile } = process.env;
const groups: number[] = [];
after(() => {
  for (const pid of groups) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // All of them have ended, as they should.
    }
  }
  remove();
});

async function npmStart(): Promise<{ npm: ChildProcess; npmPid: number; url: string; databasePid: number }> {
  const port = await findFreePort();
  const [program, ...args] = npmFile?.endsWith('.js') ? [process.execPath, npmFile] : ['npm'];
  const npm = spawn(program ?? '', [...args, 'start'], {
    cwd: projectDir,
    env: { PATH, HOME, VIPAY_DATA_DIR: dataDir, VIPAY_PORT: String(port), VIPAY_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, as a terminal gives to what is started in it.
    detached: true,
  });
  const npmPid = npm.pid ?? 0;
  groups.push(npmPid);
  let output = '';
  for (const stream of [npm.stdout, npm.stderr]) stream?.on('data', (chunk) => (output += chunk));
  const url = `http://localhost:${port}`;
  const deadline = Date.now() + readyWithinMs;
  while (!(await answers(`${url}/readyz`))) {
    assert.ok(npm.exitCode === null && Date.now() < deadline, `not ready:\n${output}`);
    await delay(50);
  }
  const { pid } = JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as { pid: number };
  return { npm, npmPid, url, databasePid: pid };
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function endsWhole({ npm, url, databasePid }: Awaited<ReturnType<typeof npmStart>>): Promise<void> {
  if (npm.exitCode === null) await once(npm, 'exit', { signal: AbortSignal.timeout(endsWithinMs) });
  // npm may end before its child has: the gateway stops its parts in order.
  const deadline = Date.now() + endsWithinMs;
  while ((await answers(`${url}/healthz`)) || isProcessAlive(databasePid)) {
    assert.ok(Date.now() < deadline, 'the gateway or its database runs on without npm');
    await delay(50);
  }
}

test('SIGTERM to the process of `npm start` ends the gateway and its database', async () => {
  const started = await npmStart();
  started.npm.kill('SIGTERM');
  await endsWhole(started);
});

test('Ctrl+C at the terminal, which reaches npm and the gateway both, ends them', async () => {
  const started = await npmStart();
  process.kill(-started.npmPid, 'SIGINT');
  await endsWhole(started);
});
