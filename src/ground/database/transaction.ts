// A transaction in few round trips: statements are sent without waiting for the answer to the one before, and still
// run in order, because they run on one connection.

import {
  type CompiledQuery,
  type Dialect,
  type Driver,
  Kysely,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  sql,
} from 'kysely';
import type pg from 'pg';
import { cutConnection } from './cut-connection.ts';
import type { Database, Tx } from './database.ts';
import { saysRolledBack } from './database-fault.ts';
import { takeConnection } from './few-connections.ts';
import { DirectExecutor, queryPrepared } from './prepared-statements.ts';
import { isOverInAMoment, retrying } from './retrying.ts';
import type { Tables } from './tables.ts';

/** What a pipelined transaction has decided: its result, and the statements that write it, already sent. */
export type Written<T> = { result: T; writes: Promise<unknown>[] };

/**
 * Runs `work` in one transaction: committed when it returns, rolled back when it throws. `begin` goes out with the
 * first statement; `work` may send statements that do not need each other's answers side by side.
 *
 * When PostgreSQL ends the transaction before the commit (a deadlock, a lost connection, a server that no
 * longer writes), it is begun again. So `work` may run several times, and must change nothing but the
 * database.
 */
export function inTransaction<T>(db: Pick<Database, 'pool'>, work: (tx: Tx) => Promise<T>): Promise<T> {
  let isCommitting = false;
  const begin = () => {
    isCommitting = false;
    return inPipelinedTransaction(db, async (tx) => {
      const result = await work(tx);
      isCommitting = true;
      return { result, writes: [] };
    });
  };
  // A commit without an answer may have been done: the caller finds out.
  const isWorthIt = (error: unknown) => isOverInAMoment(error) && (!isCommitting || saysRolledBack(error));
  return retrying(begin, { triesMax, withinMs: retriesBeginWithinMs, isWorthIt });
}

/**
 * A table for the `from` list of a statement whose transaction need not wait until it is on disk. A failure of the
 * server within the next second may undo it as a whole; everything committed later and flushed keeps it too.
 * Never where money moved, or where somebody was promised something: for counters, sessions and claims of work.
 */
export const unflushed: RawBuilder<unknown> = sql`(select pg_catalog.set_config('synchronous_commit', 'off', true)) as unflushed`;

const triesMax = 3;
const retriesBeginWithinMs = 2_000;

/**
 * The same, with `commit` sent behind the last writes. Committed when the promise resolves. When a statement
 * is refused, the server rolls back the whole transaction, the commit behind it has no effect, and the
 * refusal is thrown. When the connection is lost after `work`, nobody knows whether it was committed.
 * `signal` gives up: the connection is cut, and the server, which ends the statement by its own limits, rolls
 * back.
 */
export async function inPipelinedTransaction<T>(
  db: Pick<Database, 'pool'>,
  work: (tx: Tx) => Promise<Written<T>>,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const client = await takeConnection(db.pool);
  const cut = () => cutConnection(client);
  signal?.addEventListener('abort', cut);
  if (signal?.aborted) cut();
  const tx = onOneClient(client);
  const begun = sql`begin`.execute(tx);
  begun.catch(() => undefined);
  let fault: unknown;
  try {
    const { result, writes } = await work(tx);
    // Sent the same way as the writes. A statement given to the client directly would overtake those that
    // still wait.
    const sent = await Promise.allSettled([begun, ...writes, sql`commit`.execute(tx)]);
    for (const each of sent) if (each.status === 'rejected') throw each.reason;
    return result;
  } catch (error) {
    fault = isFollowOn(error) ? (firstFaults.get(client) ?? error) : error;
    throw fault;
  } finally {
    firstFaults.delete(client);
    // A connection that cannot roll back is not given back for others to use.
    const isClean = fault === undefined || (await isRolledBack(tx));
    signal?.removeEventListener('abort', cut);
    client.release(!isClean);
  }
}

/**
 * What was refused first on each connection. The server refuses every statement behind it too, and says no more than
 * that one before has failed; whoever awaits such a statement first must still hear the cause.
 */
const firstFaults = new WeakMap<pg.PoolClient, unknown>();
const inFailedTransaction = '25P02';

function isFollowOn(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === inFailedTransaction;
}

function isRolledBack(tx: Tx): Promise<boolean> {
  return sql`rollback`.execute(tx).then(
    () => true,
    () => false,
  );
}

const transactions = new WeakMap<pg.PoolClient, Tx>();

/**
 * Kysely on this one connection. Kysely's own transactions send one statement at a time; this one does not
 * wait.
 */
function onOneClient(client: pg.PoolClient): Tx {
  const known = transactions.get(client);
  if (known) return known;
  const run = async (query: CompiledQuery) => {
    const answer = await queryPrepared(client, query).catch((error: unknown) => {
      if (!firstFaults.has(client)) firstFaults.set(client, error);
      throw error;
    });
    // A transaction in which a statement was refused answers COMMIT with a rollback, and calls that no error.
    if (query.sql === 'commit' && answer.command !== 'COMMIT')
      throw new Error('rolled back: one of its statements had failed');
    return answer;
  };
  const executor = new DirectExecutor(run, { provideConnection: () => refuseConnection() });
  const nothing = async () => undefined;
  const driver: Driver = {
    init: nothing,
    acquireConnection: refuseConnection,
    releaseConnection: nothing,
    beginTransaction: nothing,
    commitTransaction: nothing,
    rollbackTransaction: nothing,
    destroy: nothing,
  };
  const dialect: Dialect = {
    createAdapter: () => executor.adapter,
    createDriver: () => driver,
    createIntrospector: (own) => new PostgresIntrospector(own),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
  const kysely = new Kysely<Tables>({ config: { dialect }, dialect, driver, executor });
  // A Transaction is a Kysely that knows it is one; what runs here never begins another.
  const tx = kysely as unknown as Tx;
  transactions.set(client, tx);
  return tx;
}

/** Kysely asks for one to stream or to begin a transaction. */
async function refuseConnection(): Promise<never> {
  throw new Error('a pipelined transaction neither streams nor begins another');
}
