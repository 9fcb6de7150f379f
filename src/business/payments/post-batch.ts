// One batch of postings in one transaction: lock and read; decide each; write.

import { sql } from 'kysely';
import {
  type FeeAccounts,
  getFeeAccounts,
  type LedgerBatch,
  openPaymentBatch,
  type Transfer,
} from '../../books/ledger/index.ts';
import type { Context } from '../../ground/context.ts';
import {
  inPipelinedTransaction,
  saysRolledBack,
  type Tx,
  type Written,
} from '../../ground/database/index.ts';
import type { ResponseCode } from '../../ground/protocols/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { vietnamDay, vietnamMonth } from '../../ground/time/index.ts';
import { recordingNotifications, wakeDispatchersSoon } from '../notifications/index.ts';
import { type Policies, readPolicies } from '../policies/index.ts';
import type { WalletTotals } from '../wallets/index.ts';
import { decidePayment } from './decide-payment.ts';
import { isSameHash } from './otp.ts';
import {
  assertMove,
  type ConfirmationClass,
  formatPaymentId,
  isFinalPayment,
  type RefusalDetail,
} from './payment.ts';
import {
  accountsOfPayments,
  type DecidedPostings,
  lockPostings,
  type PostingFacts,
  type PostingPeriod,
  writePostings,
} from './posting-queries.ts';

export type PostingRequest = {
  paymentId: string;
  /** The class the buyer has met: A by PIN, B by the code whose hash was judged right. */
  confirmed: { confirmationClass: 'A' } | { confirmationClass: 'B'; codeHash: Buffer };
};

export type PostingResult =
  /** `repeated`: it was paid before, by this same payment. */
  | { outcome: 'paid'; repeated: boolean }
  /** This payment is refused; the order stays open. */
  | { outcome: 'refused'; code: ResponseCode; detail: RefusalDetail | null }
  /** The day's total has grown since: the buyer must confirm again, in the higher class. */
  | { outcome: 'class_risen'; confirmationClass: ConfirmationClass }
  /** A newer code was sent meanwhile. */
  | { outcome: 'code_replaced' }
  /** The order or this payment had its end before; `orderId` when the order's time is over and it is still open. */
  | { outcome: 'too_late'; orderId?: string }
  /** Too many are waiting (75): nothing was done, try again. */
  | { outcome: 'busy' }
  /** The database did not answer what became of it (68): ask again. */
  | { outcome: 'unknown' }
  /** A fault of ours; nothing was posted. */
  | { outcome: 'failed' };

/** The answer to COMMIT did not come: what was decided may be written or not. */
export class CommitUnanswered extends Error {
  constructor(cause: unknown) {
    super('commit_unanswered', { cause });
  }
}

/**
 * Nothing is wrong, but what was read does not do: midnight in Vietnam passed while the locks were waited for, so that
 * the totals are another day's, or an environment has got its fee accounts since this process read them.
 */
class DecideAgain extends Error {
  readonly readFeeAccounts: boolean;

  constructor({ readFeeAccounts = false } = {}) {
    super('decide_again');
    this.readFeeAccounts = readFeeAccounts;
  }
}

const triesMax = 3;

/** @throws CommitUnanswered; whatever else it throws, nothing was posted. */
export async function postBatch(
  context: Context,
  requests: PostingRequest[],
  signal?: AbortSignal,
): Promise<PostingResult[]> {
  await context.reach?.('posting.before_locks');
  let readAgain = false;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const feeAccounts = await getFeeAccounts(context.db, { readAgain });
      const work = (tx: Tx) => postInTransaction(context, tx, requests, feeAccounts);
      const results = await commit(context, work, signal);
      await context.reach?.('posting.after_commit');
      if (results.some((result) => result.outcome === 'paid')) wakeDispatchersSoon(context);
      return results;
    } catch (error) {
      if (!(error instanceof DecideAgain) || attempt === triesMax) throw error;
      readAgain = error.readFeeAccounts;
    }
  }
}

async function commit<T>(
  context: Context,
  work: (tx: Tx) => Promise<Written<T>>,
  signal?: AbortSignal,
): Promise<T> {
  let isSent = false;
  const noteSent = async (tx: Tx) => {
    const written = await work(tx);
    isSent = true;
    return written;
  };
  try {
    return await inPipelinedTransaction(context.db, noteSent, { signal });
  } catch (error) {
    throw isSent && !saysRolledBack(error) ? new CommitUnanswered(error) : error;
  }
}

async function postInTransaction(
  context: Context,
  tx: Tx,
  requests: PostingRequest[],
  feeAccounts: ReadonlyMap<Environment, FeeAccounts>,
): Promise<Written<PostingResult[]>> {
  const period = periodOf(context.clock.now());
  const paymentIds = [...new Set(requests.map((request) => request.paymentId))];
  // Sent behind one another: what the ledger reads, it reads after the locks were taken.
  const [facts, policies, ledger] = await Promise.all([
    lockPostings(tx, paymentIds, period),
    readPolicies(tx, context.clock.now()),
    openPaymentBatch(
      tx,
      sql`${accountsOfPayments(paymentIds)} || ${[...feeAccounts.values()].flatMap(Object.values)}`,
    ),
  ]);
  await context.reach?.('posting.locked');
  const now = context.clock.now();
  if (periodOf(now).day !== period.day) throw new DecideAgain();

  const transfers = new Map<string, Transfer>();
  for (const fact of facts.values()) {
    const fees = feeAccounts.get(fact.environment);
    if (!fees) throw new DecideAgain({ readFeeAccounts: true });
    transfers.set(fact.paymentId, toTransfer(fact, fees, now));
  }

  const batch = new Decisions(facts, transfers, ledger, policies, now);
  const results = requests.map((request) => decideAlone(context, batch, request));
  await context.reach?.('posting.decided');

  // From here only infrastructure can fail. What is written leaves as one statement, the commit behind it; only a
  // test that wants to stand between the two waits.
  const { paid, refused } = batch.decided;
  if (paid.length === 0 && refused.length === 0) return { result: results, writes: [] };
  const due = paid.map(({ facts: { orderId, merchantSite, environment } }) => ({
    orderId,
    merchantSite,
    environment,
    now,
  }));
  // The ledger last, so that the accounts every payment of a merchant shares are held for a moment only.
  const withIt = [recordingNotifications(due), ledger.posting()];
  const written = writePostings(tx, batch.decided, { period, now, withIt });
  written.catch(() => undefined);
  if (context.reach) await written.then(() => context.reach?.('posting.in_transaction'));
  return { result: results, writes: [written] };
}

/** A payment that breaks an invariant throws before anything of it is noted: the others do not suffer for it. */
function decideAlone(context: Context, batch: Decisions, request: PostingRequest): PostingResult {
  try {
    return batch.decide(request);
  } catch (err) {
    context.log.error({ err, paymentId: request.paymentId }, 'a posting broke an invariant');
    return { outcome: 'failed' };
  }
}

function periodOf(now: Date): PostingPeriod {
  return { day: vietnamDay(now), month: vietnamMonth(now) };
}

function toTransfer(facts: PostingFacts, accounts: FeeAccounts, now: Date): Transfer {
  return {
    id: facts.paymentId,
    environment: facts.environment,
    kind: 'payment',
    debitAccountId: facts.walletAccountId,
    creditAccountId: facts.creditAccountId,
    amountDong: facts.amountDong,
    fee: { ...accounts, feeDong: facts.feeDong, vatDong: facts.vatDong },
    linkedTransferId: null,
    reference: formatPaymentId(facts.paymentId),
    happenedAt: now,
  };
}

/** The batch as it stands after each decision: what one payment takes, the next cannot. */
class Decisions {
  readonly decided: DecidedPostings = { paid: [], refused: [] };
  readonly #results = new Map<string, PostingResult>();
  readonly #paidOrders = new Set<string>();
  /** A right code ends the lock that wrong ones set, for whatever comes after it too. */
  readonly #clearedWallets = new Set<string>();
  readonly #totals = new Map<string, WalletTotals>();
  readonly #facts: Map<string, PostingFacts>;
  readonly #transfers: Map<string, Transfer>;
  readonly #ledger: LedgerBatch;
  readonly #policies: Policies;
  readonly #now: Date;
  readonly #day: string;

  constructor(
    facts: Map<string, PostingFacts>,
    transfers: Map<string, Transfer>,
    ledger: LedgerBatch,
    policies: Policies,
    now: Date,
  ) {
    this.#facts = facts;
    this.#transfers = transfers;
    this.#ledger = ledger;
    this.#policies = policies;
    this.#now = now;
    this.#day = vietnamDay(now);
  }

  decide(request: PostingRequest): PostingResult {
    const facts = this.#facts.get(request.paymentId);
    const transfer = this.#transfers.get(request.paymentId);
    if (!facts || !transfer) throw new Error(`payment ${request.paymentId} does not exist`);
    const former = this.#results.get(facts.paymentId);
    if (former?.outcome === 'paid') return { outcome: 'paid', repeated: true };
    if (former?.outcome === 'refused') return { outcome: 'too_late' };
    if (facts.paymentStatus === 'paid') return { outcome: 'paid', repeated: true };
    const orderIsOver = facts.orderStatus !== 'open' || this.#paidOrders.has(facts.orderId);
    if (isFinalPayment(facts.paymentStatus) || orderIsOver) return { outcome: 'too_late' };

    const result = this.#decideOpen(facts, transfer, request);
    if (result.outcome === 'paid' || result.outcome === 'refused') this.#results.set(facts.paymentId, result);
    return result;
  }

  #decideOpen(facts: PostingFacts, transfer: Transfer, { confirmed }: PostingRequest): PostingResult {
    // Somebody whose clock is ahead of ours has begun this wallet's next day: ours will be there in a moment.
    if (facts.totalsDay !== null && facts.totalsDay > this.#day) return { outcome: 'busy' };
    const byCode = confirmed.confirmationClass === 'B';
    const totals = this.#totals.get(facts.walletId) ?? { dayDong: facts.dayDong, monthDong: facts.monthDong };
    const account = this.#ledger.account(facts.walletAccountId);
    if (!account) throw new Error(`wallet ${facts.walletId} has no account`);
    const decision = decidePayment({
      now: this.#now,
      order: {
        status: facts.orderStatus,
        responseCode: facts.orderResponseCode,
        expiresAt: facts.orderExpiresAt,
        amountDong: facts.amountDong,
      },
      site: { active: facts.siteActive, amountMinDong: facts.siteMinDong, amountMaxDong: facts.siteMaxDong },
      wallet: { ...facts, status: facts.walletStatus },
      totals,
      balanceDong: account.balanceDong,
      policies: this.#policies,
      ignoreOtpLock: byCode || this.#clearedWallets.has(facts.walletId),
    });
    if (!decision.ok && decision.code === '11') return { outcome: 'too_late', orderId: facts.orderId };
    if (!decision.ok) return this.#refuse(facts, decision.code, decision.detail);
    if (decision.confirmationClass === 'B' && !byCode) {
      return { outcome: 'class_risen', confirmationClass: 'B' };
    }
    if (byCode && !(facts.codeHash && isSameHash(facts.codeHash, confirmed.codeHash))) {
      return { outcome: 'code_replaced' };
    }

    const posted = this.#ledger.decide(transfer);
    if (!posted.ok) throw new Error(`the ledger refused payment ${facts.paymentId}: ${posted.refusal}`);
    // A transfer without its paid payment: the two are written in one commit, or not at all.
    if (posted.repeated) throw new Error(`payment ${facts.paymentId} is posted and ${facts.paymentStatus}`);
    assertMove(facts.paymentStatus, 'paid');
    this.decided.paid.push({ facts, confirmationClass: confirmed.confirmationClass });
    this.#paidOrders.add(facts.orderId);
    if (byCode) this.#clearedWallets.add(facts.walletId);
    this.#totals.set(facts.walletId, {
      dayDong: totals.dayDong + facts.amountDong,
      monthDong: totals.monthDong + facts.amountDong,
    });
    return { outcome: 'paid', repeated: false };
  }

  #refuse(facts: PostingFacts, code: ResponseCode, detail: RefusalDetail | null): PostingResult {
    assertMove(facts.paymentStatus, 'refused');
    this.decided.refused.push({ paymentId: facts.paymentId, code, detail });
    return { outcome: 'refused', code, detail };
  }
}
