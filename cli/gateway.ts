// What a command works with: the settings of `npm start`, its database and its keys. With the embedded database the
// command joins the one that runs, or starts it for the moment; the last one out stops it. A database is made by
// `npm start` alone.

import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { sql } from 'kysely';
import type { Actor } from '../src/business/audit/index.ts';
import { type Config, loadConfig } from '../src/config.ts';
import { createContext } from '../src/create-context.ts';
import type { Context } from '../src/ground/context.ts';
import {
  type Database,
  hasEmbeddedDatabase,
  openDatabase,
  openEmbeddedPostgres,
} from '../src/ground/database/index.ts';
import { createLogger } from '../src/ground/log/index.ts';
import { openKeyRing } from '../src/open-key-ring.ts';
import { commandLineActor } from './command-line-actor.ts';
import { CliFault } from './faults.ts';
import { describeDatabase, findOtherDatabase } from './listening-gateway.ts';
import { note } from './notes.ts';

/** `by` is who types the command: every command that changes something passes it on. */
export type Gateway = { config: Config; context: Context; by: Actor };

const migrationsDir = resolve(import.meta.dirname, '../migrations');

/** Opens everything, runs `work`, and closes everything, whatever happens. Makes no database and changes no schema. */
export async function withGateway<T>(work: (gateway: Gateway) => Promise<T>): Promise<T> {
  const config = loadConfig(process.env);
  const { url, leave } = await openServer(config);
  const db = openDatabase(url, { max: 4, applicationName: 'vipay cli' });
  try {
    refuseOtherSchema(await databaseSchemaVersion(db));
    const secretKey = await openKeyRing(config, db, { say: note, mayMake: false });
    note(`On ${await describeDatabase(config, db)}, for the gateway at ${config.publicUrl}.`);
    const other = await findOtherDatabase(config, db);
    if (other !== null) note(other);
    const context = createContext(config, { db, secretKey, log: createLogger('silent') });
    return await work({ config, context, by: commandLineActor() });
  } finally {
    await db.destroy();
    await leave();
  }
}

async function openServer(config: Config): Promise<{ url: string; leave: () => Promise<void> }> {
  if (config.databaseUrl !== null) return { url: config.databaseUrl, leave: async () => undefined };
  const { dataDir } = config;
  if (!(await hasEmbeddedDatabase(dataDir))) {
    throw new CliFault(
      'database_missing',
      `There is no database in ${dataDir} yet: "npm start" makes it. ` +
        '(Another folder is named by VIPAY_DATA_DIR, a database of your own by DATABASE_URL.)',
    );
  }
  const embedded = await openEmbeddedPostgres({ dataDir, say: note });
  return { url: embedded.url, leave: () => embedded.stop() };
}

function refuseOtherSchema(has: number): void {
  const wants = programSchemaVersion();
  if (has === wants) return;
  throw new CliFault(
    'schema_out_of_date',
    has < wants
      ? 'The database lacks migrations of this program: start the gateway, which applies them, then try again.'
      : 'The database is newer than this program: use the version of viPay that runs on it, or a later one.',
  );
}

/** The number of the newest migration this program was written for. */
export function programSchemaVersion(): number {
  const names = readdirSync(migrationsDir).filter((name) => /^\d{4}_.+\.sql$/.test(name));
  return Math.max(...names.map((name) => Number.parseInt(name, 10)));
}

/** The number of the newest migration a database has; 0 for an empty one. */
export async function databaseSchemaVersion(db: Database): Promise<number> {
  const found = await sql<{
    there: boolean;
  }>`select to_regclass('schema_migrations') is not null as there`.execute(db);
  if (!found.rows[0]?.there) return 0;
  const { rows } = await sql<{ version: number }>`
    select coalesce(max(version), 0)::int as version from schema_migrations`.execute(db);
  return rows[0]?.version ?? 0;
}
