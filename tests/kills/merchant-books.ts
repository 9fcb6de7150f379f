// A merchant's knowledge of its orders: the notifications that its server received. It checks each signature
// itself, without the gateway's code where possible.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SiteCredentials } from '../../src/business/merchants/index.ts';
import { verifyV1Result } from '../../src/ground/protocols/classic-v1/index.ts';
import type { HeardRequest } from '../support/merchant-endpoint.ts';

export type HeardResult = {
  merchTxnRef: string;
  /** 00 paid, 24 cancelled, … */
  responseCode: string;
  amountDong: bigint;
};

/** The result a request tells, or why it must not be believed. */
export function readHeard(
  request: HeardRequest,
  credentials: SiteCredentials,
): { ok: true; result: HeardResult } | { ok: false; fault: string } {
  return request.method === 'POST' ? readWebhook(request, credentials) : readV1(request, credentials);
}

function readWebhook(
  { headers, body }: HeardRequest,
  credentials: SiteCredentials,
): ReturnType<typeof readHeard> {
  const secret = Buffer.from((credentials.webhook_secret ?? '').replace('whsec_', ''), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = Buffer.from(`v1,${createHmac('sha256', secret).update(signed).digest('base64')}`);
  const given = Buffer.from(String(headers['webhook-signature']));
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    return { ok: false, fault: 'a webhook with a wrong signature' };
  const { type, data } = JSON.parse(body);
  if (type !== `order.${data.status}`)
    return { ok: false, fault: `a webhook ${type} of an order ${data.status}` };
  return {
    ok: true,
    result: {
      merchTxnRef: data.merch_txn_ref,
      responseCode: data.response_code,
      amountDong: BigInt(data.amount),
    },
  };
}

function readV1({ url }: HeardRequest, credentials: SiteCredentials): ReturnType<typeof readHeard> {
  const verified = verifyV1Result(url.slice(url.indexOf('?') + 1), credentials.secret ?? '');
  if (!verified.ok) return { ok: false, fault: `a classic notification with a fault: ${verified.detail}` };
  const { merch_txn_ref: merchTxnRef, response_code: responseCode, total_amount: total } = verified.fields;
  return { ok: true, result: { merchTxnRef, responseCode, amountDong: BigInt(total) / 100n } };
}
