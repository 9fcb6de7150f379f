// Payments, orders and totals against the journal, page by page.

import type { LedgerFault } from '../../books/ledger/index.ts';
import type { DbOrTx } from '../../ground/database/index.ts';
import { type Page, readOrdersPage, readPaymentsPage, readTotalsPage } from './posting-queries.ts';

const pageMax = 5_000;
/** A wallet's payments are all read for its totals. */
const walletsPageMax = 500;
export const zeroId = '00000000-0000-0000-0000-000000000000';

type Hands = {
  db: DbOrTx;
  report: (fault: LedgerFault) => void;
  breathe: (rowCount: number) => Promise<void>;
};

/**
 * Reads on after the id `after`; returns up to where all is final and right, at most `settledBefore`: an id below
 * one that exists may still come from a process whose clock is behind.
 */
async function readOn(
  { report, breathe }: Hands,
  read: (after: string, limit: number) => Promise<Page>,
  { after, settledBefore }: { after: string; settledBefore: string },
): Promise<string> {
  let settled = after;
  let isPrefix = true;
  for (let last = after; ; ) {
    const page = await read(last, pageMax);
    for (const { id, environment, fault, more } of page.wrong) {
      report({ fault, environment, subject: id, detail: `${id}: ${more}` });
    }
    if (isPrefix && page.settledUpto !== null) settled = page.settledUpto;
    isPrefix &&= page.settledUpto === page.lastId;
    await breathe(page.count);
    if (page.count < pageMax || page.lastId === null) break;
    last = page.lastId;
  }
  const latest = after > settledBefore ? after : settledBefore;
  return settled < latest ? settled : latest;
}

export type Reading = { after: string; settledBefore: string };

export function checkPayments(hands: Hands, reading: Reading): Promise<string> {
  return readOn(hands, (after, limit) => readPaymentsPage(hands.db, after, limit), reading);
}

export function checkOrders(hands: Hands, reading: Reading): Promise<string> {
  return readOn(hands, (after, limit) => readOrdersPage(hands.db, after, limit), reading);
}

/** `since`: a day in GMT+7, only wallets that have paid then or later; null: all wallets. */
export async function checkTotals({ db, report, breathe }: Hands, since: string | null): Promise<void> {
  for (let after = zeroId; ; ) {
    const page = await readTotalsPage(db, { after, limit: walletsPageMax, since });
    for (const { id, environment, period, start, totalDong, paidDong } of page.wrong) {
      const detail = `wallet ${id}, ${period} of ${start}: total ${totalDong}, paid ${paidDong}`;
      report({ fault: 'wallet_total_differs', environment, subject: id, detail });
    }
    await breathe(page.count);
    if (page.count < walletsPageMax || page.lastId === null) return;
    after = page.lastId;
  }
}
