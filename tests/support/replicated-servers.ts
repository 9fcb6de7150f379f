// Two PostgreSQL servers of which the second copies the first, and a proxy before them as a gateway sees it: the second
// may become the primary and the first its standby, while the proxy leads to either.

import { randomBytes } from 'node:crypto';
import { appendFile, chown, cp, lstat, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type EmbeddedPostgres, migrate, openEmbeddedPostgres } from '../../src/ground/database/index.ts';
import { isProcessAlive } from '../../src/ground/database/lock-file.ts';
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy.ts';

export type ReplicatedServers = {
  /** The running role's address, through the proxy. */
  url: string;
  /** `target` says where new connections lead; those that are open stay where they are. */
  proxy: CuttingProxy;
  first(): EmbeddedPostgres;
  second(): EmbeddedPostgres;
  /** The server that takes writes. */
  primary(): EmbeddedPostgres;
  /**
   * The primary ends, the other takes its place, and the one that ended comes back as its standby.
   * @throws StandbyBehind when the other has not got everything in time; then the primary is the one of before.
   */
  failOver(): Promise<void>;
  /** The primary ends as in a loss of power, and starts again; the proxy leads to it. */
  crash(): Promise<void>;
  remove(): Promise<void>;
  /** Without waiting, their files stay: when the process ends. */
  endAtOnce(): void;
};

/** Were it made the primary, what was committed would be lost. */
export class StandbyBehind extends Error {
  override name = 'StandbyBehind';
}

type Place = 0 | 1;

const followTriesMax = 1_500;

export async function startReplicatedServers(): Promise<ReplicatedServers> {
  const name = join(tmpdir(), `vipay-pair-${process.pid}-${randomBytes(4).toString('hex')}`);
  const dirs = [`${name}-1`, `${name}-2`] as const;
  const open = (place: Place) => openEmbeddedPostgres({ dataDir: dirs[place] });
  let first = await open(0);
  await migrate({ ownerUrl: first.ownerUrl, appUrl: first.url });
  await first.stop();
  await copyAsItIs(dirs[0], dirs[1]);
  first = await open(0);
  await follow(dirs[1], first);
  const servers: [EmbeddedPostgres, EmbeddedPostgres] = [first, await open(1)];
  let primary: Place = 0;
  const proxy = await startCuttingProxy(first.port);
  const url = new URL(first.url);
  url.port = String(proxy.port);
  const reopenPrimary = async () => {
    servers[primary] = await open(primary);
    proxy.target(servers[primary].port);
    // It may have come back at another port.
    await asAdmin(servers[primary === 0 ? 1 : 0], async (admin) => {
      await admin.query(`alter system set primary_conninfo = '${conninfoOf(servers[primary])}'`);
      await admin.query('select pg_reload_conf()');
    });
  };
  return {
    url: url.href,
    proxy,
    first: () => servers[0],
    second: () => servers[1],
    primary: () => servers[primary],
    async failOver() {
      const [before, after]: [Place, Place] = primary === 0 ? [0, 1] : [1, 0];
      await untilFollowed(servers[before]);
      // A clean stop sends all that was written to the standby before it ends.
      await servers[before].stop();
      if (!(await hasReceived(servers[after], await readLastPosition(dirs[before])))) {
        await reopenPrimary();
        throw new StandbyBehind('the standby did not receive the last of what the primary wrote');
      }
      await asAdmin(servers[after], (admin) => admin.query('select pg_promote(true, 30)'));
      primary = after;
      await follow(dirs[before], servers[after]);
      servers[before] = await open(before);
    },
    async crash() {
      const { pid } = servers[primary];
      process.kill(pid, 'SIGQUIT');
      while (isProcessAlive(pid)) await delay(5);
      await reopenPrimary();
    },
    async remove() {
      await proxy.close();
      for (const server of servers) await server.stop();
      for (const dir of dirs) await rm(dir, { recursive: true, force: true });
    },
    endAtOnce() {
      for (const { pid } of servers) if (isProcessAlive(pid)) process.kill(pid, 'SIGQUIT');
    },
  };
}

function conninfoOf({ adminUrl }: EmbeddedPostgres): string {
  const { username, password, port } = new URL(adminUrl);
  return `host=127.0.0.1 port=${port} user=${username} password=${password}`;
}

/** A standby that was cut off would lack what it has not heard, were it made the primary. */
async function untilFollowed(server: EmbeddedPostgres): Promise<void> {
  await asAdmin(server, async (admin) => {
    for (let tries = 0; tries < followTriesMax; tries += 1) {
      const { rowCount } = await admin.query("select from pg_stat_replication where state = 'streaming'");
      if (rowCount === 1) return;
      await delay(20);
    }
    throw new Error('the standby does not follow');
  });
}

/** Of the last checkpoint, which a clean stop writes as its last record: bytes 32 to 39 of the control file. */
async function readLastPosition(dataDir: string): Promise<string> {
  const { clusterDir } = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8'));
  const control = await readFile(join(clusterDir, 'global', 'pg_control'));
  return `${control.readUInt32LE(36).toString(16)}/${control.readUInt32LE(32).toString(16)}`;
}

const receiveTriesMax = 250;

/** A clean stop waits for that, but not for a standby that was cut off meanwhile. */
async function hasReceived(standby: EmbeddedPostgres, position: string): Promise<boolean> {
  return asAdmin(standby, async (admin) => {
    for (let tries = 0; tries < receiveTriesMax; tries += 1) {
      const { rows } = await admin.query('select pg_last_wal_receive_lsn() > $1::pg_lsn as has', [position]);
      if (rows[0]?.has === true) return true;
      await delay(20);
    }
    return false;
  });
}

async function asAdmin<T>(server: EmbeddedPostgres, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

/** The server of this directory, which does not run, will be a standby of `primary`. */
async function follow(dataDir: string, primary: EmbeddedPostgres): Promise<void> {
  const { clusterDir } = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8'));
  const setting = `primary_conninfo = '${conninfoOf(primary)}'\n`;
  await appendFile(join(clusterDir, 'postgresql.auto.conf'), setting);
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
