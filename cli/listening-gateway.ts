// The gateway that listens where these settings say, and whether its database is the one that a command works
// on. Otherwise a person could not understand why a command changes nothing at the gateway.

import { sql } from 'kysely';
import type { Config } from '../src/config.ts';
import type { Database } from '../src/ground/database/index.ts';
import { readDatabaseMark } from '../src/ground/database/index.ts';

const answerWithinMs = 1_000;

/** Where the gateway of these settings is asked from this machine; no path. */
export function listeningAddress(config: Pick<Config, 'host' | 'port' | 'publicUrl'>): string {
  const { host, port, publicUrl } = config;
  if (port === 0) return publicUrl;
  const near = host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host;
  return `http://${near.includes(':') ? `[${near}]` : near}:${port}`;
}

/** A sentence when a gateway listens and its database is another one; null when all is well, or none can be asked. */
export async function findOtherDatabase(config: Config, db: Database): Promise<string | null> {
  const address = listeningAddress(config);
  const theirs = await askMark(address);
  if (theirs === null || theirs === (await readDatabaseMark(db))) return null;
  return (
    `The gateway that listens at ${address} uses another database: it does not see what is done here. ` +
    'Give this command the settings of that gateway (DATABASE_URL, VIPAY_DATA_DIR, VIPAY_PORT).'
  );
}

async function askMark(address: string): Promise<string | null> {
  try {
    const answer = await fetch(`${address}/healthz/database`, {
      signal: AbortSignal.timeout(answerWithinMs),
      redirect: 'error',
    });
    const body: unknown = await answer.json();
    const { database } = (body ?? {}) as { database?: unknown };
    return answer.ok && typeof database === 'string' ? database : null;
  } catch {
    return null;
  }
}

/** `vipay at db.internal:5432 as vipay_app`, as the server itself sees it. */
export async function describeDatabase(config: Config, db: Database): Promise<string> {
  const { rows } = await sql<{ name: string; role: string }>`
    select current_database() as name, current_user as role`.execute(db);
  const { name, role } = rows[0] ?? { name: '?', role: '?' };
  if (config.databaseUrl === null) return `the embedded database in ${config.dataDir}`;
  const { host } = new URL(config.databaseUrl);
  return `database ${name} at ${decodeURIComponent(host) || 'this machine'} as ${role}`;
}
