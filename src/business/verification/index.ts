export { exposeVerification } from './daily-verification.ts';
export { findLastOutcome } from './outcome.ts';
export type { VerificationPhase } from './pace.ts';
export { verificationJobs } from './verification-jobs.ts';
export { type Verification, type VerifyOptions, verifyLedger } from './verify-ledger.ts';
