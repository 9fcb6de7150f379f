// The connection pool and Kysely on top of it, and single connections. Every session is set up the same (session.ts).
// What PostgreSQL says becomes exact values: bigint as bigint,
// numeric as text, timestamptz as Date, date as text ('2026-11-23').

import { Kysely, type Transaction } from 'kysely';
import pg from 'pg';
import { shareFew } from './few-connections.ts';
import { poolExecutor, preparedDialect } from './prepared-statements.ts';
import { watchRole } from './server-role.ts';
import { type Purpose, sessionStatement } from './session.ts';
import type { Tables } from './tables.ts';

/** The pool as typed queries; `pool` for what needs plain SQL or a connection of its own. End with `destroy()`. */
export type Database = Kysely<Tables> & { readonly pool: pg.Pool; readonly url: string };

/** Inside a transaction. Functions that must run in one take it as their first parameter, `tx`. */
export type Tx = Transaction<Tables>;

/** For reads that may run in a transaction or outside. */
export type DbOrTx = Kysely<Tables>;

export type OpenDatabaseOptions = {
  /** Connections at most; default 10. */
  max?: number;
  /** As many as the work shares while it can (few-connections.ts); default `max`. */
  few?: number;
  /** Shown in pg_stat_activity; default `vipay`. */
  applicationName?: string;
  /**
   * Statements of one connection are sent without waiting for the answer to the one before (they still run in
   * order). Default true; false where a connection is used through something that does not understand it.
   */
  pipeline?: boolean;
  /** The purpose of its sessions, which sets their time limits. Default: `command`. */
  purpose?: Purpose;
  /**
   * How values are read: `exact` as described at the head of this file (the default), or as the driver does
   * by itself.
   */
  types?: 'exact' | 'of the driver';
  /** Called for each connection lost while idle; the pool replaces it. */
  onIdleError?: (error: Error) => void;
};

/** Opens a pool on a PostgreSQL address; connects at the first query. */
export function openDatabase(url: string, options: OpenDatabaseOptions = {}): Database {
  const pool = openPool(url, options);
  const kysely = new Kysely<Tables>({ dialect: preparedDialect(pool) });
  // Kysely ends a pool only once it has used it itself.
  const destroy = async () => {
    if (!pool.ending) await pool.end();
  };
  const executor = poolExecutor(pool, kysely.getExecutor());
  return Object.assign(kysely, { pool, url, destroy, getExecutor: () => executor });
}

/** The same pool without Kysely, with the same type conversions. */
export function openPool(url: string, options: OpenDatabaseOptions = {}): pg.Pool {
  const { purpose = 'command' } = options;
  const statement = sessionStatement(purpose);
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    application_name: options.applicationName ?? 'vipay',
    pipeline: options.pipeline ?? true,
    connectionTimeoutMillis: connectionWaitMs,
    keepAlive: true,
    ...(options.types === 'of the driver' ? {} : { types: { getTypeParser } }),
    onConnect: async (client) => {
      await client.query(statement);
      watchRole(url, client);
    },
  });
  pool.on('error', options.onIdleError ?? (() => undefined));
  pool.on('connect', outliveLoss);
  if (options.few !== undefined) shareFew(pool, options.few);
  return pool;
}

/** A connection lost while it is in use fails the query made on it next; unheard, its event would end the process. */
export function outliveLoss(client: pg.PoolClient): void {
  client.on('error', () => undefined);
}

/**
 * The wait for a place in the pool, or for a new connection. It is longer than the longest wait of a page for
 * a lock.
 */
const connectionWaitMs = 5_000;

/**
 * One connection beside the pools, set up as theirs are: for what listens, holds a session's lock or migrates.
 * The caller ends it, and hears of its loss by the client's event `end`.
 */
export async function openClient(
  url: string,
  { purpose, applicationName }: { purpose: Purpose; applicationName: string },
): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: connectionWaitMs,
    keepAlive: true,
  });
  // Without a listener the loss of the connection would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(sessionStatement(purpose));
    watchRole(url, client);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

const int8 = 20;
const timestamptz = 1184;
const date = 1082;
const int8Array = 1016;
const textArray = 1009;
const dateArray = 1182;

/** A pg type parser: text of the wire in, value out. */
// biome-ignore lint/suspicious/noExplicitAny: pg declares its parsers so, and a narrower type does not fit its interface.
type Parser = (text: any) => unknown;

const parsers = new Map<number, Parser>([
  [int8, (text: string) => BigInt(text)],
  [int8Array, (text: string) => parseTextArray(text).map((item) => (item === null ? null : BigInt(item)))],
  [date, (text: string) => text],
  [timestamptz, parseInstant],
  [dateArray, (text: string) => parseTextArray(text)],
]);

/**
 * `2026-11-23 07:30:00.123456+00`, as a session in UTC writes an instant (session.ts). Other forms, such as a year before
 * Christ, are the driver's, which reads every form and is slower.
 */
const instantInUtc = /^(\d{4}-\d\d-\d\d) ([\d:.]+)\+00$/;

function parseInstant(text: string): unknown {
  const [, day, time] = instantInUtc.exec(text) ?? [];
  return day === undefined ? pg.types.getTypeParser(timestamptz)(text) : new Date(`${day}T${time}Z`);
}

function parseTextArray(text: string): (string | null)[] {
  return getTypeParser(textArray)(text) as (string | null)[];
}

function getTypeParser(oid: number, format: 'text' | 'binary' = 'text'): Parser {
  const own = format === 'text' ? parsers.get(oid) : undefined;
  return own ?? pg.types.getTypeParser(oid, format as 'text');
}
