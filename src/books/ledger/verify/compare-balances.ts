// Every balance against the journal, account by account in pages; the sums of the environments; the kept sums
// against their seal.

import { createHash } from 'node:crypto';
import type { DbOrTx } from '../../../ground/database/index.ts';
import type { LedgerFault } from './fault.ts';
import type { JournalSealer } from './seal-journal.ts';
import {
  compareAccounts,
  hashSums,
  listDifferingSums,
  type SumsTable,
  selectEnvironmentSums,
} from './verify-queries.ts';

const accountsPageMax = 5_000;
const zeroId = '00000000-0000-0000-0000-000000000000';

type Hands = {
  db: DbOrTx;
  report: (fault: LedgerFault) => void;
  breathe: (rowCount: number) => Promise<void>;
};

/**
 * Between two pages more of the journal is sealed, so that a page has few lines to add to the sums. Returns
 * the accounts.
 */
export async function compareBalances(hands: Hands, sealer: JournalSealer, sums: SumsTable): Promise<number> {
  let read = 0;
  for (let after = zeroId; ; ) {
    await sealer.sealFull();
    const page = await compareAccounts(hands.db, {
      sums,
      sealedUpto: sealer.readUpto,
      after,
      limit: accountsPageMax,
    });
    for (const account of page.wrong) {
      const { id, environment, kind, owner, balanceDong, journalDong, onItsSide } = account;
      const named = `account ${id} (${kind}${owner === '' ? '' : ` of ${owner}`})`;
      if (balanceDong !== journalDong) {
        hands.report({
          fault: 'balance_differs_from_journal',
          environment,
          subject: id,
          detail: `${named}: balance ${balanceDong}, journal ${journalDong}`,
        });
      }
      if (!onItsSide) {
        const detail = `${named}: balance ${balanceDong}`;
        hands.report({ fault: 'balance_on_wrong_side', environment, subject: id, detail });
      }
    }
    read += page.count;
    await hands.breathe(page.count);
    if (page.count < accountsPageMax || page.lastId === null) return read;
    after = page.lastId;
  }
}

export async function checkEnvironments({ db, report }: Pick<Hands, 'db' | 'report'>): Promise<void> {
  for (const { environment, sumDong, uncoveredDong } of await selectEnvironmentSums(db)) {
    const subject = environment;
    if (sumDong !== '0') {
      const detail = `the ${environment} balances sum to ${sumDong} dong`;
      report({ fault: 'environment_sum_not_zero', environment, subject, detail });
    }
    if (uncoveredDong !== '0') {
      const detail = `the ${environment} wallets exceed the guarantee by ${uncoveredDong} dong`;
      report({ fault: 'guarantee_too_low', environment, subject, detail });
    }
  }
}

/** SHA-256 over the kept sums as they stand; sums without an account are reported. */
export async function hashKeptSums({ db, report, breathe }: Hands): Promise<Buffer> {
  const whole = createHash('sha256');
  for (let after = zeroId; ; ) {
    const page = await hashSums(db, after, accountsPageMax);
    whole.update(page.sumsHash);
    for (const id of page.unknown) {
      const detail = `the journal has lines of account ${id}, which does not exist`;
      report({ fault: 'account_missing', environment: null, subject: id, detail });
    }
    if (page.lastId === null) return whole.digest();
    await breathe(0);
    after = page.lastId;
  }
}

/** After a full reading: the kept sums against those added up anew. */
export async function checkKeptSums({ db, report, breathe }: Hands): Promise<void> {
  for (let after = zeroId; ; ) {
    const page = await listDifferingSums(db, after, accountsPageMax);
    for (const id of page.wrong) {
      const detail = `the sum kept for account ${id} is not that of its sealed journal lines`;
      report({ fault: 'sealed_sums_tampered', environment: null, subject: id, detail });
    }
    if (page.count < accountsPageMax || page.lastId === null) return;
    await breathe(0);
    after = page.lastId;
  }
}
