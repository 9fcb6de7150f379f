export { exposeVerification, runVerification } from './daily-verification.ts';
export type { VerificationPhase } from './pace.ts';
export { type Verification, type VerifyOptions, verifyLedger } from './verify-ledger.ts';
