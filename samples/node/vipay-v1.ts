// Classic v1, the merchant's side: a signed URL that takes the buyer to the checkout, and the check of the
// signed result (the browser's return and the server's notification carry the same parameters).

import { createHash, timingSafeEqual } from 'node:crypto';
import {
  type AmountUnit,
  type ClassicOrder,
  type ClassicResult,
  lastValue,
  orderFields,
  type ResultWords,
  readClassicResult,
  resultNames,
} from './classic-fields.ts';

export type V1Site = ResultWords & {
  merchantSite: string;
  accessCode: string;
  /** Shared with the gateway, never sent. */
  secret: string;
  /** Where the buyer's browser finds the gateway, without a path. */
  gatewayUrl: string;
  amountUnit?: AmountUnit;
};

/** The address to send the buyer's browser to. Throws when a value holds `|`, which the hash can't tell apart. */
export function buildV1PaymentUrl(site: V1Site, order: ClassicOrder): string {
  const fields = orderFields(site, '1.0', order);
  for (const [name, value] of Object.entries(fields)) {
    if (value.includes('|')) throw new Error(`${name} may not hold "|"`);
  }
  const query = new URLSearchParams({ ...fields, secure_hash: hashV1(site.secret, fields) });
  return `${site.gatewayUrl}/vipay/ecommerce?${query}`;
}

/**
 * Lower-case hex of SHA-256 over `secret|v1|v2|…`: the decoded values of all fields in ascending order of their
 * names as sent (capitals before small letters). An empty value still takes its place between two bars.
 */
export function hashV1(secret: string, fields: Record<string, string>): string {
  const names = Object.keys(fields).sort();
  const text = [secret, ...names.map((name) => fields[name])].join('|');
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/**
 * Checks a result. `query` is what follows `?` in the address, as received. Null means: do not believe it, and
 * answer 97 when it was a notification. Your address's own parameters stand before the gateway's, whatever their names.
 *
 * A return that fits is still no proof of payment (it passed through the buyer's hands): only the notification is.
 */
export function verifyV1Result(site: V1Site, query: string): ClassicResult | null {
  const parameters = new URLSearchParams(query);
  const received: Record<string, string> = {};
  for (const name of resultNames) {
    const value = lastValue(parameters, name, site.resultPrefix);
    if (value?.includes('|')) return null;
    if (value !== null) received[name] = value;
  }
  const hash = lastValue(parameters, 'secure_hash', site.resultPrefix);
  if (hash === null) return null;
  if (!sameText(hash, hashV1(site.secret, received))) return null;
  return readClassicResult(site, '1.0', received);
}

/** Compares in constant time, so that the time of the answer says nothing about the right hash. */
function sameText(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}
