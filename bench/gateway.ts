// A gateway for a benchmark: the real program in a process of its own, outside the demo, on a durable PostgreSQL of
// its own in a temporary folder. Nothing is left behind.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createContext } from '../src/create-context.ts';
import type { Context } from '../src/ground/context.ts';
import { type Database, migrate, openDatabase, openEmbeddedPostgres } from '../src/ground/database/index.ts';
import { createLogger } from '../src/ground/log/index.ts';
import { type Argon2Cost, generateKeyRingSetting } from '../src/ground/secrets/index.ts';

/** The database with a context per cost of hashing; gateways come and go on it. */
export type Ground = {
  publicUrl: string;
  postgres: string;
  /** The owner's hand, for what the running role may not write. */
  owner: Database;
  contextAt(cost: Argon2Cost): Context;
  /** Starts a gateway process; resolves when it is ready. The second of two at once has `place` 1 and its own address. */
  startGateway(
    cost: Argon2Cost,
    options?: { place?: 0 | 1 },
  ): Promise<{ publicUrl: string; stop(): Promise<void> }>;
  close(): Promise<void>;
};

const readyWithinMs = 30_000;
const main = resolve(import.meta.dirname, '../src/main.ts');
/** As `npm start` does. */
const { start } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8'))
  .scripts as { start: string };
const nodeOptions = start.split(' ').filter((word) => word.startsWith('--'));

export async function openGround(): Promise<Ground> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vipay-bench-'));
  const server = await openEmbeddedPostgres({ dataDir });
  await migrate({ ownerUrl: server.ownerUrl, appUrl: server.url });
  const db = openDatabase(server.url, { max: 4, purpose: 'page' });
  const owner = openDatabase(server.ownerUrl, { max: 1 });
  const secretKey = generateKeyRingSetting();
  const ports = [await findFreePort(), await findFreePort()] as const;
  const urlAt = (place: 0 | 1) => `http://127.0.0.1:${ports[place]}`;
  const publicUrl = urlAt(0);
  const version = await db.pool.query<{ version: string }>(
    `select current_setting('server_version') || ', fsync ' || current_setting('fsync') || ', synchronous_commit ' ||
      current_setting('synchronous_commit') as version`,
  );
  const settings = (cost: Argon2Cost, place: 0 | 1) => ({
    VIPAY_DEMO: '0',
    VIPAY_DATA_DIR: dataDir,
    VIPAY_PORT: String(ports[place]),
    VIPAY_PUBLIC_URL: urlAt(place),
    VIPAY_SECRET_KEY: secretKey,
    VIPAY_LOG_LEVEL: 'warn',
    // The benchmark names the address of each buyer, as a proxy does.
    VIPAY_TRUSTED_PROXIES: '127.0.0.1',
    VIPAY_ALLOW_LOOPBACK_CALLBACKS: '1',
    VIPAY_ARGON2_MEMORY_KIB: String(cost.memoryKib),
    VIPAY_ARGON2_PASSES: String(cost.passes),
    VIPAY_ARGON2_PARALLELISM: String(cost.parallelism),
  });
  return {
    publicUrl,
    postgres: version.rows[0]?.version ?? '',
    owner,
    contextAt: (argon2) =>
      createContext({ publicUrl, argon2 }, { db, secretKey, log: createLogger('silent') }),
    startGateway: (cost, { place = 0 } = {}) => startGateway(settings(cost, place), urlAt(place)),
    async close() {
      await db.destroy();
      await owner.destroy();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function startGateway(settings: Record<string, string>, publicUrl: string) {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('VIPAY_') && name !== 'DATABASE_URL',
  );
  const child = spawn(process.execPath, [...nodeOptions, main], {
    env: { ...Object.fromEntries(inherited), ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const giveUpAt = performance.now() + readyWithinMs;
  while (!(await isReady(publicUrl))) {
    if (child.exitCode !== null || performance.now() > giveUpAt) {
      child.kill('SIGKILL');
      throw new Error('the gateway did not become ready');
    }
    await delay(50);
  }
  return {
    publicUrl,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function isReady(publicUrl: string): Promise<boolean> {
  const answer = await fetch(`${publicUrl}/readyz`).catch(() => null);
  return answer?.ok === true;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no free port');
  server.close();
  await once(server, 'close');
  return address.port;
}
