// Are the books right? Every balance against its journal, the sum of each environment, the guarantee's coverage.

import type { DbOrTx } from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { selectBooks } from './ledger-queries.ts';

export type BooksFault = {
  environment: Environment;
  fault: 'sum_not_zero' | 'balance_differs_from_journal' | 'guarantee_too_low';
  detail: string;
};

/** Reads the whole ledger in one statement; empty means that the books are right. */
export async function checkBooks(db: DbOrTx): Promise<BooksFault[]> {
  const faults: BooksFault[] = [];
  for (const { environment, sumDong, wrong, uncovered } of await selectBooks(db)) {
    if (sumDong !== 0n)
      faults.push({ environment, fault: 'sum_not_zero', detail: `the balances sum to ${sumDong} dong` });
    if (wrong !== 0n) {
      faults.push({
        environment,
        fault: 'balance_differs_from_journal',
        detail: `${wrong} accounts differ from their journal`,
      });
    }
    if (uncovered !== 0n) {
      faults.push({
        environment,
        fault: 'guarantee_too_low',
        detail: `wallets exceed the guarantee by ${uncovered} dong`,
      });
    }
  }
  return faults;
}
