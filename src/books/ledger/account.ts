// What an account is and on which side of zero its balance may stand. Pure.

import type { Environment } from '../../ground/terms.ts';

/** Accounts of which an environment has exactly one; their owner is the empty text. */
export const systemAccountKinds = [
  'bank_guarantee',
  'bank_collection',
  'bank_operating',
  'bank_clearing',
  'unidentified_receipts',
  'vat_payable',
  'fees',
] as const;

/** Accounts of a wallet holder (owner: the wallet's id) or of a merchant site (owner: its code). */
export const ownedAccountKinds = [
  'wallet',
  'merchant_suspense',
  'merchant_collection',
  'merchant_payable',
] as const;

export type SystemAccountKind = (typeof systemAccountKinds)[number];
export type AccountKind = SystemAccountKind | (typeof ownedAccountKinds)[number];

export type Account = {
  id: string;
  environment: Environment;
  kind: AccountKind;
  owner: string;
  balanceDong: bigint;
  status: 'open' | 'closed';
};

/**
 * A balance is credits minus debits. What the gateway owes or has earned stays at or above zero, what it holds
 * at a bank at or below; money on its way through the bank (clearing) may stand on either side.
 * The constraint accounts_balance_on_its_side says the same in the database.
 */
export function balanceIsOnItsSide(kind: AccountKind, balanceDong: bigint): boolean {
  switch (kind) {
    case 'bank_guarantee':
    case 'bank_collection':
    case 'bank_operating':
      return balanceDong <= 0n;
    case 'bank_clearing':
      return true;
    default:
      return balanceDong >= 0n;
  }
}
