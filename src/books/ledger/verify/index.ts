export { checkEnvironments, checkKeptSums, compareBalances, hashKeptSums } from './compare-balances.ts';
export { type LedgerFault, type LedgerFaultName, ledgerFaults } from './fault.ts';
export {
  areSealsWhole,
  createJournalSealer,
  type JournalSealer,
  VerificationImpossible,
  waitForSettledJournal,
} from './seal-journal.ts';
export {
  createSumsAnew,
  dropSumsAnew,
  estimateRows,
  type JournalRows,
  whereRows,
} from './verify-queries.ts';
