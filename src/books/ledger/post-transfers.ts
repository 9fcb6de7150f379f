// The only writer of balances: posts a batch of transfers inside the caller's transaction.

import type { RawBuilder } from 'kysely';
import type { Context } from '../../ground/context.ts';
import type { Tx } from '../../ground/database/index.ts';
import type { Account } from './account.ts';
import {
  type AccountIds,
  findTransfers,
  insertTransferSeals,
  insertTransfers,
  postingOf,
  readAccounts,
  tryInsertTransfers,
} from './ledger-queries.ts';
import { decideTransfer, type Transfer, type TransferResult } from './transfer.ts';
import { sealTransfer } from './transfer-seal.ts';

/** How often a batch is decided again when somebody else posts the same ids at the same moment. */
const triesMax = 5;

/**
 * Posts each transfer that may be made, in the order given, and refuses the others; a refusal refuses that
 * transfer, not the batch. The same id with the same content is answered as `repeated` and posted once.
 *
 * Payments are decided on accounts that are read without a lock. The statement that writes checks again that
 * the wallet has the money, that the accounts are open and that nobody has used the id. If one of these
 * fails, the whole batch is decided again with every account locked, in the order that every writer uses. A
 * batch with another kind of transfer locks its accounts from the start.
 */
export async function postTransfers(tx: Tx, transfers: Transfer[]): Promise<TransferResult[]> {
  for (let attempt = 1; ; attempt += 1) {
    const batch = await open(tx, transfers, attempt === 1 && areAllPayments(transfers) ? 'read' : 'locked');
    const results = transfers.map((transfer) => batch.decide(transfer));
    if (batch.posted.length === 0) return results;
    if (attempt === triesMax) {
      await insertTransfers(tx, batch.posted);
      return results;
    }
    if (await tryInsertTransfers(tx, batch.posted)) return results;
  }
}

/**
 * The same for transfers that no order explains. Each one that is posted gets the gateway's seal beside it,
 * in the same commit. Verification reports every such transfer without a seal, so it finds what somebody else
 * has posted.
 */
export async function postSealedTransfers(
  { keyRing }: Pick<Context, 'keyRing'>,
  tx: Tx,
  transfers: Transfer[],
): Promise<TransferResult[]> {
  const results = await postTransfers(tx, transfers);
  const posted = transfers.filter((_, at) => {
    const result = results[at];
    return result?.ok === true && !result.repeated;
  });
  const seals = posted.map((transfer) => ({
    transferId: transfer.id,
    seal: sealTransfer(keyRing, transfer),
  }));
  if (seals.length > 0) await insertTransferSeals(tx, seals);
  return results;
}

/** A batch whose accounts are read; between opening and writing only the caller's own rules run. */
export type LedgerBatch = {
  /** Posts the transfer or refuses it, after everything decided before in this batch. */
  decide(transfer: Transfer): TransferResult;
  /** The account after the decisions so far; undefined when it does not exist. */
  account(id: string): Readonly<Account> | undefined;
  /**
   * The SQL that writes the decisions, as a value of a select list; null when there is nothing to write. When
   * an account or an id has changed since it was read, PostgreSQL refuses it (40001, or 23505 for an id) and
   * the transaction is lost. The caller then decides again.
   */
  posting(): RawBuilder<unknown> | null;
};

/**
 * Opens a batch of payments over these accounts; only payments between them may be decided in it. It locks
 * nothing: see postTransfers. It does not check whether the ids are already used, because the caller knows
 * its payments. If an id is used after all, the statement that writes refuses it.
 */
export async function openPaymentBatch(tx: Tx, accounts: AccountIds): Promise<LedgerBatch> {
  return toBatch({ accounts: await readAccounts(tx, [], accounts), known: new Map() });
}

async function open(tx: Tx, candidates: Transfer[], way: 'read' | 'locked') {
  const touched = [...new Set(candidates.flatMap(touchedAccounts))];
  const ids = candidates.map((transfer) => transfer.id);
  return toBatch(
    await (way === 'locked' ? readBatch(tx, touched, [], ids) : readBatch(tx, [], touched, ids)),
  );
}

type Read = { accounts: Map<string, Account>; known: Map<string, Transfer> };

async function readBatch(tx: Tx, locked: string[], read: AccountIds, transferIds: string[]): Promise<Read> {
  // The second runs after the first, because statements of one connection keep their order. With locks,
  // another process that posted the same id held the same accounts, so it has committed by now.
  const [accounts, known] = await Promise.all([
    readAccounts(tx, locked, read),
    findTransfers(tx, transferIds),
  ]);
  return { accounts, known };
}

function toBatch({ accounts, known }: Read): LedgerBatch & { posted: Transfer[] } {
  const posted: Transfer[] = [];
  return {
    posted,
    account: (id) => accounts.get(id),
    decide(transfer) {
      const former = findFormer(known, transfer.id);
      if (former) {
        return sameContent(former, transfer)
          ? { ok: true, repeated: true }
          : { ok: false, refusal: 'transfer_id_reused' };
      }
      const refusal = decideTransfer(transfer, accounts);
      if (refusal !== null) return { ok: false, refusal };
      known.set(transfer.id, transfer);
      posted.push(transfer);
      return { ok: true, repeated: false };
    },
    posting: () => (posted.length > 0 ? postingOf(posted) : null),
  };
}

/**
 * Only a batch of payments may be decided without locks. A payment debits a wallet and only credits the
 * accounts that others share, and the writing statement locks them in that order. Any other batch first locks
 * all accounts it touches.
 */
function areAllPayments(transfers: Transfer[]): boolean {
  return transfers.every((transfer) => transfer.kind === 'payment');
}

function touchedAccounts({ debitAccountId, creditAccountId, fee }: Transfer): string[] {
  return fee === null
    ? [debitAccountId, creditAccountId]
    : [debitAccountId, creditAccountId, fee.feeAccountId, fee.vatAccountId];
}

/** The transfer that has used this id before, in the journal or in this batch. */
export function findFormer(known: ReadonlyMap<string, Transfer>, id: string): Transfer | undefined {
  return known.get(id);
}

/** Everything but the time: a caller that repeats itself does so later. */
function sameContent(former: Transfer, again: Transfer): boolean {
  const content = (transfer: Transfer) =>
    JSON.stringify([
      transfer.environment,
      transfer.kind,
      transfer.debitAccountId,
      transfer.creditAccountId,
      String(transfer.amountDong),
      String(transfer.fee?.feeDong ?? 0n),
      String(transfer.fee?.vatDong ?? 0n),
      transfer.linkedTransferId,
      transfer.reference,
    ]);
  return content(former) === content(again);
}
