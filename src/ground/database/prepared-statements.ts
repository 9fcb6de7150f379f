// Statements that the code sends again and again are prepared once for each connection and called by name from then
// on: PostgreSQL parses and plans them once.

import type { Writable } from 'node:stream';
import {
  type CompiledQuery,
  type ConnectionProvider,
  DefaultQueryExecutor,
  type Dialect,
  PostgresAdapter,
  PostgresDialect,
  type PostgresPoolClient,
  type PostgresQueryResult,
  type QueryResult,
} from 'kysely';
import type pg from 'pg';
import { takeConnection } from './few-connections.ts';
import { KeptTextCompiler } from './kept-texts.ts';
import { SentStatement, type StatementAnswer } from './sent-statement.ts';

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

/**
 * Sends a statement by its name; `begin`, `commit`, `set` and the like have nothing to prepare. It is sent before this
 * function returns, so statements of one connection run in the order of the calls.
 */
export async function queryPrepared(
  client: pg.PoolClient,
  { sql, parameters }: Pick<CompiledQuery, 'sql' | 'parameters'>,
): Promise<StatementAnswer> {
  writeTogether(client);
  const { promise, resolve, reject } = Promise.withResolvers<StatementAnswer>();
  const request = { name: statementName(sql), text: sql, values: parameters };
  client.query(new SentStatement(request, (error, answer) => (error ? reject(error) : resolve(answer))));
  try {
    return await promise;
  } catch (error) {
    // The socket's reading made the error; its reader wants to know who sent the statement.
    Error.captureStackTrace(error as Error);
    throw error;
  }
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

/** One for all connections. */
const compiler = new KeptTextCompiler();

/**
 * Runs each statement by `run`, without Kysely's layers of plugins and connections in between. They cost more
 * of the process's time than sending the statement.
 */
export class DirectExecutor extends DefaultQueryExecutor {
  readonly #run: (query: CompiledQuery) => Promise<StatementAnswer>;

  /** `connections`: for what needs a connection of its own, such as Kysely's transactions. */
  constructor(run: (query: CompiledQuery) => Promise<StatementAnswer>, connections: ConnectionProvider) {
    super(compiler, new PostgresAdapter(), connections);
    this.#run = run;
  }

  override async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, rowCount, command } = await this.#run(query);
    return writing.has(command)
      ? { rows: rows as R[], numAffectedRows: BigInt(rowCount ?? 0) }
      : { rows: rows as R[] };
  }
}

const writing = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** Runs single statements, each on the connection of this pool that is free. */
export function poolExecutor(pool: pg.Pool, connections: ConnectionProvider): DirectExecutor {
  return new DirectExecutor(async (query) => {
    const client = await takeConnection(pool);
    try {
      return await queryPrepared(client, query);
    } finally {
      client.release();
    }
  }, connections);
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
    pool: { connect: async () => wrap(await takeConnection(pool)), end: () => pool.end() },
  });
}
