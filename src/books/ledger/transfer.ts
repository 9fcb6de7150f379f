// A movement between accounts, and the decision whether it may be made. Pure.

import { amountDongMax } from '../../ground/money/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { type Account, balanceIsOnItsSide } from './account.ts';

export type TransferKind =
  | 'top_up'
  | 'withdrawal'
  | 'payment'
  | 'refund'
  | 'fee_return'
  | 'sweep'
  | 'collection_payout'
  | 'session_net'
  | 'settlement'
  | 'vat_payment'
  | 'unidentified_receipt'
  | 'adjustment';

export type Transfer = {
  /** Made by the caller (uuidv7): the idempotency key of the movement. */
  id: string;
  environment: Environment;
  kind: TransferKind;
  debitAccountId: string;
  creditAccountId: string;
  amountDong: bigint;
  /** A payment's fee and VAT, both taken from the credited account in the same row. */
  fee: { feeAccountId: string; feeDong: bigint; vatAccountId: string; vatDong: bigint } | null;
  linkedTransferId: string | null;
  /** What moved the money, as a public id (pay_…) or an operator's words. */
  reference: string;
  happenedAt: Date;
};

/** In the order of the checks; the first refusal that applies is the answer. */
export const transferRefusals = [
  'transfer_id_reused',
  'amount_not_positive',
  'amount_above_maximum',
  'accounts_are_the_same',
  'fee_above_amount',
  'account_not_found',
  'account_in_other_environment',
  'account_closed',
  'balance_insufficient',
] as const;

export type TransferRefusal = (typeof transferRefusals)[number];

/** `repeated`: this very transfer was posted before; nothing was written again. */
export type TransferResult = { ok: true; repeated: boolean } | { ok: false; refusal: TransferRefusal };

/** One balance change of a transfer; a transfer's changes sum to zero. */
export type BalanceChange = { accountId: string; changeDong: bigint };

/** The changes of a transfer, in the order of the view ledger_entries; asserts that they balance. */
export function balanceChanges(transfer: Transfer): BalanceChange[] {
  const changes: BalanceChange[] = [
    { accountId: transfer.debitAccountId, changeDong: -transfer.amountDong },
    { accountId: transfer.creditAccountId, changeDong: transfer.amountDong },
  ];
  if (transfer.fee !== null) {
    const { feeAccountId, feeDong, vatAccountId, vatDong } = transfer.fee;
    changes.push(
      { accountId: transfer.creditAccountId, changeDong: -(feeDong + vatDong) },
      { accountId: feeAccountId, changeDong: feeDong },
      { accountId: vatAccountId, changeDong: vatDong },
    );
  }
  const sumDong = changes.reduce((sum, change) => sum + change.changeDong, 0n);
  if (sumDong !== 0n) throw new Error(`transfer ${transfer.id} does not balance: ${sumDong}`);
  return changes;
}

/**
 * Decides one transfer against accounts whose `balanceDong` already includes the transfers decided before it
 * in the same batch. Returns the refusal, or null and applies the changes to `accounts`.
 */
export function decideTransfer(transfer: Transfer, accounts: Map<string, Account>): TransferRefusal | null {
  const feeDong = transfer.fee?.feeDong ?? 0n;
  const vatDong = transfer.fee?.vatDong ?? 0n;
  if (transfer.amountDong <= 0n) return 'amount_not_positive';
  if (transfer.amountDong > amountDongMax) return 'amount_above_maximum';
  if (transfer.debitAccountId === transfer.creditAccountId) return 'accounts_are_the_same';
  if (feeDong < 0n || vatDong < 0n || feeDong + vatDong > transfer.amountDong) return 'fee_above_amount';

  const changes = balanceChanges(transfer);
  const touched = changes.map((change) => accounts.get(change.accountId));
  if (touched.includes(undefined)) return 'account_not_found';
  if (touched.some((account) => account?.environment !== transfer.environment))
    return 'account_in_other_environment';
  if (touched.some((account) => account?.status !== 'open')) return 'account_closed';

  const balances = new Map<Account, bigint>();
  for (const [index, { changeDong }] of changes.entries()) {
    const account = touched[index] as Account;
    balances.set(account, (balances.get(account) ?? account.balanceDong) + changeDong);
  }
  for (const [account, balanceDong] of balances) {
    if (!balanceIsOnItsSide(account.kind, balanceDong)) return 'balance_insufficient';
  }
  for (const [account, balanceDong] of balances) account.balanceDong = balanceDong;
  return null;
}
