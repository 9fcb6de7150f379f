// Which accounts each kind of transfer joins, and which transfer it must name: the table of movements as data. Pure.

import type { AccountKind } from './account.ts';
import type { TransferKind } from './transfer.ts';

export type TransferRule = {
  kind: TransferKind;
  debit: AccountKind;
  credit: AccountKind;
  /** The transfer is the second half, or the reversal, of one of these kinds. Empty: it stands alone. */
  linkedTo: readonly TransferKind[];
};

const merchant = ['merchant_suspense', 'merchant_collection'] as const;

function rule(
  kind: TransferKind,
  debits: readonly AccountKind[],
  credits: readonly AccountKind[],
  linkedTo: readonly TransferKind[] = [],
): TransferRule[] {
  return debits.flatMap((debit) => credits.map((credit) => ({ kind, debit, credit, linkedTo })));
}

/** An adjustment is not here: it joins what maker and checker decide, and always names the transfer that it adjusts. */
export const transferRules: readonly TransferRule[] = [
  ...rule('top_up', ['bank_guarantee'], ['wallet']),
  ...rule('withdrawal', ['wallet'], ['bank_clearing']),
  ...rule('withdrawal', ['bank_clearing'], ['bank_guarantee', 'wallet'], ['withdrawal']),
  ...rule('payment', ['wallet'], merchant),
  ...rule('refund', [...merchant, 'merchant_payable'], ['wallet'], ['payment']),
  ...rule('fee_return', ['fees', 'vat_payable'], [...merchant, 'merchant_payable'], ['payment', 'refund']),
  ...rule('sweep', ['bank_collection', 'bank_operating'], ['bank_guarantee']),
  ...rule('sweep', ['bank_guarantee'], ['bank_collection']),
  ...rule('collection_payout', ['merchant_collection'], ['bank_collection']),
  ...rule('session_net', ['merchant_suspense'], ['merchant_payable']),
  ...rule('settlement', ['merchant_payable'], ['bank_clearing']),
  ...rule('settlement', ['bank_clearing'], ['bank_guarantee', 'merchant_payable'], ['settlement']),
  ...rule('vat_payment', ['vat_payable'], ['bank_operating']),
  ...rule('unidentified_receipt', ['bank_guarantee'], ['unidentified_receipts']),
  ...rule(
    'unidentified_receipt',
    ['unidentified_receipts'],
    ['wallet', 'merchant_payable'],
    ['unidentified_receipt'],
  ),
];
