// One payment by code through one kill: what the database holds after it, and what the next process answers.

import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { readBalance } from '../../src/books/ledger/index.ts';
import { findOrder } from '../../src/business/orders/index.ts';
import type { NamedPoint } from '../../src/ground/context.ts';
import { givenConfirming } from '../races/race.ts';
import {
  createTestContext,
  givenOrder,
  givenSite,
  givenWallet,
  liftCodesPerHour,
} from '../support/context.ts';
import { findViolations } from '../support/find-violations.ts';
import { until } from '../support/notification-fixtures.ts';
import { startWorker, WorkerDied } from '../support/worker.ts';

type State = { order: string | undefined; debitedDong: bigint; notifications: number };

export async function payThroughAKill(
  point: NamedPoint,
): Promise<{ afterKill: State; toldAgain: string; atEnd: State; violations: string[] }> {
  const context = await createTestContext();
  await liftCodesPerHour(context);
  const settings = { url: context.url, now: context.clock.now() };
  const workers = await Promise.all([startWorker(settings), startWorker(settings)]);
  try {
    const { site } = await givenSite(context);
    const balanceDong = 10_000_000n;
    const wallet = await givenWallet(context, { balanceDong });
    const order = await givenOrder(context, site, { amountDong: 6_000_000n });
    const code = await givenConfirming(context, order, wallet);

    const readState = async (): Promise<State> => {
      const { rows } = await sql<{ count: number }>`
        select count(*)::int as count from notifications where order_id = ${order.id}`.execute(context.db);
      return {
        order: (await findOrder(context.db, order.id))?.status,
        debitedDong: balanceDong - (await readBalance(context.db, wallet.accountId)),
        notifications: rows[0]?.count ?? 0,
      };
    };

    const [first, next] = workers;
    await first.plan({ point, nth: 1, act: 'die' });
    await assert.rejects(first.perform({ do: 'submit', ...code }), WorkerDied);
    assert.equal(await first.exited, 'SIGKILL');
    await until('PostgreSQL has noticed', async () => {
      const { rows } = await sql<{ open: number }>`
        select count(*)::int as open from pg_stat_activity
        where datname = current_database() and state like 'idle in transaction%'`.execute(context.db);
      return rows[0]?.open === 0;
    });
    const afterKill = await readState();
    const { outcome: toldAgain } = await next.perform({ do: 'submit', ...code });
    const atEnd = await readState();
    return { afterKill, toldAgain, atEnd, violations: await findViolations(context.db) };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await context.drop();
  }
}
