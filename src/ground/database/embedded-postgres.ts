// The embedded PostgreSQL: a real server from npm, for the demo and the tests, under the data directory.
// Several programs may share it, such as the gateway and the command line. The first one starts it, later
// ones join, and the last one to leave stops it. It outlives a killed gateway; the next start joins it.

import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import type { Say } from '../log/index.ts';
import { prepareDataDir } from './data-dir.ts';
import { examineCluster } from './embedded-postgres-cluster.ts';
import { type EmbeddedPlace, findServerUser, prepareEmbeddedPlace } from './embedded-postgres-files.ts';
import {
  createRecord,
  type EmbeddedRecord,
  readRecord,
  recordPath,
  writeRecord,
} from './embedded-postgres-record.ts';
import {
  createCluster,
  findRunningServer,
  type RunningServer,
  resetSuperuserPassword,
  type ServerSettings,
  startServer,
  stopServer,
} from './embedded-postgres-server.ts';
import { GroundFault } from './ground-fault.ts';
import { isProcessAlive, withLockFile } from './lock-file.ts';

export type EmbeddedPostgresOptions = {
  /** The gateway's data directory; the cluster is its `postgres` folder. Made when missing. */
  dataDir: string;
  /** False switches fsync and the like off: fast, and lost with the machine. For tests only. Default true. */
  durable?: boolean;
  /** Of a server that this call starts; one that runs already keeps its own. Default: PostgreSQL's. */
  settings?: ServerSettings;
  /** Told, in one line each, what a person may want to know. */
  say?: (line: string) => void;
  /** Called when the server goes away while in use. */
  onLost?: (error: Error) => void;
};

export type EmbeddedPostgres = {
  /** The running role: reads and writes rows, changes no schema. Database `vipay`. */
  url: string;
  /**
   * The same without the network, which costs both sides less: by the server's socket. Equal to `url` where it
   * has none.
   */
  socketUrl: string;
  /** The role that owns the database and its schema. */
  ownerUrl: string;
  /** The superuser, database `postgres`. */
  adminUrl: string;
  port: number;
  pid: number;
  /** Whether this call started the server (or joined a running one). */
  started: boolean;
  /** Leaves; the last one out shuts the server down (fast mode) and resolves when it is down. */
  stop(): Promise<void>;
  /** Lets the process end although this is still in use. */
  unref(): void;
};

/** Programs that use the server hold a connection of this name; the server's own list of them is the truth. */
const attendanceName = 'vipay attendance';
/** pg's client has these two; its published types leave them out. */
type Attendance = pg.Client & { ref(): void; unref(): void };

/**
 * Starts the embedded server of a data directory, or joins the one that already runs there.
 * @throws Error with what to do when it cannot be started.
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const logFile = join(dataDir, 'postgres.log');
  const { durable = true, settings = {}, say = () => undefined } = options;
  await prepareDataDir(dataDir, { serverUser: findServerUser(), say });
  const lockFile = join(dataDir, 'postgres.lock');
  const work = async () => {
    const place = await prepareEmbeddedPlace(dataDir);
    const { record, hasNewPasswords } = await prepareCluster(dataDir, place, { durable, say });
    let server = await findRunningServer(place.clusterDir, say);
    const started = server === null;
    server ??= await startServer(place, { durable, logFile, settings, say }).catch(async (error) => {
      if (durable) throw error;
      // Without fsync a crash of the machine may leave a cluster that does not start; nothing in it matters.
      await createCluster(place, { superuserPassword: record.passwords.postgres, durable, say });
      return startServer(place, { durable, logFile, settings, say });
    });

    const urls = urlsOf(record, server);
    const attendance = await attend(urls.adminUrl, options.onLost);
    await ensureRolesAndDatabase(attendance, record, hasNewPasswords);
    const { pid, port } = server;
    await writeRecord(dataDir, { ...record, pid, port, url: urls.url, ownerUrl: urls.ownerUrl });

    let stopping: Promise<void> | null = null;
    const stop = () => {
      attendance.ref();
      const leave = async () => {
        const inUse = await hasOthers(attendance);
        await attendance.end().catch(() => undefined);
        if (inUse) return;
        await stopServer(place);
        await writeRecord(dataDir, { ...record, pid: null, port: null, url: null, ownerUrl: null });
      };
      return withLockFile(lockFile, leave, { say });
    };
    return {
      ...urls,
      port,
      pid,
      started,
      stop: () => (stopping ??= stop()),
      unref: () => attendance.unref(),
    };
  };
  return withLockFile(lockFile, work, { say });
}

/** The address of the server that runs on a data directory right now, or null; starts nothing. */
export async function findEmbeddedPostgres(
  dataDir: string,
): Promise<{ url: string; ownerUrl: string } | null> {
  const record = await readRecord(resolve(dataDir));
  if (typeof record === 'string' || (await findRunningServer(record.found.clusterDir)) === null) return null;
  const { url, ownerUrl } = record.found;
  return url === null || ownerUrl === null ? null : { url, ownerUrl };
}

/** Whether a data directory holds an embedded database, usable or not; looks only. */
export async function hasEmbeddedDatabase(dataDir: string): Promise<boolean> {
  const record = await readRecord(resolve(dataDir));
  if (record === 'damaged') return true;
  // Beside the record, or where it says: a folder that was restored elsewhere still names its former place.
  const places = [
    join(resolve(dataDir), 'postgres'),
    ...(record === 'missing' ? [] : [record.found.clusterDir]),
  ];
  return places.some((clusterDir) => existsSync(join(clusterDir, 'PG_VERSION')));
}

/** Makes the cluster when there is none, and the record when it is missing or damaged. */
async function prepareCluster(
  dataDir: string,
  place: EmbeddedPlace,
  { durable, say }: { durable: boolean; say: Say },
): Promise<{ record: EmbeddedRecord; hasNewPasswords: boolean }> {
  const found = await readRecord(dataDir);
  const record =
    typeof found === 'string'
      ? createRecord(place.clusterDir)
      : { ...found.found, clusterDir: place.clusterDir };
  const cluster = await examineCluster(place, say);
  if (cluster === 'absent') {
    if (place.note !== null) say(place.note);
    if (typeof found !== 'string')
      say(`${place.clusterDir} is gone: an empty database is made in its place.`);
    // Written before the cluster is made, because a cluster is of no use when nobody knows its passwords.
    await writeRecord(dataDir, record);
    await createCluster(place, { superuserPassword: record.passwords.postgres, durable, say });
    return { record, hasNewPasswords: false };
  }
  if (typeof found !== 'string') return { record, hasNewPasswords: false };
  const path = recordPath(dataDir);
  const running = await findRunningServer(place.clusterDir, say);
  if (running !== null) {
    throw new GroundFault(
      `${path}, which holds the passwords of the embedded database, is ${found}, while PostgreSQL (process ${running.pid}) runs on it. ` +
        `Stop the viPay that uses it; if none does, end it (kill ${running.pid}). The next start then makes new passwords; no data is lost.`,
    );
  }
  await resetSuperuserPassword(place, record.passwords.postgres);
  if (found === 'damaged') await rename(path, `${path}.damaged`);
  await writeRecord(dataDir, record);
  say(`${path} was ${found}: the embedded database has been given new passwords. Its data is as it was.`);
  return { record, hasNewPasswords: true };
}

function urlsOf(
  record: EmbeddedRecord,
  { port, socketDir }: RunningServer,
): Pick<EmbeddedPostgres, 'url' | 'socketUrl' | 'ownerUrl' | 'adminUrl'> {
  const { passwords } = record;
  const urlOf = (role: keyof typeof passwords, database: string) =>
    `postgres://${role}:${passwords[role]}@127.0.0.1:${port}/${database}`;
  const url = urlOf('vipay_app', 'vipay');
  return {
    url,
    // The driver takes the folder from `host`, the port as a part of the socket's name.
    socketUrl: socketDir === null ? url : `${url}?host=${encodeURIComponent(socketDir)}`,
    ownerUrl: urlOf('vipay_owner', 'vipay'),
    adminUrl: urlOf('postgres', 'postgres'),
  };
}

async function attend(adminUrl: string, onLost?: (error: Error) => void): Promise<Attendance> {
  const client = new pg.Client({
    connectionString: adminUrl,
    application_name: `${attendanceName} ${process.pid}`,
  });
  client.on('error', (error) => onLost?.(error));
  await client.connect();
  return client as Attendance;
}

/** Whether other living programs use the server; the connection of one just killed may linger for a moment. */
async function hasOthers(attendance: pg.Client): Promise<boolean> {
  const sql = `select application_name as name from pg_stat_activity
    where application_name like $1 and usename = 'postgres' and pid <> pg_backend_pid()`;
  const result = await attendance.query<{ name: string }>(sql, [`${attendanceName}%`]).catch(() => null);
  const pids = result?.rows.map(({ name }) => Number(name.slice(attendanceName.length))) ?? [];
  return pids.some(isProcessAlive);
}

async function ensureRolesAndDatabase(
  admin: pg.Client,
  { passwords }: EmbeddedRecord,
  hasNewPasswords: boolean,
): Promise<void> {
  const { rows } = await admin.query<{ rolname: string }>(
    `select rolname from pg_roles where rolname in ('vipay_owner', 'vipay_app')`,
  );
  for (const role of ['vipay_owner', 'vipay_app'] as const) {
    const exists = rows.some(({ rolname }) => rolname === role);
    if (exists && !hasNewPasswords) continue;
    const verb = exists ? 'alter' : 'create';
    await admin.query(`${verb} role ${role} login password ${admin.escapeLiteral(passwords[role])}`);
  }
  const databases = await admin.query(`select 1 from pg_database where datname = 'vipay'`);
  if (databases.rowCount === 0) await admin.query('create database vipay owner vipay_owner');
}
