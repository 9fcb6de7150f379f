// The ground of the ledger's benchmark: a durable PostgreSQL of its own in a temporary folder, with the roles the
// gateway has in production, and as many databases on it as are measured beside each other.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate, openEmbeddedPostgres } from '../src/ground/database/index.ts';

export type DatabaseUrls = { url: string; ownerUrl: string };

export type LedgerGround = {
  /** Version and what makes it durable. */
  postgres: string;
  /** The gateway's schema, empty, or a copy of the database `template` (nobody may be connected to that one). */
  createBooks(name: string, template?: string): Promise<DatabaseUrls>;
  /** An empty database without the gateway's schema. */
  createPlain(name: string): Promise<DatabaseUrls>;
  /** Writes out what earlier work left in memory, so that what follows begins alike. */
  checkpoint(): Promise<void>;
  close(): Promise<void>;
};

/**
 * What docs/operating/running.md recommends: PostgreSQL's own are those of a machine with 512 MB. Equal for all that is
 * measured on it, pgbench as well.
 */
const serverSettings = { shared_buffers: '2GB', max_wal_size: '8GB', checkpoint_timeout: '15min' };

/** PostgreSQL itself waits for five seconds each time. */
const copyAttemptsMax = 24;

export async function openLedgerGround(): Promise<LedgerGround> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vipay-bench-'));
  const server = await openEmbeddedPostgres({ dataDir, settings: serverSettings });
  const admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
  const inDatabase = (url: string, name: string) =>
    Object.assign(new URL(url), { pathname: `/${name}` }).href;

  const createPlain = async (name: string, template = 'template1') => {
    const statement = `create database ${name} owner vipay_owner template ${template} strategy file_copy`;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await admin.query(statement);
        break;
      } catch (error) {
        // Autovacuum looks into a large template again and again; it leaves when it is done.
        const inUse = error instanceof pg.DatabaseError && error.code === '55006';
        if (!inUse || attempt === copyAttemptsMax) throw error;
      }
    }
    return { url: inDatabase(server.url, name), ownerUrl: inDatabase(server.ownerUrl, name) };
  };
  const closeAll = async () => {
    await admin.end();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= closeAll());
  // The server is no child of the terminal: interrupted, it must be stopped too.
  const interrupted = () => void close().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  return {
    postgres: await describeServer(admin),
    createPlain: (name) => createPlain(name),
    async createBooks(name, template) {
      const urls = await createPlain(name, template);
      if (template === undefined) await migrate({ ownerUrl: urls.ownerUrl, appUrl: urls.url });
      return urls;
    },
    async checkpoint() {
      await admin.query('checkpoint');
    },
    async close() {
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      await close();
    },
  };
}

async function describeServer(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ told: string }>(
    `select current_setting('server_version') || string_agg(', ' || name || ' ' || current_setting(name), '' order by at) as told
     from unnest(array['fsync', 'synchronous_commit', 'shared_buffers', 'max_wal_size', 'checkpoint_timeout', 'autovacuum']) with ordinality as s (name, at)`,
  );
  return rows[0]?.told ?? '';
}
