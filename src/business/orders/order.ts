// An order: what the merchant sent, and its one final result. Pure.

import type { FinalResult, FinalStatus, ResponseCode } from '../../ground/protocols/index.ts';
import type { Environment, Locale } from '../../ground/terms.ts';

export type OrderStatus = 'open' | FinalStatus;

export type Order = {
  /** uuid; outside it is shown as `publicId` */
  id: string;
  publicId: string;
  environment: Environment;
  merchantSite: string;
  protocol: 'classic-v1' | 'classic-v2' | 'rest';
  merchTxnRef: string;
  orderNo: string;
  amountDong: bigint;
  description: string;
  returnUrl: string;
  cancelUrl: string | null;
  locale: Locale;
  received: Record<string, string>;
  status: OrderStatus;
  responseCode: ResponseCode | null;
  /** The payment the result speaks of: the paid one, else the last refused one. */
  resultPaymentId: string | null;
  transactionNo: string | null;
  createdAt: Date;
  expiresAt: Date;
  finalAt: Date | null;
};

const prefix = 'ord_';

/** uuid → ord_ and 32 hex digits. */
export function formatOrderId(id: string): string {
  return prefix + id.replaceAll('-', '');
}

/** ord_… → uuid; null for anything else. */
export function parseOrderId(publicId: string): string | null {
  const match = /^ord_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(publicId);
  return match ? match.slice(1).join('-') : null;
}

/** The result as every dialect says it back; an open order has none, and asking for it is a broken invariant. */
export function toFinalResult(order: Order): FinalResult {
  if (order.status === 'open' || order.responseCode === null || order.finalAt === null) {
    throw new Error(`order ${order.publicId} is open and has no result`);
  }
  return {
    merchantSite: order.merchantSite,
    received: order.received,
    merchTxnRef: order.merchTxnRef,
    orderNo: order.orderNo,
    amountDong: order.amountDong,
    transactionNo: order.transactionNo,
    responseCode: order.responseCode,
    locale: order.locale,
    createdAt: order.createdAt,
    paidAt: order.status === 'paid' ? order.finalAt : null,
    finalAt: order.finalAt,
    orderId: order.publicId,
    status: order.status,
  };
}

/** Is the order past its time, whether or not somebody has written that down yet? Equal is past. */
export function isPastExpiry(order: Pick<Order, 'expiresAt'>, now: Date): boolean {
  return order.expiresAt.getTime() <= now.getTime();
}
