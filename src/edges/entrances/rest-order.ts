// A REST body as the order it asks for, and the fault found in that order as the API's problem. Pure.

import type { MerchantSite } from '../../business/merchants/index.ts';
import { ProblemError } from '../../ground/http/index.ts';
import type { OrderFault, ReceivedOrder } from '../../ground/protocols/index.ts';
import type { NewOrder } from './rest-schemas.ts';

/**
 * `received` holds the fields that identify the order, as text: with defaults filled in, without the
 * language.
 */
export function toReceivedOrder(site: MerchantSite, body: NewOrder): ReceivedOrder {
  const received: Record<string, string> = {
    merch_txn_ref: body.merch_txn_ref,
    order_no: body.order_no,
    amount: body.amount,
    currency: 'VND',
    description: body.description,
    return_url: body.return_url,
  };
  if (body.cancel_url) received.cancel_url = body.cancel_url;
  if (body.expires_in_seconds !== undefined) received.expires_in_seconds = String(body.expires_in_seconds);
  return {
    merchantSite: site.merchantSite,
    merchTxnRef: body.merch_txn_ref,
    orderNo: body.order_no,
    amountDong: BigInt(body.amount),
    description: body.description,
    returnUrl: body.return_url,
    cancelUrl: body.cancel_url ?? null,
    locale: body.locale ?? 'vi',
    received,
    expiresInSeconds: body.expires_in_seconds ?? null,
  };
}

export function toOrderProblem(fault: OrderFault): ProblemError {
  const { code, detail } = fault;
  // A fault of one field begins with its name.
  const [, field, problem] = /^(return_url|cancel_url|expires_in_seconds): (.*)$/.exec(detail) ?? [];
  const errors = field !== undefined && problem !== undefined ? [{ field, detail: problem }] : [];
  if (code === '94') return new ProblemError('duplicate-reference', { detail });
  if (code === '04') return new ProblemError('site-suspended', { detail });
  if (code === '03') return new ProblemError('order-refused', { detail, errors });
  return new ProblemError('order-refused', { code, detail });
}
