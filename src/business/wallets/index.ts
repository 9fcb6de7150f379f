export { type CreateWalletError, createWallet, type NewWallet, topUpWallet } from './create-wallet.ts';
export {
  findExceededLimit,
  type LimitName,
  type LimitRefusal,
  type PaidTotals,
  totalsAt,
  type WalletTotals,
} from './limits.ts';
export { tellOfLocks, unlockWallet } from './pin-locks.ts';
export { type SignedIn, type SignInInput, type SignInRefusal, signIn } from './sign-in.ts';
export { trimPinCosts } from './sign-in-queries.ts';
export { checkNewPin, type PinFault, parsePhone, type Wallet, type WalletStatus } from './wallet.ts';
export { walletJobs } from './wallet-jobs.ts';
export { otpLockedText } from './wallet-messages.ts';
export {
  findWallet,
  findWalletByPhone,
  listWallets,
  paidTotalsColumns,
  readWalletTotals,
  walletColumns,
} from './wallet-queries.ts';
