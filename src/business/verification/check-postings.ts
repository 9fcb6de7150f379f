// Payments, orders and totals against the journal, page by page.

import type { LedgerFault } from '../../books/ledger/index.ts';
import type { DbOrTx } from '../../ground/database/index.ts';
import {
  type Page,
  type PageOf,
  readOrdersPage,
  readPaymentsPage,
  readTotalsPage,
} from './posting-queries.ts';

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
 * How many rows that are not final yet may be left behind and checked again later. So an order that stays
 * open for weeks does not stop the reading of later rows. When there are more, the reading ends at the last
 * of them.
 */
const carriedMax = 10_000;

/** How far everything was checked, and the earlier rows that must be checked again. */
export type Progress = { upto: string; open: string[] };

/** `settledBefore`: an id below one that exists may still come from a process whose clock is behind. */
export type Reading = { from: Progress; settledBefore: string };

/** Looks at those left behind, then reads on from where the last verification had come. */
async function readOn(
  { report, breathe }: Hands,
  read: (page: PageOf) => Promise<Page>,
  { from, settledBefore }: Reading,
): Promise<Progress> {
  const open: string[] = [];
  const take = async (page: Page) => {
    for (const { id, environment, fault, more } of page.wrong) {
      report({ fault, environment, subject: id, detail: `${id}: ${more}` });
    }
    if (open.length <= carriedMax) open.push(...page.unsettled);
    await breathe(page.count);
  };
  for (let at = 0; at < from.open.length; at += pageMax) {
    await take(await read({ ids: from.open.slice(at, at + pageMax) }));
  }
  let upto = from.upto;
  for (let last = from.upto; ; ) {
    const page = await read({ after: last, limit: pageMax });
    await take(page);
    if (page.lastId !== null) upto = page.lastId;
    if (page.count < pageMax || page.lastId === null) break;
    last = page.lastId;
  }
  // The first that are too many, and all behind them, are read anew next time.
  const tooMany = open[carriedMax];
  const ends = [upto, settledBefore, ...(tooMany === undefined ? [] : [open[carriedMax - 1] as string])];
  const earliest = ends.reduce((least, end) => (end < least ? end : least));
  const reached = earliest > from.upto ? earliest : from.upto;
  return { upto: reached, open: open.filter((id) => id <= reached) };
}

export function checkPayments(hands: Hands, reading: Reading): Promise<Progress> {
  return readOn(hands, (page) => readPaymentsPage(hands.db, page), reading);
}

export function checkOrders(hands: Hands, reading: Reading): Promise<Progress> {
  return readOn(hands, (page) => readOrdersPage(hands.db, page), reading);
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
