// The signed return of the buyer's browser to a REST site: the Standard Webhooks construction over the query.
// A convenience for the shop's page; proof of payment is the webhook or the query API.

import { timingSafeEqual } from 'node:crypto';
import type { FinalResult } from '../order-words.ts';
import { splitRawQuery } from '../raw-query.ts';
import { lastOfEach, nameResultFields, type ResultNames } from '../result-names.ts';
import { appendToUrl } from '../return-url.ts';
import { signWebhook } from './webhook.ts';

/** The names of the return, in the order in which they are appended. */
export const restReturnNames = [
  'order_id',
  'merch_txn_ref',
  'status',
  'response_code',
  'timestamp',
  'signature',
] as const;

type ReturnName = (typeof restReturnNames)[number];
type SignedFields = Record<'order_id' | 'merch_txn_ref' | 'status' | 'response_code', string>;

/** Where the browser goes back to, signed at `now`; after a cancel `cancelUrl`, if there is one. */
export function buildRestReturnUrl(
  result: Pick<FinalResult, 'orderId' | 'merchTxnRef' | 'status' | 'responseCode'>,
  urls: { returnUrl: string; cancelUrl: string | null },
  { secret, now, resultNames }: { secret: string; now: Date; resultNames?: ResultNames },
): string {
  const fields: SignedFields = {
    order_id: result.orderId,
    merch_txn_ref: result.merchTxnRef,
    status: result.status,
    response_code: result.responseCode,
  };
  const url = result.status === 'cancelled' && urls.cancelUrl !== null ? urls.cancelUrl : urls.returnUrl;
  const signed: [name: string, value: string][] = [
    ...Object.entries(fields),
    ['timestamp', String(Math.floor(now.getTime() / 1000))],
    ['signature', signReturn(fields, secret, now)],
  ];
  return appendToUrl(url, nameResultFields(signed, resultNames));
}

/**
 * The merchant's side: reads a return from the raw query. The last value of each of its names counts.
 * Refused: a wrong signature (any of `secrets` may fit), and a timestamp further from `now` than the tolerance.
 */
export function verifyRestReturn(
  rawQuery: string,
  secrets: string | readonly string[],
  now: Date,
  { toleranceSeconds = 300, names = 'plain' }: { toleranceSeconds?: number; names?: ResultNames } = {},
): { ok: true; fields: SignedFields } | { ok: false; detail: string } {
  const split = splitRawQuery(rawQuery);
  if (!split.ok) return split;
  const own = lastOfEach(split.pairs, restReturnNames, names);
  if (own === null) return { ok: false, detail: 'a field is missing' };
  // `signature` is base64, whose + a careless proxy may have left raw; no other field of ours is ever sent so.
  const get = (name: ReturnName): string =>
    name === 'signature' ? own.signature.valueWithLiteralPlus : own[name].value;
  if (!/^[1-9][0-9]{0,11}$/.test(get('timestamp'))) return { ok: false, detail: 'timestamp is malformed' };
  const signedAt = new Date(Number(get('timestamp')) * 1000);
  const fields: SignedFields = {
    order_id: get('order_id'),
    merch_txn_ref: get('merch_txn_ref'),
    status: get('status'),
    response_code: get('response_code'),
  };
  const all = typeof secrets === 'string' ? [secrets] : secrets;
  const fits = all.map((secret) => sameText(signReturn(fields, secret, signedAt), get('signature')));
  if (!fits.includes(true)) return { ok: false, detail: 'signature does not fit' };
  if (Math.abs(now.getTime() - signedAt.getTime()) > toleranceSeconds * 1000) {
    return { ok: false, detail: 'timestamp is too far from now' };
  }
  return { ok: true, fields };
}

/** `v1,<base64>` over `order_id.timestamp.payload`, the payload in alphabetical order of its names. */
function signReturn(fields: SignedFields, secret: string, signedAt: Date): string {
  const { merch_txn_ref, order_id, response_code, status } = fields;
  const payload = new URLSearchParams({ merch_txn_ref, order_id, response_code, status }).toString();
  return signWebhook(secret, order_id, signedAt, payload);
}

function sameText(expected: string, received: string): boolean {
  const a = Buffer.from(expected, 'utf8');
  const b = Buffer.from(received, 'utf8');
  return a.length === b.length && timingSafeEqual(a, b);
}
