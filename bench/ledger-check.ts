// Are the books right, and do they hold exactly what was answered as posted?

import { checkBooks } from '../src/books/ledger/index.ts';
import { type Database, openDatabase } from '../src/ground/database/index.ts';
import type { Books } from './ledger-runs.ts';

/** Exact, and of the whole database; empty: nothing is wrong. */
export async function findFaults({ db: pages, posted }: Books): Promise<string[]> {
  // Sums over millions of rows take longer than a page may, and are planned otherwise.
  const db = openDatabase(pages.url, { max: 1, purpose: 'verification' });
  try {
    return await findFaultsIn(db, posted);
  } finally {
    await db.destroy();
  }
}

async function findFaultsIn(db: Database, posted: number): Promise<string[]> {
  const faults = (await checkBooks(db)).map(({ fault, detail }) => `${fault}, ${detail}`);
  const { rows } = await db.pool.query<{ journal: number; payments: number; orders: number; told: number }>(
    `select (select count(*)::int from transfers where kind = 'payment') as journal,
       (select count(*)::int from payments p join transfers t on t.id = p.id where p.status = 'paid') as payments,
       (select count(*)::int from orders where status = 'paid') as orders,
       (select count(*)::int from notifications) as told`,
  );
  const { journal = 0, payments = 0, orders = 0, told = 0 } = rows[0] ?? {};
  if (journal !== posted)
    faults.push(`${posted} payments were answered as posted, the journal holds ${journal}`);
  if (payments !== orders || told !== orders) {
    faults.push(`${orders} paid orders, ${payments} paid payments in the journal, ${told} notifications`);
  }
  return faults;
}

/** Deadlocks of this database since it was made: each threw a batch back. */
export async function countDeadlocks({ db }: Books): Promise<number> {
  const { rows } = await db.pool.query<{ count: number }>(
    `select deadlocks::int as count from pg_stat_database where datname = current_database()`,
  );
  return rows[0]?.count ?? 0;
}
