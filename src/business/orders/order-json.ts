// An order as the REST API and its webhooks show it.

import type { Context } from '../../ground/context.ts';
import { responseMessage } from '../../ground/protocols/index.ts';
import { arrivalUrl } from './checkout-token.ts';
import type { Order } from './order.ts';

/** Amounts are decimal text of whole dong, times RFC 3339 in UTC. */
export type OrderJson = {
  id: string;
  merchant_site: string;
  environment: 'sandbox' | 'live';
  merch_txn_ref: string;
  order_no: string;
  amount: string;
  currency: 'VND';
  description: string;
  status: 'open' | 'paid' | 'failed' | 'cancelled' | 'expired';
  response_code: string | null;
  message: string | null;
  transaction_no: string | null;
  payment_id: string | null;
  paid_at: string | null;
  final_at: string | null;
  return_url: string;
  cancel_url: string | null;
  locale: 'vi' | 'en';
  created_at: string;
  expires_at: string;
  checkout_url: string;
};

export function toOrderJson(context: Context, order: Order): OrderJson {
  return {
    id: order.publicId,
    merchant_site: order.merchantSite,
    environment: order.environment,
    merch_txn_ref: order.merchTxnRef,
    order_no: order.orderNo,
    amount: String(order.amountDong),
    currency: 'VND',
    description: order.description,
    status: order.status,
    response_code: order.responseCode,
    message: order.responseCode === null ? null : responseMessage(order.responseCode, order.locale),
    transaction_no: order.transactionNo,
    payment_id: order.resultPaymentId === null ? null : `pay_${order.resultPaymentId.replaceAll('-', '')}`,
    paid_at: order.status === 'paid' && order.finalAt ? order.finalAt.toISOString() : null,
    final_at: order.finalAt?.toISOString() ?? null,
    return_url: order.returnUrl,
    cancel_url: order.cancelUrl,
    locale: order.locale,
    created_at: order.createdAt.toISOString(),
    expires_at: order.expiresAt.toISOString(),
    checkout_url: arrivalUrl(context, order),
  };
}
