// Which statements a use case sends to the database: counted on the wire side of the pool, transactions' own included.

import type { Context } from '../../src/ground/context.ts';
import { openDatabase } from '../../src/ground/database/index.ts';
import type { TestContext } from './context.ts';

/** Runs `work` with a database of its own connection and returns the text of every statement it sent, in order. */
export async function countStatements(
  context: TestContext,
  work: (on: Context) => Promise<void>,
): Promise<string[]> {
  const db = openDatabase(context.url, { max: 1 });
  const sent: string[] = [];
  db.pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...asked: unknown[]) => unknown;
    Object.assign(client, {
      query: (...asked: unknown[]) => {
        const [first] = asked;
        sent.push(typeof first === 'string' ? first : String((first as { text?: unknown }).text));
        return query(...asked);
      },
    });
  });
  try {
    await db.pool.query('select 1');
    sent.length = 0;
    await work({ ...context, db });
    return [...sent];
  } finally {
    await db.destroy();
  }
}
