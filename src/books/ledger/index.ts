export type {
  Account,
  AccountKind,
  SystemAccountKind,
} from './account.ts';
export {
  type FeeAccounts,
  getFeeAccounts,
  getSystemAccountId,
  listEntries,
  openAccount,
  openSystemAccounts,
  readBalance,
} from './accounts.ts';
export { type BooksFault, checkBooks } from './check-books.ts';
export { balanceColumns, type EntryCursor, type LedgerEntry } from './ledger-queries.ts';
export { type LedgerBatch, openPaymentBatch, postSealedTransfers, postTransfers } from './post-transfers.ts';
export type {
  Transfer,
  TransferKind,
  TransferRefusal,
  TransferResult,
} from './transfer.ts';
export {
  areSealsWhole,
  checkEnvironments,
  checkKeptSums,
  compareBalances,
  createJournalSealer,
  createSumsAnew,
  dropSumsAnew,
  estimateRows,
  hashKeptSums,
  type JournalRows,
  type JournalSealer,
  type LedgerFault,
  type LedgerFaultName,
  ledgerFaults,
  VerificationImpossible,
  whereRows,
} from './verify/index.ts';
