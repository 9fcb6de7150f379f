// Opening accounts and reading them.

import { uuidv7 } from 'uuidv7';
import type { Database, DbOrTx } from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { type AccountKind, type SystemAccountKind, systemAccountKinds } from './account.ts';
import {
  type EntryCursor,
  type FeeAccounts,
  findAccount,
  findBalance,
  findFeeAccounts,
  insertAccount,
  type LedgerEntry,
  selectEntries,
} from './ledger-queries.ts';
import { waitForSettledJournal } from './verify/index.ts';

export type { FeeAccounts } from './ledger-queries.ts';

const entriesPageMax = 500;

/** Opens the account of this kind and owner, or finds it open already; returns its id. */
export async function openAccount(
  tx: DbOrTx,
  account: { environment: Environment; kind: AccountKind; owner: string; now: Date },
): Promise<string> {
  await insertAccount(tx, { id: uuidv7(), ...account });
  const opened = await findAccount(tx, account.environment, account.kind, account.owner);
  if (!opened)
    throw new Error(`account ${account.environment}/${account.kind}/${account.owner} was not opened`);
  return opened.id;
}

/** Opens those accounts that an environment has once and that are missing. */
export async function openSystemAccounts(tx: DbOrTx, environment: Environment, now: Date): Promise<void> {
  for (const kind of systemAccountKinds) await openAccount(tx, { environment, kind, owner: '', now });
}

/** The environment's account of this kind; it exists since the first site or wallet of the environment was made. */
export async function getSystemAccountId(
  db: DbOrTx,
  environment: Environment,
  kind: SystemAccountKind,
): Promise<string> {
  const account = await findAccount(db, environment, kind, '');
  if (!account) throw new Error(`the ${environment} ledger has no ${kind} account`);
  return account.id;
}

const feeAccounts = new WeakMap<Database, Map<Environment, FeeAccounts>>();

/**
 * The accounts that every payment's fee and VAT go to, for each environment that has them. They never change,
 * so they are read once for each open database. The caller passes `readAgain` when an environment may have
 * got its accounts since then.
 */
export async function getFeeAccounts(
  db: Database,
  { readAgain = false } = {},
): Promise<ReadonlyMap<Environment, FeeAccounts>> {
  let known = feeAccounts.get(db);
  if (!known || readAgain) {
    known = await findFeeAccounts(db);
    feeAccounts.set(db, known);
  }
  return known;
}

/** Credits minus debits, in dong. */
export async function readBalance(db: DbOrTx, accountId: string): Promise<bigint> {
  const balanceDong = await findBalance(db, accountId);
  if (balanceDong === null) throw new Error(`account ${accountId} does not exist`);
  return balanceDong;
}

/**
 * An account's journal lines in the order of the journal, at most 500 a page; `after` is the last line seen.
 * It waits for postings that are under way. After that no line with a lower number can appear, so a reader
 * who continues after the last line misses none.
 */
export async function listEntries(
  db: DbOrTx,
  accountId: string,
  page: { after?: EntryCursor; limit?: number } = {},
): Promise<LedgerEntry[]> {
  return selectEntries(db, accountId, {
    after: page.after ?? null,
    upto: await waitForSettledJournal(db),
    limit: Math.min(page.limit ?? entriesPageMax, entriesPageMax),
  });
}
