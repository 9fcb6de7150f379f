// A payment: one attempt of a buyer to pay an order. Its states and the moves between them. Pure.

import type { ResponseCode } from '../../ground/protocols/index.ts';
import type { Environment } from '../../ground/terms.ts';
import type { LimitName } from '../wallets/index.ts';

export type PaymentStatus = 'started' | 'confirming' | 'paid' | 'refused' | 'cancelled' | 'expired';

/** Circular 50/2024/TT-NHNN: A asks for the PIN given at sign-in, B for a code by message. */
export type ConfirmationClass = 'A' | 'B';

/** What the buyer is told beside the code; the merchant only gets the code. */
export type RefusalDetail = {
  limit?: LimitName | 'confirmation' | 'site_max' | 'site_min';
  limitDong?: string;
  leftDong?: string;
  resetsAt?: string | null;
  lockedUntil?: string;
};

export type Payment = {
  /** uuid (v7), also the id of its ledger transfer */
  id: string;
  transactionNo: string;
  orderId: string;
  environment: Environment;
  walletId: string;
  checkoutSessionId: string | null;
  status: PaymentStatus;
  amountDong: bigint;
  feeDong: bigint;
  vatDong: bigint;
  creditAccountId: string;
  confirmationClass: ConfirmationClass;
  refusalCode: ResponseCode | null;
  refusalDetail: RefusalDetail | null;
  createdAt: Date;
  finalAt: Date | null;
};

const moves: Record<PaymentStatus, readonly PaymentStatus[]> = {
  started: ['confirming', 'paid', 'refused', 'cancelled', 'expired'],
  confirming: ['paid', 'refused', 'cancelled', 'expired'],
  paid: [],
  refused: [],
  cancelled: [],
  expired: [],
};

/** Asserts that the life of a payment allows this move. */
export function assertMove(from: PaymentStatus, to: PaymentStatus): void {
  if (!moves[from].includes(to)) throw new Error(`a payment cannot go from ${from} to ${to}`);
}

export function isFinalPayment(status: PaymentStatus): boolean {
  return moves[status].length === 0;
}

/** uuid → pay_ and 32 hex digits. */
export function formatPaymentId(id: string): string {
  return `pay_${id.replaceAll('-', '')}`;
}

/** pay_… → uuid; null for anything else. */
export function parsePaymentId(publicId: string): string | null {
  const match = /^pay_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(publicId);
  return match ? match.slice(1).join('-') : null;
}
