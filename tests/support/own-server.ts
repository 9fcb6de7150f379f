// A PostgreSQL of one test alone, as durable as the real one, that may be stopped at once (pg_ctl stop -m immediate:
// no checkpoint, open connections lost) and started again. Reached through two proxies whose addresses stay.

import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { migrate, openDatabase, openEmbeddedPostgres } from '../../src/ground/database/index.ts';
import { isProcessAlive } from '../../src/ground/database/lock-file.ts';
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy.ts';
import { explainRefusals, type TestDatabase } from './database.ts';

export type OwnServer = {
  /** Between the gateway and the server; cuts when told to. */
  proxy: CuttingProxy;
  /** A migrated database of its own; `url` leads through `proxy`, everything else past it. */
  createDatabase(name: string): Promise<TestDatabase>;
  stopAtOnce(): Promise<void>;
  start(): Promise<void>;
  /** Stops it for good and removes its files. */
  remove(): Promise<void>;
};

export async function startOwnServer(): Promise<OwnServer> {
  const dataDir = join(tmpdir(), `vipay-own-${process.pid}-${randomBytes(4).toString('hex')}`);
  let server = await openEmbeddedPostgres({ dataDir });
  const proxy = await startCuttingProxy(server.port);
  const quiet = await startCuttingProxy(server.port);
  const through = (url: string, port: number, database: string) => {
    const changed = new URL(url);
    changed.port = String(port);
    changed.pathname = `/${database}`;
    return changed.href;
  };
  const asAdmin = async (statement: string) => {
    const admin = new pg.Client({ connectionString: server.adminUrl });
    await admin.connect();
    await admin.query(statement).finally(() => admin.end());
  };

  return {
    proxy,
    async createDatabase(name) {
      await asAdmin(`create database ${name} owner vipay_owner`);
      const ownerUrl = through(server.ownerUrl, quiet.port, name);
      const url = through(server.url, proxy.port, name);
      await migrate({ ownerUrl, appUrl: url });
      const db = openDatabase(through(server.url, quiet.port, name), {
        purpose: 'page',
        max: 3,
        applicationName: name,
      });
      const owner = openDatabase(ownerUrl, { max: 2, applicationName: `${name} owner` });
      explainRefusals(db);
      const drop = async () => {
        await db.destroy();
        await owner.destroy();
        await asAdmin(`drop database if exists ${name} with (force)`);
      };
      const adminUrl = through(server.adminUrl, quiet.port, name);
      return { url, ownerUrl, adminUrl, db, owner, pool: db.pool, drop };
    },
    async stopAtOnce() {
      process.kill(server.pid, 'SIGQUIT');
      while (isProcessAlive(server.pid)) await delay(5);
    },
    async start() {
      server = await openEmbeddedPostgres({ dataDir });
      proxy.target(server.port);
      quiet.target(server.port);
    },
    async remove() {
      await proxy.close();
      await quiet.close();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
