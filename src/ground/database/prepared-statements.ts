// Statements that the code sends again and again are prepared once for each connection and called by name from then
// on: PostgreSQL parses and plans them once.

import type { Writable } from 'node:stream';
import {
  type CompiledQuery,
  type Dialect,
  PostgresDialect,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely';
import type pg from 'pg';

/**
 * The name of each text that was sent. The texts stand in the code, so they are few. When this many are
 * known, further texts (made of changing parts, such as lists of changing length) are sent without a name.
 */
const statementNames = new Map<string, string>();
const namesMax = 500;
const isPreparable = /^\s*(?:select|insert|update|delete|with)\b/i;

function statementName(text: string): string | undefined {
  const known = statementNames.get(text);
  if (known !== undefined || statementNames.size >= namesMax || !isPreparable.test(text)) return known;
  const name = `vipay_${statementNames.size + 1}`;
  statementNames.set(text, name);
  return name;
}

/** Sends a statement by its name; `begin`, `commit`, `set` and the like have nothing to prepare. */
export function queryPrepared(
  client: pg.PoolClient,
  { sql, parameters }: Pick<CompiledQuery, 'sql' | 'parameters'>,
): Promise<pg.QueryResult> {
  writeTogether(client);
  const name = statementName(sql);
  const values = parameters as unknown[];
  return client.query(name === undefined ? { text: sql, values } : { name, text: sql, values });
}

const held = new WeakSet<Writable>();

/**
 * Statements that are sent in one turn of the loop leave in one write to the socket: a write costs more of the
 * process's time than the statement itself.
 */
function writeTogether(client: pg.PoolClient): void {
  const { connection } = client as unknown as { connection?: { stream?: Writable } };
  const stream = connection?.stream;
  if (stream === undefined || held.has(stream)) return;
  held.add(stream);
  stream.cork();
  // After the promises that are settled by now: what they send still goes along.
  process.nextTick(() => {
    held.delete(stream);
    stream.uncork();
  });
}

/** Kysely on this pool, every statement prepared. */
export function preparedDialect(pool: pg.Pool): Dialect {
  const wrapped = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  const wrap = (client: pg.PoolClient): PostgresPoolClient => {
    const known = wrapped.get(client);
    if (known) return known;
    // Kysely's type allows cursors too, which nobody here makes.
    const query = (sql: string, parameters: readonly unknown[]) =>
      queryPrepared(client, { sql, parameters }) as unknown as Promise<PostgresQueryResult<never>>;
    const made = { query, release: () => client.release() } as unknown as PostgresPoolClient;
    wrapped.set(client, made);
    return made;
  };
  return new PostgresDialect({
    pool: { connect: async () => wrap(await pool.connect()), end: () => pool.end() },
  });
}
