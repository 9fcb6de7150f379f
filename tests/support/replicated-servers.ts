// Two PostgreSQL servers of which the second copies the first, and a proxy before them as a gateway sees it: the second
// may become the primary and the first its standby, while the proxy leads to either.

import { randomBytes } from 'node:crypto';
import { appendFile, chown, cp, lstat, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, migrate, openEmbeddedPostgres } from '../../src/ground/database/index.ts';
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy.ts';

export type ReplicatedServers = {
  /** The running role's address, through the proxy. */
  url: string;
  /** `target` says where new connections lead; those that are open stay where they are. */
  proxy: CuttingProxy;
  first(): EmbeddedPostgres;
  second(): EmbeddedPostgres;
  /** The first ends, the second becomes the primary, the first comes back as its standby. */
  failOver(): Promise<void>;
  remove(): Promise<void>;
};

export async function startReplicatedServers(): Promise<ReplicatedServers> {
  const name = join(tmpdir(), `vipay-pair-${process.pid}-${randomBytes(4).toString('hex')}`);
  const dirs = [`${name}-1`, `${name}-2`] as const;
  let first = await openEmbeddedPostgres({ dataDir: dirs[0] });
  await migrate({ ownerUrl: first.ownerUrl, appUrl: first.url });
  await first.stop();
  await copyAsItIs(dirs[0], dirs[1]);
  first = await openEmbeddedPostgres({ dataDir: dirs[0] });
  await follow(dirs[1], first);
  const second = await openEmbeddedPostgres({ dataDir: dirs[1] });
  const proxy = await startCuttingProxy(first.port);
  const url = new URL(first.url);
  url.port = String(proxy.port);
  return {
    url: url.href,
    proxy,
    first: () => first,
    second: () => second,
    async failOver() {
      // A clean stop sends all that was written to the standby before it ends.
      await first.stop();
      const admin = new pg.Client({ connectionString: second.adminUrl });
      await admin.connect();
      await admin.query('select pg_promote(true, 30)');
      await admin.end();
      await follow(dirs[0], second);
      first = await openEmbeddedPostgres({ dataDir: dirs[0] });
    },
    async remove() {
      await proxy.close();
      await first.stop();
      await second.stop();
      for (const dir of dirs) await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The server of this directory, which does not run, will be a standby of `primary`. */
async function follow(dataDir: string, primary: EmbeddedPostgres): Promise<void> {
  const { clusterDir } = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8'));
  const { username, password, port } = new URL(primary.adminUrl);
  const conninfo = `host=127.0.0.1 port=${port} user=${username} password=${password}`;
  await appendFile(join(clusterDir, 'postgresql.auto.conf'), `primary_conninfo = '${conninfo}'\n`);
  const signal = join(clusterDir, 'standby.signal');
  await writeFile(signal, '');
  const { uid, gid } = await stat(clusterDir);
  await chown(signal, uid, gid);
}

/** With the owners of all files, which a copy by root would not keep. */
async function copyAsItIs(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, preserveTimestamps: true });
  const record = await readFile(join(to, 'postgres.json'), 'utf8');
  await writeFile(join(to, 'postgres.json'), record.replaceAll(from, to));
  for (const path of ['', ...(await readdir(from, { recursive: true }))]) {
    const { uid, gid } = await lstat(join(from, path));
    await chown(join(to, path), uid, gid);
  }
}
