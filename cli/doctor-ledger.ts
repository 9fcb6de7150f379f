// What `vipay doctor` says of the books: the sums of the balances, and the outcome of the last verification.
// It takes seconds even when the journal is long. `vipay ledger verify` checks every balance against its
// journal.

import { sql } from 'kysely';
import { checkEnvironments, type LedgerFault, ledgerFaults } from '../src/books/ledger/index.ts';
import { findLastOutcome } from '../src/business/verification/index.ts';
import type { Config } from '../src/config.ts';
import { classifyFault, type Database } from '../src/ground/database/index.ts';
import { parseKeyRing } from '../src/ground/secrets/index.ts';
import { openKeyRing } from '../src/open-key-ring.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { moment } from './print.ts';

/** One nightly verification may be missed. */
const verifiedWithinMs = 30 * 60 * 60_000;
const sumsWithinMs = 5_000;
const stop = 'Stop taking payments and find out why before anything else.';

export async function checkLedger(config: Config, db: Database): Promise<Finding[]> {
  return [await checkSums(db), await checkLastVerification(config, db)];
}

async function checkSums(db: Database): Promise<Finding> {
  try {
    const faults = await sumBalances(db);
    return faults.length === 0
      ? ok('books', 'The balances of each environment sum to zero, and wallets are covered.')
      : fail('books', `${faults.map(({ detail }) => detail).join('; ')}.`, stop);
  } catch (error) {
    if (classifyFault(error) !== 'timed_out') throw error;
    return warn(
      'books',
      `The balances were not summed within ${sumsWithinMs / 1000} seconds.`,
      'Try again when the database is less busy, or run "npx vipay ledger verify".',
    );
  }
}

async function sumBalances(db: Database): Promise<LedgerFault[]> {
  const faults: LedgerFault[] = [];
  await db.transaction().execute(async (tx) => {
    await sql`select set_config('statement_timeout', ${String(sumsWithinMs)}, true)`.execute(tx);
    await checkEnvironments({ db: tx, report: (fault) => faults.push(fault) });
  });
  return faults;
}

async function checkLastVerification(config: Config, db: Database): Promise<Finding> {
  const advice = 'Run "npx vipay ledger verify"; a gateway with VIPAY_ROLE work or both does it every night.';
  const keyRing = await openKeyRing(config, db, { mayMake: false }).then(parseKeyRing, () => null);
  if (keyRing === null) {
    return warn('verification', 'The last outcome is not read without the key ring.', 'See the line "keys".');
  }
  const last = await findLastOutcome({ keyRing }, db);
  if (last === null) {
    return ok('verification', 'None yet: "npx vipay ledger verify" holds every balance against its journal.');
  }
  const { endedAt, faultCount, faults } = last.outcome;
  if (!last.genuine) {
    return fail(
      'verification',
      'The outcome of the last one is not as it was sealed, or its key is no longer on the ring.',
      'Run "npx vipay ledger verify --full".',
    );
  }
  if (faultCount > 0n) {
    const names = [...new Set(faults.map(({ fault }) => ledgerFaults[fault]))];
    return fail('verification', `${faultCount} faults at ${moment(endedAt)}: ${names.join('; ')}.`, stop);
  }
  const found = `The books were right at ${moment(endedAt)}.`;
  return Date.now() - endedAt.getTime() > verifiedWithinMs
    ? warn('verification', found, advice)
    : ok('verification', found);
}
