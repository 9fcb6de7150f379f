// What a verification can find wrong, each by its name. Pure.

import type { Environment } from '../../../ground/terms.ts';

/** What is wrong, in a sentence; docs/operating/running.md says what to do about each. */
export const ledgerFaults = {
  environment_sum_not_zero: 'the balances of an environment do not sum to zero',
  guarantee_too_low: 'the guarantee does not cover the wallets',
  balance_differs_from_journal: 'a balance is not the sum of its journal lines',
  balance_on_wrong_side: 'a balance stands on the wrong side of zero',
  account_missing: 'a journal line names an account that does not exist',
  transfer_crosses_environments: 'a transfer touches an account of another environment',
  transfer_of_wrong_accounts:
    'a transfer joins accounts that its kind does not join, or takes a fee that is none',
  transfer_not_linked: 'a transfer does not name the one it belongs to',
  transfer_not_sealed: 'a transfer that no order explains was not posted by the gateway',
  transfer_without_paid_payment: 'a payment was posted that is not paid',
  payment_posted_twice: 'a payment was posted under a second id',
  payment_differs_from_transfer: 'a paid payment says something else than its transfer',
  paid_payment_without_transfer: 'a paid payment was never posted',
  payment_crosses_environments: 'a payment, its order and its wallet are of different environments',
  paid_payment_without_paid_order: 'a payment is paid and its order is not paid by it',
  paid_order_without_paid_payment: 'an order is paid and no payment has paid it',
  paid_order_without_notification: 'a paid order has no notification',
  wallet_total_differs: "a wallet's total of a day or month is not the sum of its paid payments",
  checkpoint_tampered: 'a checkpoint or the outcome of a verification is not as it was sealed',
  sealed_sums_tampered: 'the sums of the checkpoints are not as they were sealed',
  sealed_history_changed: 'journal rows are not what they were when they were sealed',
} as const;

export type LedgerFaultName = keyof typeof ledgerFaults;

export type LedgerFault = {
  fault: LedgerFaultName;
  /** null: the fault concerns both environments, or none. */
  environment: Environment | null;
  /** What it is about: the id of an account, transfer, payment, order or wallet, or the number of a checkpoint. */
  subject: string;
  detail: string;
};
