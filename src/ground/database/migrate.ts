// Brings a database to the schema this program was written for: forward-only files `migrations/NNNN_name.sql`,
// each in its own transaction, one process at a time; then the job queue's own tables; then the running role's
// rights. Runs as the role that owns the schema.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runMigrations as migrateJobs } from 'graphile-worker';
import pg from 'pg';
import { openClient, openPool } from './database.ts';
import { settleRights } from './grants.ts';
import { purposeStatement } from './session.ts';

export type MigrateOptions = {
  /** Address with the role that owns (or will own) the schema. */
  ownerUrl: string;
  /**
   * Address with the running role; only its user is used. No rights are granted when that user is the owner.
   */
  appUrl?: string;
  /** Default: the project's `migrations` folder. */
  migrationsDir?: string;
  /** Told of each applied file. */
  say?: (line: string) => void;
};

export type Migration = { version: number; name: string; checksum: string; sql: string };

const defaultDir = resolve(import.meta.dirname, '../../../migrations');
/** Any number, as long as every version of this program uses the same. */
const lockKey = 7_640_121_959n;

/**
 * Applies what is missing; returns the names of the files applied now.
 * @throws SchemaRefusal when the database is newer than the program, or an applied file has since been changed.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const migrations = await readMigrations(options.migrationsDir ?? defaultDir);
  const client = await openClient(options.ownerUrl, {
    purpose: 'migration',
    applicationName: 'vipay migrate',
  });
  try {
    await takeTurn(client, options.say);
    const applied = await applyMissing(client, migrations, options.say);
    await runJobMigrations(options.ownerUrl);
    await settleRights(client, {
      appUrl: options.appUrl ?? options.ownerUrl,
      migrationsDir: options.migrationsDir ?? defaultDir,
    });
    return applied;
  } finally {
    await client.end();
  }
}

/** One process migrates at a time; another one may take as long as it needs, so this wait has no limit. */
async function takeTurn(client: pg.Client, say?: (line: string) => void): Promise<void> {
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
    lockKey,
  ]);
  if (rows[0]?.taken) return;
  say?.('database: another process brings the schema up to date; waiting for it');
  await client.query('set lock_timeout = 0');
  await client.query('select pg_advisory_lock($1)', [lockKey]);
  await client.query(purposeStatement('migration'));
}

/** The database and this program do not belong together; the message says what to do. */
export class SchemaRefusal extends Error {
  override name = 'SchemaRefusal';
}

/** Reads and orders the files; numbers may leave gaps. @throws Error when a number is used twice. */
export async function readMigrations(dir: string): Promise<Migration[]> {
  const names = (await readdir(dir)).filter((name) => /^\d{4}_.+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const version = Number.parseInt(name, 10);
      const former = names[index - 1];
      if (former !== undefined && Number.parseInt(former, 10) === version)
        throw new Error(`migrations/${name}: ${former} has the same number`);
      // A checkout with other line ends is still the same migration.
      const sql = (await readFile(join(dir, name), 'utf8')).replaceAll('\r\n', '\n');
      return { version, name, checksum: createHash('sha256').update(sql).digest('hex'), sql };
    }),
  );
}

async function applyMissing(
  client: pg.Client,
  migrations: Migration[],
  say?: (line: string) => void,
): Promise<string[]> {
  const rows = await readApplied(client);
  for (const row of rows) {
    refuseMismatch(
      row,
      migrations.find(({ version }) => version === row.version),
    );
  }
  const missing = migrations.filter(({ version }) => !rows.some((row) => row.version === version));
  if (missing.length > 0) await refuseWithoutRights(client, missing);
  for (const migration of missing) {
    await applyOne(client, migration);
    say?.(`database: applied ${migration.name}`);
  }
  return missing.map(({ name }) => name);
}

type AppliedRow = { version: number; name: string; checksum: string };

/** The table is made only when it is not there: the running role may look, and may not make one. */
async function readApplied(client: pg.Client): Promise<AppliedRow[]> {
  const { rows } = await client.query<{ exists: boolean }>(
    `select to_regclass('public.schema_migrations') is not null as "exists"`,
  );
  if (!rows[0]?.exists) {
    await refuseWithoutRights(client, []);
    await client.query(`create table schema_migrations (
      version integer primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now()
    )`);
  }
  const applied = await client.query<AppliedRow>(
    'select version, name, checksum from schema_migrations order by version',
  );
  return applied.rows;
}

async function refuseWithoutRights(client: pg.Client, missing: Migration[]): Promise<void> {
  const { rows } = await client.query<{ role: string; allowed: boolean }>(
    `select current_user as role, has_schema_privilege('public', 'create') as allowed`,
  );
  if (rows[0]?.allowed) return;
  throw new SchemaRefusal(
    `The database lacks ${missing.length === 0 ? "viPay's tables" : missing.map(({ name }) => name).join(', ')}, and ` +
      `the role ${rows[0]?.role} may not make them: set VIPAY_MIGRATION_DATABASE_URL to the role that owns the schema.`,
  );
}

function refuseMismatch(row: AppliedRow, migration: Migration | undefined): void {
  if (migration === undefined) {
    throw new SchemaRefusal(
      `The database already has migration ${row.name}, which this version of viPay does not know. ` +
        'Start the version that applied it, or a later one; the schema is never taken back.',
    );
  }
  if (migration.checksum !== row.checksum) {
    throw new SchemaRefusal(
      `Migration ${row.name} was applied to this database with another content than migrations/${migration.name} ` +
        'has now. Restore the file as it was released and put the change into a new migration' +
        ' (in development: remove the data directory to begin with an empty database).',
    );
  }
}

async function applyOne(client: pg.Client, { version, name, checksum, sql }: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(sql);
    await client.query('insert into schema_migrations (version, name, checksum) values ($1, $2, $3)', [
      version,
      name,
      checksum,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw new Error(`migrations/${name} failed: ${describeFault(error, sql)}`, { cause: error });
  }
}

function describeFault(error: unknown, sql: string): string {
  if (!(error instanceof pg.DatabaseError)) return String(error);
  const line = error.position ? sql.slice(0, Number(error.position)).split('\n').length : null;
  return [error.message, line && `(line ${line})`, error.detail, error.hint].filter(Boolean).join(' ');
}

async function runJobMigrations(ownerUrl: string): Promise<void> {
  const pool = openPool(ownerUrl, {
    max: 2,
    purpose: 'migration',
    applicationName: 'vipay migrate',
    pipeline: false,
    types: 'of the driver',
  });
  try {
    await migrateJobs({ pgPool: pool });
  } finally {
    await pool.end();
  }
}
