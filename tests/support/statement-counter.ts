// Counts what a piece of work asks of the database: statements by what was sent, commits by what the server did.

import { setImmediate } from 'node:timers/promises';
import type pg from 'pg';
import type { Context } from '../../src/ground/context.ts';
import { type Database, openDatabase } from '../../src/ground/database/index.ts';
import type { TestContext } from './context.ts';

export type Counted = { statements: number; commits: number; texts: string[] };

const isBoundary = /^\s*(?:begin|commit|rollback)\b/i;

/**
 * `statements`: all but `begin`, `commit` and `rollback`. `commits`: transactions that wrote something, by the server's
 * own count of them, so nobody else may use the server meanwhile.
 */
export function createStatementCounter(db: Database): {
  count(work: () => Promise<unknown>): Promise<Counted>;
} {
  let texts: string[] = [];
  const watched = new WeakSet<pg.PoolClient>();
  db.pool.on('acquire', (client) => {
    if (watched.has(client)) return;
    watched.add(client);
    const query = client.query.bind(client) as (...given: unknown[]) => unknown;
    const counting = (...given: unknown[]) => {
      const [first] = given as [string | { text: string }];
      const text = typeof first === 'string' ? first : first.text;
      texts.push(text);
      return query(...given);
    };
    client.query = counting as typeof client.query;
  });
  const readWrites = async () => {
    const { rows } = await db.pool.query<{ next: string }>(
      'select pg_snapshot_xmax(pg_current_snapshot())::text as next',
    );
    return Number(rows[0]?.next);
  };
  return {
    async count(work) {
      const before = await readWrites();
      texts = [];
      await work();
      // What the work leaves behind, such as the word that wakes the dispatchers, is counted with it.
      await setImmediate();
      while (db.pool.idleCount < db.pool.totalCount) await setImmediate();
      const sent = texts.filter((text) => !isBoundary.test(text));
      return { statements: sent.length, commits: (await readWrites()) - before, texts: sent };
    },
  };
}

/** The statements of `work` alone, on a connection of its own, so that nothing else on the context's counts. */
export async function countStatements(
  context: TestContext,
  work: (on: Context) => Promise<void>,
): Promise<string[]> {
  const db = openDatabase(context.url, { max: 1 });
  try {
    return (await createStatementCounter(db).count(() => work({ ...context, db }))).texts;
  } finally {
    await db.destroy();
  }
}
