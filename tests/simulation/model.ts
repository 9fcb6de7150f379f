// The money in memory: what the gateway's database should say, kept by plain rules that share no code with it.

import type { MerchantSite } from '../../src/business/merchants/index.ts';
import type { WalletStatus } from '../../src/business/wallets/index.ts';

export type ModelWallet = {
  id: string;
  phone: string;
  accountId: string;
  status: WalletStatus;
  /** The ledger account under it; closed, nothing of the wallet can be posted. */
  accountOpen: boolean;
  /** The holder's limits and the policy's, whichever is lower. */
  limits: { perPaymentDong: bigint; dailyDong: bigint; monthlyDong: bigint };
  balanceDong: bigint;
  /** What it paid, by day ('2026-11-23') and month ('2026-11') in Vietnam. */
  paidDong: Map<string, bigint>;
  otpFailures: number;
  otpLockedUntilMs: number | null;
};

export type ModelSite = { site: MerchantSite; active: boolean; earnedDong: bigint };

export type ModelOrder = {
  id: string;
  merchTxnRef: string;
  site: ModelSite;
  amountDong: bigint;
  status: 'open' | 'paid' | 'failed' | 'cancelled' | 'expired';
  code: string | null;
  expiresAtMs: number;
  payments: ModelPayment[];
};

export type ModelPayment = {
  id: string;
  order: ModelOrder;
  wallet: ModelWallet;
  status: 'started' | 'confirming' | 'paid' | 'refused' | 'cancelled' | 'expired';
  refusalCode: string | null;
  finalAtMs: number | null;
  confirmation: { sentAtMs: number; validUntilMs: number; resends: number } | null;
  /** A code that a resend replaced. */
  oldCode: string | null;
};

export type Model = {
  nowMs: number;
  wallets: ModelWallet[];
  sites: ModelSite[];
  /** By the number a step calls them; an order or payment that was refused at the door is not there. */
  orders: Map<number, ModelOrder>;
  payments: Map<number, ModelPayment>;
  topUps: Map<number, { transferId: string; wallet: ModelWallet; amountDong: bigint }>;
  guaranteeDong: bigint;
  feesDong: bigint;
  vatDong: bigint;
  accounts: { guarantee: string; fees: string; vat: string };
};

export const day = (ms: number) => new Date(ms + 7 * 3_600_000).toISOString().slice(0, 10);
export const month = (ms: number) => day(ms).slice(0, 7);
export const paidIn = (wallet: ModelWallet, period: string) => wallet.paidDong.get(period) ?? 0n;

const isLive = (payment: ModelPayment) => payment.status === 'started' || payment.status === 'confirming';

/** Rounded half up to the dong. */
function portion(amountDong: bigint, ppm: bigint): bigint {
  return (2n * amountDong * ppm + 1_000_000n) / 2_000_000n;
}

/** The simulated sites have a rate, a fixed part and VAT; no least and no greatest fee. */
export function feeOf({ site }: ModelSite, amountDong: bigint): { feeDong: bigint; vatDong: bigint } {
  const feeDong = portion(amountDong, site.fee.ratePpm) + site.fee.fixedDong;
  return { feeDong, vatDong: portion(feeDong, site.fee.vatRatePpm) };
}

/** A payment with its money, and what else its commit says. */
export function settle(model: Model, payment: ModelPayment, atMs: number): void {
  payment.status = 'paid';
  payment.finalAtMs = atMs;
  moveMoney(model, payment, atMs);
  endOrder(payment.order, { status: 'paid', code: '00', atMs });
}

export function moveMoney(model: Model, { order, wallet }: ModelPayment, atMs: number): void {
  const { feeDong, vatDong } = feeOf(order.site, order.amountDong);
  wallet.balanceDong -= order.amountDong;
  for (const period of [day(atMs), month(atMs)]) {
    wallet.paidDong.set(period, paidIn(wallet, period) + order.amountDong);
  }
  order.site.earnedDong += order.amountDong - feeDong - vatDong;
  model.feesDong += feeDong;
  model.vatDong += vatDong;
}

/** The order's one result; what is under way on it ends with it. */
export function endOrder(
  order: ModelOrder,
  result: { status: Exclude<ModelOrder['status'], 'open'>; code: string; atMs: number },
): void {
  order.status = result.status;
  order.code = result.code;
  for (const payment of order.payments.filter(isLive)) {
    payment.status = result.status === 'expired' ? 'expired' : 'cancelled';
    payment.finalAtMs = result.atMs;
  }
}

export function refuse(payment: ModelPayment, code: string, atMs: number): void {
  payment.status = 'refused';
  payment.refusalCode = code;
  payment.finalAtMs = atMs;
}

export function topUp(model: Model, wallet: ModelWallet, amountDong: bigint): void {
  wallet.balanceDong += amountDong;
  model.guaranteeDong -= amountDong;
}
