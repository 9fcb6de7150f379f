// A database of its own for each test file: a clone of a template that is migrated once, on a PostgreSQL that
// all test processes of this checkout share. Works the same for one file run alone and for the whole suite.
//
//   const { db, drop } = await createTestDatabase();
//   after(drop);

import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import {
  type Database,
  type EmbeddedPostgres,
  migrate,
  openDatabase,
  openEmbeddedPostgres,
} from '../../src/ground/database/index.ts';
import { isProcessAlive, withLockFile } from '../../src/ground/database/lock-file.ts';

export type TestDatabase = {
  /** The running role (`vipay_app`). */
  url: string;
  /** The role that owns the schema. */
  ownerUrl: string;
  /** The superuser. */
  adminUrl: string;
  db: Database;
  /** The owner's hand: for what the running role may not write, such as a fee that changes or a row that vanishes. */
  owner: Database;
  pool: pg.Pool;
  /** Closes both and removes the database. */
  drop(): Promise<void>;
};

const projectDir = resolve(import.meta.dirname, '../..');
const migrationsDir = join(projectDir, 'migrations');
const checkoutHash = createHash('sha256').update(projectDir).digest('hex').slice(0, 12);
const dataDir = join(tmpdir(), `vipay-test-${userInfo().uid}-${checkoutHash}`);

/** A fresh migrated database without rows of its own; `max` connections for its pool (default 5). */
export async function createTestDatabase(options: { max?: number } = {}): Promise<TestDatabase> {
  const server = await useTestServer();
  const template = await ensureTemplate(server);
  const name = `vipay_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await asAdmin(server, (admin) =>
    admin.query(`create database ${name} template ${template} owner vipay_owner`),
  );

  const url = withDatabase(server.url, name);
  const ownerUrl = withDatabase(server.ownerUrl, name);
  const db = openDatabase(url, { purpose: 'page', max: options.max ?? 5, applicationName: name });
  const owner = openDatabase(ownerUrl, { max: 2, applicationName: `${name} owner` });
  explainRefusals(db);
  const drop = async () => {
    await db.destroy();
    await owner.destroy();
    await asAdmin(server, (admin) => admin.query(`drop database if exists ${name} with (force)`));
  };
  return { url, ownerUrl, adminUrl: withDatabase(server.adminUrl, name), db, owner, pool: db.pool, drop };
}

/**
 * PostgreSQL's message names only the table. This message names the list too, for the person who adds a
 * column or a statement.
 */
export function explainRefusals({ pool }: Database): void {
  pool.on('connect', (client) => {
    const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
    connection.prependListener('errorMessage', (error: { code?: string; message: string }) => {
      if (error.code !== '42501') return;
      error.message +=
        ' (by the running role. Does the gateway write this? Then name the column or function in migrations/grants.sql. Is it a test that plants something? Then use `owner`, not `db`)';
    });
  });
}

/** Starts the shared server and makes the template, so that no test pays for it. */
export async function prepareTestDatabases(): Promise<void> {
  await ensureTemplate(await useTestServer());
}

/** Gives up this process's hold on the shared server; the last process out stops it. */
export async function releaseTestServer(): Promise<void> {
  const held = server;
  server = undefined;
  await (await held)?.stop();
}

let server: Promise<EmbeddedPostgres> | undefined;

/** This process's hold on the shared server; given up when the process has nothing more to do. */
function useTestServer(): Promise<EmbeddedPostgres> {
  server ??= openTestServer();
  return server;
}

async function openTestServer(): Promise<EmbeddedPostgres> {
  const opened = await openEmbeddedPostgres({ dataDir, durable: false });
  opened.unref();
  process.once('beforeExit', () => void releaseTestServer());
  await removeLeftovers(opened);
  return opened;
}

/** Databases of test processes that were killed, and templates of earlier migrations. */
async function removeLeftovers(opened: EmbeddedPostgres): Promise<void> {
  const current = templateName();
  await asAdmin(opened, async (admin) => {
    const { rows } = await admin.query<{ datname: string }>(
      `select datname from pg_database where datname ~ '^vipay_(test|template)_'`,
    );
    for (const { datname } of rows) {
      const inUse = datname.startsWith('vipay_test_')
        ? isProcessAlive(Number(datname.split('_')[2]))
        : datname.startsWith(current);
      // A process of another run may do the same at the same moment.
      if (!inUse) await admin.query(`drop database if exists ${datname}`).catch(() => undefined);
    }
  });
}

/** The template for the migrations as they are now; its name is a hash of them. */
async function ensureTemplate(opened: EmbeddedPostgres): Promise<string> {
  const name = templateName();
  const exists = () =>
    asAdmin(opened, async (admin) => {
      const found = await admin.query('select 1 from pg_database where datname = $1', [name]);
      return found.rowCount !== 0;
    });
  if (await exists()) return name;
  return withLockFile(join(dataDir, 'template.lock'), async () => {
    if (await exists()) return name;
    const building = `${name}_building`;
    await asAdmin(opened, async (admin) => {
      await admin.query(`drop database if exists ${building} with (force)`);
      await admin.query(`create database ${building} owner vipay_owner`);
    });
    await migrate({ ownerUrl: withDatabase(opened.ownerUrl, building), appUrl: opened.url });
    await asAdmin(opened, (admin) => admin.query(`alter database ${building} rename to ${name}`));
    return name;
  });
}

function templateName(): string {
  const hash = createHash('sha256');
  const runner = ['migrate.ts', 'grants.ts'].map((name) => join(projectDir, 'src/ground/database', name));
  const lock = join(projectDir, 'package-lock.json');
  const files = readdirSync(migrationsDir).filter((name) => name.endsWith('.sql'));
  for (const path of [...files.sort().map((name) => join(migrationsDir, name)), ...runner, lock]) {
    hash.update(path).update('\0').update(readFileSync(path)).update('\0');
  }
  return `vipay_template_${hash.digest('hex').slice(0, 16)}`;
}

async function asAdmin<T>(opened: EmbeddedPostgres, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: opened.adminUrl });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
