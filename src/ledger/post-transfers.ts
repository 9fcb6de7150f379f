// The only writer of balances: posts a batch of transfers inside the caller's transaction.

import type { Tx } from '../database/index.ts';
import type { Account } from './account.ts';
import { findTransfers, insertTransfers, lockAccounts, tryInsertTransfers } from './ledger-queries.ts';
import { balanceChanges, decideTransfer, type Transfer, type TransferResult } from './transfer.ts';

/** So often is a batch decided again, when the same ids are being posted by somebody else at the same moment. */
const triesMax = 5;

/**
 * Posts each transfer that may be made, in the order given, and refuses the others; a refusal refuses that
 * transfer, not the batch. The same id with the same content is answered as `repeated` and posted once.
 * The accounts are locked in the order everybody takes. What could not be locked before it was decided (an account
 * that is only credited, an id nobody has used) may have changed when it is written: then all is decided again, with
 * every account locked.
 */
export async function postTransfers(tx: Tx, transfers: Transfer[]): Promise<TransferResult[]> {
  for (let attempt = 1; ; attempt += 1) {
    const batch = await open(tx, transfers, attempt === 1 ? sortAccounts(transfers) : allAtOnce(transfers));
    const results = transfers.map((transfer) => batch.decide(transfer));
    if (batch.posted.length === 0) return results;
    if (attempt === triesMax) {
      await batch.write();
      return results;
    }
    if (await tryInsertTransfers(tx, batch.posted)) return results;
  }
}

/** A batch whose accounts are locked and read; between opening and writing only the caller's own rules run. */
export type LedgerBatch = {
  /** Posts the transfer or refuses it, after everything decided before in this batch. */
  decide(transfer: Transfer): TransferResult;
  /** The account as it stands after what was decided so far; undefined when there is none. */
  account(id: string): Readonly<Account> | undefined;
  /**
   * Writes what was decided. It throws, and the transaction is lost, when an account that is only credited was
   * closed since it was read, or an id was posted meanwhile by somebody with other accounts: decide again then.
   */
  write(): Promise<void>;
};

/** Opens a batch over all accounts that `candidates` touch; only these may be decided in it. */
export async function openBatch(tx: Tx, candidates: Transfer[]): Promise<LedgerBatch> {
  return open(tx, candidates, sortAccounts(candidates));
}

type Sorted = { locked: string[]; late: string[] };

async function open(
  tx: Tx,
  candidates: Transfer[],
  { locked, late }: Sorted,
): Promise<LedgerBatch & { posted: Transfer[] }> {
  const ids = candidates.map((transfer) => transfer.id);
  // The second runs after the first (statements of one connection keep their order): whoever posted the same id
  // held the same wallet, and has committed by now.
  const [accounts, known] = await Promise.all([lockAccounts(tx, locked, late), findTransfers(tx, ids)]);
  const posted: Transfer[] = [];
  return {
    posted,
    account: (id) => accounts.get(id),
    decide(transfer) {
      const former = known.get(transfer.id);
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
    async write() {
      if (posted.length > 0) await insertTransfers(tx, posted);
    },
  };
}

/**
 * In a batch of payments the merchant, fee and VAT accounts are only credited (a fee never exceeds its amount), so
 * their balance cannot stand in its way and they are locked as the last act of the batch. As soon as anything else
 * is in the batch everything is locked at once: a lock held early and another taken late would be two orders.
 */
function sortAccounts(transfers: Transfer[]): Sorted {
  if (transfers.some((transfer) => transfer.kind !== 'payment')) return allAtOnce(transfers);
  const locked = new Set(transfers.map((transfer) => transfer.debitAccountId));
  const late = allAtOnce(transfers).locked.filter((id) => !locked.has(id));
  return { locked: [...locked], late };
}

function allAtOnce(transfers: Transfer[]): Sorted {
  const touched = transfers.flatMap((transfer) => balanceChanges(transfer).map((change) => change.accountId));
  return { locked: [...new Set(touched)], late: [] };
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
