// The embedded PostgreSQL: a real server from npm, for the demo and the tests, under the data directory.
// Several programs may share it (the gateway and the command line beside it): whoever comes first starts it,
// whoever comes later joins, the last one out stops it. It outlives a killed gateway and is then joined again.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { prepareEmbeddedPlace } from './embedded-postgres-files.ts';
import {
  createCluster,
  findRunningServer,
  type RunningServer,
  type ServerSettings,
  startServer,
  stopServer,
} from './embedded-postgres-server.ts';
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

/** `postgres.json` in the data directory, readable by its owner only. */
type Record = {
  clusterDir: string;
  passwords: { postgres: string; vipay_owner: string; vipay_app: string };
  pid: number | null;
  port: number | null;
  url: string | null;
  ownerUrl: string | null;
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
  const durable = options.durable ?? true;
  await makeDataDir(dataDir);
  return withLockFile(join(dataDir, 'postgres.lock'), async () => {
    const place = await prepareEmbeddedPlace(dataDir);
    const record = await readOrCreateRecord(dataDir, place.clusterDir);
    if (!existsSync(join(place.clusterDir, 'PG_VERSION'))) {
      if (place.note !== null) options.say?.(place.note);
      await createCluster(place, { superuserPassword: record.passwords.postgres, durable });
    }
    let server = await findRunningServer(place.clusterDir);
    const started = server === null;
    const { settings = {} } = options;
    server ??= await startServer(place, { durable, logFile, settings }).catch(async (error) => {
      if (durable) throw error;
      // Without fsync a crash of the machine may leave a cluster that does not start; nothing in it matters.
      await createCluster(place, { superuserPassword: record.passwords.postgres, durable });
      return startServer(place, { durable, logFile, settings });
    });

    const urls = urlsOf(record, server);
    const attendance = await attend(urls.adminUrl, options.onLost);
    await ensureRolesAndDatabase(attendance, record);
    await writeRecord(dataDir, { ...record, ...server, url: urls.url, ownerUrl: urls.ownerUrl });

    let stopping: Promise<void> | null = null;
    const stop = () => {
      attendance.ref();
      return withLockFile(join(dataDir, 'postgres.lock'), async () => {
        const inUse = await hasOthers(attendance);
        await attendance.end().catch(() => undefined);
        if (inUse) return;
        await stopServer(place);
        await writeRecord(dataDir, { ...record, pid: null, port: null, url: null, ownerUrl: null });
      });
    };
    return {
      ...urls,
      port: server.port,
      pid: server.pid,
      started,
      stop: () => (stopping ??= stop()),
      unref: () => attendance.unref(),
    };
  });
}

/** The address of the server that runs on a data directory right now, or null; starts nothing. */
export async function findEmbeddedPostgres(
  dataDir: string,
): Promise<{ url: string; ownerUrl: string } | null> {
  const record = await readRecord(resolve(dataDir));
  if (record === null || (await findRunningServer(record.clusterDir)) === null) return null;
  return record.url === null || record.ownerUrl === null
    ? null
    : { url: record.url, ownerUrl: record.ownerUrl };
}

/** Root's directory can be entered (not listed) by the server's user; every file in it has its own permissions. */
async function makeDataDir(dataDir: string): Promise<void> {
  if (existsSync(dataDir)) return;
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
  await mkdir(dataDir, { recursive: true });
  await chmod(dataDir, mode);
}

async function readRecord(dataDir: string): Promise<Record | null> {
  const path = join(dataDir, 'postgres.json');
  return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as Record) : null;
}

async function readOrCreateRecord(dataDir: string, clusterDir: string): Promise<Record> {
  const existing = await readRecord(dataDir);
  if (existing !== null) return { ...existing, clusterDir };
  if (existsSync(join(clusterDir, 'PG_VERSION'))) {
    throw new Error(
      `${clusterDir} holds a database, but ${join(dataDir, 'postgres.json')} with its passwords is missing. ` +
        'Put the file back, or remove the database folder to begin with an empty one.',
    );
  }
  const password = () => randomBytes(24).toString('base64url');
  const passwords = { postgres: password(), vipay_owner: password(), vipay_app: password() };
  const record = { clusterDir, passwords, pid: null, port: null, url: null, ownerUrl: null };
  await writeRecord(dataDir, record);
  return record;
}

async function writeRecord(dataDir: string, record: Record): Promise<void> {
  const path = join(dataDir, 'postgres.json');
  await writeFile(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

function urlsOf(
  record: Record,
  { port }: RunningServer,
): { url: string; ownerUrl: string; adminUrl: string } {
  const { passwords } = record;
  const urlOf = (role: keyof typeof passwords, database: string) =>
    `postgres://${role}:${passwords[role]}@127.0.0.1:${port}/${database}`;
  return {
    url: urlOf('vipay_app', 'vipay'),
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

async function ensureRolesAndDatabase(admin: pg.Client, { passwords }: Record): Promise<void> {
  const { rows } = await admin.query<{ rolname: string }>(
    `select rolname from pg_roles where rolname in ('vipay_owner', 'vipay_app')`,
  );
  for (const role of ['vipay_owner', 'vipay_app'] as const) {
    if (rows.some(({ rolname }) => rolname === role)) continue;
    await admin.query(`create role ${role} login password ${admin.escapeLiteral(passwords[role])}`);
  }
  const databases = await admin.query(`select 1 from pg_database where datname = 'vipay'`);
  if (databases.rowCount === 0) await admin.query('create database vipay owner vipay_owner');
}
