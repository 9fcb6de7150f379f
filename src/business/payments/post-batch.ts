// A payment's way to the money, on one page: lock, load, decide, write, commit. Many payments go it together.

import { sql } from 'kysely';
import { type FeeAccounts, getFeeAccounts, openPaymentBatch } from '../../books/ledger/index.ts';
import type { Context } from '../../ground/context.ts';
import {
  inPipelinedTransaction,
  saysRolledBack,
  type Tx,
  type Written,
} from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { vietnamDay, vietnamMonth } from '../../ground/time/index.ts';
import { recordingNotifications, wakeDispatchersSoon } from '../notifications/index.ts';
import { readRules } from '../policies/index.ts';
import { decideBatch, type PostingRequest, type PostingResult } from './decide-batch.ts';
import { accountsOfPayments, lockPostings, readPostings, writePostings } from './posting-queries.ts';

/** The answer to COMMIT did not come: what was decided may be written or not. */
export class CommitUnanswered extends Error {
  constructor(cause: unknown) {
    super('commit_unanswered', { cause });
  }
}

/** An environment has got its fee accounts since this process read them: read them again, and decide again. */
export class FeeAccountsOutdated extends Error {
  constructor() {
    super('fee_accounts_outdated');
  }
}

/**
 * One batch in one transaction of two round trips. Each request gets its own result, in its place. @throws
 * CommitUnanswered; after any other error nothing was posted.
 */
export async function postBatch(
  context: Context,
  requests: PostingRequest[],
  { signal, readFeeAccountsAgain }: { signal: AbortSignal; readFeeAccountsAgain: boolean },
): Promise<PostingResult[]> {
  await context.reach?.('posting.before_locks');
  const feeAccounts = await getFeeAccounts(context.db, { readAgain: readFeeAccountsAgain });
  let isCommitting = false;
  const work = async (tx: Tx) => {
    const written = await postIn(tx, context, requests, feeAccounts);
    isCommitting = true;
    return written;
  };
  const posted = await inPipelinedTransaction(context.db, work, { signal }).catch((error: unknown) => {
    throw isCommitting && !saysRolledBack(error) ? new CommitUnanswered(error) : error;
  });
  await context.reach?.('posting.after_commit');
  const { results, paidSites } = posted;
  if (results.some((result) => result.outcome === 'paid')) {
    // A payment that was found paid comes from a commit whose answer was lost: its site is not among these.
    const isRepeated = results.some((result) => result.outcome === 'paid' && result.repeated);
    wakeDispatchersSoon(context, isRepeated ? undefined : paidSites);
  }
  return results;
}

/** `paidSites`: the sites of the orders paid by this batch. */
type Posted = { results: PostingResult[]; paidSites: string[] };

async function postIn(
  tx: Tx,
  context: Context,
  requests: PostingRequest[],
  feeAccounts: ReadonlyMap<Environment, FeeAccounts>,
): Promise<Written<Posted>> {
  // Lock and load. The statements are sent one behind another. Each reads rows that the locks before it
  // protect from change.
  const paymentIds = [...new Set(requests.map((request) => request.paymentId))];
  const accountIds = sql<
    string[]
  >`${accountsOfPayments(paymentIds)} || ${[...feeAccounts.values()].flatMap(Object.values)}`;
  const [, facts, rules, ledger] = await Promise.all([
    lockPostings(tx, paymentIds),
    readPostings(tx, paymentIds),
    readRules(tx),
    openPaymentBatch(tx, accountIds),
  ]);
  await context.reach?.('posting.locked');
  for (const { payment } of facts.values()) {
    if (!feeAccounts.has(payment.environment)) throw new FeeAccountsOutdated();
  }

  // Decide. By the clock of this moment: midnight may have passed while the locks were waited for.
  const now = context.clock.now();
  const period = { day: vietnamDay(now), month: vietnamMonth(now) };
  const loaded = { now, day: period.day, facts, policies: rules(now), ledger, feeAccounts };
  const decided = decideBatch(requests, loaded, (err, paymentId) =>
    context.log.error({ err, paymentId }, 'a posting broke an invariant'),
  );
  await context.reach?.('posting.decided');
  const { results, paid, refused } = decided;
  if (paid.length === 0 && refused.length === 0) return { result: { results, paidSites: [] }, writes: [] };

  // Write. From here only infrastructure can fail. One statement, the commit behind it; the ledger last, so that the
  // accounts that all payments of a merchant share are held for a moment only.
  const owed = paid.map(({ facts: { order, payment } }) => ({
    orderId: order.id,
    merchantSite: order.merchantSite,
    environment: payment.environment,
    now,
  }));
  const withIt = [recordingNotifications(owed), ledger.posting()];
  const written = writePostings(tx, decided, { period, now, withIt });
  written.catch(() => undefined);
  // A test may wait here, between writing and committing. Nothing else does.
  if (context.reach) await written.then(() => context.reach?.('posting.in_transaction'));
  return { result: { results, paidSites: owed.map((each) => each.merchantSite) }, writes: [written] };
}
