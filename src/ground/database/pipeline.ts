// A transaction in few round trips: statements are sent without waiting for the answer to the one before, and still
// run in order, because they run on one connection. Each is prepared once for each connection and called by name from
// then on, so what runs here keeps its plan: let it be a function with settings of its own, not a bare query whose
// plan was good when its table was empty.

import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  sql,
} from 'kysely';
import type pg from 'pg';
import type { Database, Tx } from './database.ts';
import type { Tables } from './tables.ts';

/** What a pipelined transaction has decided: its result, and the statements that write it, already sent. */
export type Written<T> = { result: T; writes: Promise<unknown>[] };

/**
 * `begin` goes out with the first statement of `work`, `commit` with its last ones. Committed when the promise
 * resolves. When a statement is refused, the server rolls back what came after it, the commit included, and the
 * refusal is thrown; when the connection is lost after `work`, nobody knows.
 */
export async function inPipelinedTransaction<T>(
  db: Pick<Database, 'pool'>,
  work: (tx: Tx) => Promise<Written<T>>,
): Promise<T> {
  const client = await db.pool.connect();
  const tx = onOneClient(client);
  const begun = sql`begin`.execute(tx);
  begun.catch(() => undefined);
  let fault: unknown;
  try {
    const { result, writes } = await work(tx);
    const sent = await Promise.allSettled([begun, ...writes, sql`commit`.execute(tx)]);
    for (const each of sent) if (each.status === 'rejected') throw each.reason;
    return result;
  } catch (error) {
    fault = error;
    throw error;
  } finally {
    // A connection that cannot roll back is not given back for others to use.
    const isClean = fault === undefined || (await isRolledBack(tx));
    client.release(!isClean);
  }
}

/** Of each text that was ever sent here; the texts stand in the code, their number is small. */
const statementNames = new Map<string, string>();

function statementName(text: string): string {
  let name = statementNames.get(text);
  if (name === undefined) {
    name = `vipay_${statementNames.size + 1}`;
    statementNames.set(text, name);
  }
  return name;
}

function isRolledBack(tx: Tx): Promise<boolean> {
  return sql`rollback`.execute(tx).then(
    () => true,
    () => false,
  );
}

/** Kysely over this very connection. Its own transactions let one statement pass at a time; this does not wait. */
function onOneClient(client: pg.PoolClient): Tx {
  const connection: DatabaseConnection = {
    async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
      const { rows, rowCount } = await client.query({
        // `begin` and `commit` have nothing to prepare.
        ...(query.parameters.length > 0 && { name: statementName(query.sql) }),
        text: query.sql,
        values: [...query.parameters],
      });
      return { rows: rows ?? [], numAffectedRows: BigInt(rowCount ?? 0) };
    },
    streamQuery() {
      throw new Error('a pipelined transaction does not stream');
    },
  };
  const nothing = async () => undefined;
  const driver: Driver = {
    init: nothing,
    acquireConnection: async () => connection,
    releaseConnection: nothing,
    beginTransaction: nothing,
    commitTransaction: nothing,
    rollbackTransaction: nothing,
    destroy: nothing,
  };
  const kysely = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driver,
      createIntrospector: (own) => new PostgresIntrospector(own),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
  // A Transaction is a Kysely that knows it is one; what runs here never begins another.
  return kysely as unknown as Tx;
}
