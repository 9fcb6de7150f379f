// Decides a batch of payments, one after another: money that one takes is gone for the next. Nothing is
// written here; the ledger's batch only calculates in memory.

import type { FeeAccounts, LedgerBatch, Transfer } from '../../books/ledger/index.ts';
import type { ResponseCode } from '../../ground/protocols/index.ts';
import type { Policies } from '../policies/index.ts';
import { totalsAt, type WalletTotals } from '../wallets/index.ts';
import { decidePayment } from './decide-payment.ts';
import { isSameHash } from './otp.ts';
import {
  assertMove,
  type ConfirmationClass,
  formatPaymentId,
  isFinalPayment,
  type RefusalDetail,
} from './payment.ts';
import type { DecidedPostings, PostingFacts } from './posting-queries.ts';

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
  /**
   * The order or this payment had ended before. `orderId` is set when the order's time is over and it is
   * still open.
   */
  | { outcome: 'too_late'; orderId?: string }
  /** Too many are waiting (75): nothing was done, try again. */
  | { outcome: 'busy' }
  /** The database did not answer what became of it (68): ask again. */
  | { outcome: 'unknown' }
  /** A fault of ours; nothing was posted. */
  | { outcome: 'failed' };

/** The facts that a batch is decided on, read under its locks. */
export type Loaded = {
  now: Date;
  /** The day of `now` in Vietnam. */
  day: string;
  facts: ReadonlyMap<string, PostingFacts>;
  policies: Policies;
  ledger: LedgerBatch;
  feeAccounts: ReadonlyMap<string, FeeAccounts>;
};

export type DecidedBatch = DecidedPostings & {
  /** One result for each request, in the same order. */
  results: PostingResult[];
};

/** The state of the batch after each decision. */
type Standing = Loaded &
  DecidedPostings & {
    results: Map<string, PostingResult>;
    paidOrders: Set<string>;
    /** A right code ends the lock that wrong codes set, also for the payments after it in this batch. */
    clearedWallets: Set<string>;
    totals: Map<string, WalletTotals>;
  };

/** A payment that breaks an invariant fails alone, before anything of it is noted; `onBroken` hears of it. */
export function decideBatch(
  requests: readonly PostingRequest[],
  loaded: Loaded,
  onBroken: (error: unknown, paymentId: string) => void,
): DecidedBatch {
  const standing: Standing = {
    ...loaded,
    paid: [],
    refused: [],
    results: new Map(),
    paidOrders: new Set(),
    clearedWallets: new Set(),
    totals: new Map(),
  };
  const results = requests.map((request): PostingResult => {
    try {
      return decideOne(standing, request);
    } catch (error) {
      onBroken(error, request.paymentId);
      return { outcome: 'failed' };
    }
  });
  return { results, paid: standing.paid, refused: standing.refused };
}

function decideOne(standing: Standing, request: PostingRequest): PostingResult {
  const facts = standing.facts.get(request.paymentId);
  if (!facts) throw new Error(`payment ${request.paymentId} does not exist`);
  const former = findFormerResult(standing, facts);
  if (former !== null) return former;
  const result = decideOpen(standing, facts, request);
  if (result.outcome === 'paid' || result.outcome === 'refused') {
    standing.results.set(facts.payment.id, result);
  }
  return result;
}

/**
 * The payment's result if an earlier batch or this one has already decided it; null while it is under way.
 */
export function findFormerResult(standing: Standing, { order, payment }: PostingFacts): PostingResult | null {
  const former = standing.results.get(payment.id);
  if (former?.outcome === 'paid' || payment.status === 'paid') return { outcome: 'paid', repeated: true };
  const isOver =
    former !== undefined ||
    isFinalPayment(payment.status) ||
    order.status !== 'open' ||
    standing.paidOrders.has(order.id);
  return isOver ? { outcome: 'too_late' } : null;
}

function decideOpen(standing: Standing, facts: PostingFacts, { confirmed }: PostingRequest): PostingResult {
  const { order, payment, wallet, paid, site, code } = facts;
  // A process whose clock is ahead of ours has begun this wallet's next day. Our clock will reach it in a
  // moment.
  if (paid.totalsDay !== null && paid.totalsDay > standing.day) return { outcome: 'busy' };
  const byCode = confirmed.confirmationClass === 'B';
  const totals = totalsSoFar(standing, facts);
  const account = standing.ledger.account(wallet.accountId);
  if (!account) throw new Error(`wallet ${wallet.id} has no account`);

  const decision = decidePayment({
    now: standing.now,
    order,
    site,
    wallet,
    totals,
    balanceDong: account.balanceDong,
    policies: standing.policies,
    ignoreOtpLock: byCode || standing.clearedWallets.has(wallet.id),
  });
  if (!decision.ok && decision.code === '11') return { outcome: 'too_late', orderId: order.id };
  if (!decision.ok) {
    assertMove(payment.status, 'refused');
    const { code: refusal, detail } = decision;
    standing.refused.push({ paymentId: payment.id, code: refusal, detail });
    return { outcome: 'refused', code: refusal, detail };
  }
  if (decision.confirmationClass === 'B' && !byCode)
    return { outcome: 'class_risen', confirmationClass: 'B' };
  if (byCode && !(code && isSameHash(code.codeHash, confirmed.codeHash))) return { outcome: 'code_replaced' };

  const posted = standing.ledger.decide(toTransfer(standing, facts));
  if (!posted.ok) throw new Error(`the ledger refused payment ${payment.id}: ${posted.refusal}`);
  // A transfer without its paid payment: the two are written in one commit, or not at all.
  if (posted.repeated) throw new Error(`payment ${payment.id} is posted and ${payment.status}`);
  assertMove(payment.status, 'paid');
  standing.paid.push({ facts, confirmationClass: confirmed.confirmationClass });
  standing.paidOrders.add(order.id);
  if (byCode) standing.clearedWallets.add(wallet.id);
  standing.totals.set(wallet.id, {
    dayDong: totals.dayDong + payment.amountDong,
    monthDong: totals.monthDong + payment.amountDong,
  });
  return { outcome: 'paid', repeated: false };
}

/** What the wallet has paid, including this batch's decisions so far. */
export function totalsSoFar(standing: Standing, { wallet, paid }: PostingFacts): WalletTotals {
  return standing.totals.get(wallet.id) ?? totalsAt(paid, standing.now);
}

function toTransfer({ feeAccounts, now }: Standing, { payment, wallet }: PostingFacts): Transfer {
  const accounts = feeAccounts.get(payment.environment);
  if (!accounts) throw new Error(`the ${payment.environment} ledger has no accounts for fees`);
  return {
    id: payment.id,
    environment: payment.environment,
    kind: 'payment',
    debitAccountId: wallet.accountId,
    creditAccountId: payment.creditAccountId,
    amountDong: payment.amountDong,
    fee: { ...accounts, feeDong: payment.feeDong, vatDong: payment.vatDong },
    linkedTransferId: null,
    reference: formatPaymentId(payment.id),
    happenedAt: now,
  };
}
