// The types that every dialect reads into and writes from: the order as the merchant sent it, the fault found
// in it, and the final result. Pure types.

import type { ResponseCode } from './response-codes.ts';

/**
 * An order as a site sent it, after decoding, the same for every dialect: the merchant's own words, the
 * amount in dong.
 */
export type ReceivedOrder = {
  merchantSite: string;
  merchTxnRef: string;
  orderNo: string;
  amountDong: bigint;
  description: string;
  returnUrl: string;
  cancelUrl: string | null;
  locale: 'vi' | 'en';
  /** Every parsed field as received, by its canonical lower-case name; echoed in the result. */
  received: Record<string, string>;
  /** How long the order stays open; null takes the gateway's default. */
  expiresInSeconds: number | null;
};

/** Why a request was refused. `detail` is English, names the field, and never carries a secret. */
export type OrderFault = {
  code: ResponseCode;
  detail: string;
  /**
   * A hint that would help an attacker as much as the merchant's developer. It is for the log alone, never
   * for an answer.
   */
  finding?: string;
};

export type Decoded = { ok: true; order: ReceivedOrder } | { ok: false; fault: OrderFault };

export type FinalStatus = 'paid' | 'failed' | 'cancelled' | 'expired';

/** An order's one final result, as every dialect must be able to say it back. */
export type FinalResult = {
  merchantSite: string;
  received: Record<string, string>;
  merchTxnRef: string;
  orderNo: string;
  amountDong: bigint;
  transactionNo: string | null;
  responseCode: ResponseCode;
  locale: 'vi' | 'en';
  createdAt: Date;
  paidAt: Date | null;
  finalAt: Date;
  /** Public id, ord_… */
  orderId: string;
  status: FinalStatus;
};
