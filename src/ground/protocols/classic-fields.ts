// The rules that classic v1 and v2 share: names, formats, amount units, locale, URLs. A decoded set of fields
// goes in, an order or a fault that names the field comes out. Pure.
// Source: "The classic Ví Việt wire formats"; where a format is not given there, it is decided here.

import { createHash } from 'node:crypto';
import { parseDong } from '../money/index.ts';
import { freeTextProblem, referenceProblem, showText } from '../text/index.ts';
import type { Decoded, OrderFault } from './order-words.ts';
import { checkReturnUrl } from './return-url.ts';

/** The unit of a site's `total_amount`: hundredths of a dong (20000000 is 200.000 ₫) or whole dong. */
export type AmountUnit = 'hundredths' | 'dong';

/** The settings of a site that the codecs need, besides its secrets. */
export type ClassicSite = { merchantSite: string; accessCode: string; amountUnit: AmountUnit };

/** Every name a request may hold beside `secure_hash`, lower case, in ordinal order. */
export const classicNames = [
  'access_code',
  'account_type',
  'branch_code',
  'cancel_url',
  'client_ip',
  'currency',
  'locale',
  'merch_txn_ref',
  'merchant_site',
  'methods',
  'order_desc',
  'order_info',
  'order_no',
  'return_url',
  'shipping_fee',
  'tax_fee',
  'total_amount',
  'version',
] as const;

export type ClassicName = (typeof classicNames)[number];

/** Names without which there is no order; the others may be absent or empty, which is the same. */
export const requiredNames = [
  'version',
  'merchant_site',
  'access_code',
  'merch_txn_ref',
  'order_no',
  'total_amount',
  'return_url',
] as const satisfies readonly ClassicName[];

const siteCodePattern = /^[A-Za-z0-9_.-]{1,64}$/;
const clientIpCharactersMax = 64;

/** What is wrong with a value that is present and not empty; null when nothing is. */
const problems: Record<ClassicName, (value: string) => string | null> = {
  version: () => null,
  merchant_site: (value) => (siteCodePattern.test(value) ? null : '1 to 64 of letters, digits, _ . -'),
  access_code: (value) => (siteCodePattern.test(value) ? null : '1 to 64 of letters, digits, _ . -'),
  merch_txn_ref: referenceProblem,
  order_no: referenceProblem,
  total_amount: () => null,
  return_url: () => null,
  cancel_url: () => null,
  locale: (value) => (value === 'vn' || value === 'en' ? null : 'must be vn or en'),
  currency: (value) => (value === 'VND' ? null : 'must be VND'),
  account_type: (value) => (value === 'VV' ? null : 'must be VV'),
  // Words of the merchant and its proxies. No decision depends on them, so no form of them refuses an order.
  branch_code: freeTextProblem,
  methods: freeTextProblem,
  client_ip: () => null,
  order_desc: freeTextProblem,
  order_info: freeTextProblem,
  shipping_fee: feeProblem,
  tax_fee: feeProblem,
};

/**
 * Reads the fields of a request whose signature is proven. `fields` has canonical lower-case names and values
 * exactly as received.
 * Refuses with 03, naming the field: first what is missing, then each format in the order of `classicNames`.
 */
export function readClassicOrder(
  fields: ReadonlyMap<string, string>,
  dialect: { version: '1.0' | '2.0'; amountUnit: AmountUnit },
): Decoded {
  const get = (name: ClassicName): string => fields.get(name) ?? '';
  for (const name of requiredNames) if (get(name) === '') return refuse(name, 'missing');
  if (get('version') !== dialect.version) return refuse('version', `must be ${dialect.version}`);
  for (const name of classicNames) {
    const problem = get(name) === '' ? null : problems[name](get(name));
    if (problem !== null) return refuse(name, problem);
  }
  const amountDong = readClassicAmount(get('total_amount'), dialect.amountUnit);
  if (amountDong === null) return refuse('total_amount', amountProblem[dialect.amountUnit]);
  for (const field of ['return_url', 'cancel_url'] as const) {
    const fault = get(field) === '' ? null : checkReturnUrl(get(field), { field });
    if (fault) return { ok: false, fault };
  }
  return {
    ok: true,
    order: {
      merchantSite: get('merchant_site'),
      merchTxnRef: get('merch_txn_ref'),
      orderNo: get('order_no'),
      amountDong,
      description: get('order_desc') || get('order_info'),
      returnUrl: get('return_url'),
      cancelUrl: get('cancel_url') || null,
      locale: get('locale') === 'en' ? 'en' : 'vi',
      received: { ...Object.fromEntries(fields), ...loggedAddress(get('client_ip')) },
      expiresInSeconds: null,
    },
  };
}

/** Whatever a proxy left there (`113.22.1.5:50211`, `unknown`, a list), kept for the log and cut; none when empty. */
function loggedAddress(clientIp: string): { client_ip?: string } {
  return clientIp === '' ? {} : { client_ip: showText(clientIp, clientIpCharactersMax) };
}

const amountProblem: Record<AmountUnit, string> = {
  hundredths: '1 to 13 digits, no sign or leading zero, hundredths of a dong that divide by 100',
  dong: '1 to 13 digits, no sign or leading zero',
};

/** `total_amount` in the site's unit to dong; null for what is malformed. */
export function readClassicAmount(text: string, unit: AmountUnit): bigint | null {
  const units = parseDong(text);
  if (units === null || unit === 'dong') return units;
  return units % 100n === 0n ? units / 100n : null;
}

/** Dong back to `total_amount`, for a result whose order did not bring its own text. */
export function writeClassicAmount(amountDong: bigint, unit: AmountUnit): string {
  return String(unit === 'dong' ? amountDong : amountDong * 100n);
}

/** Whether a site or access code could be one at all; asked before it is looked up. */
export function isSiteCode(text: string): boolean {
  return siteCodePattern.test(text);
}

/**
 * The meaning of a field that is not sent. A missing `cancel_url` means `return_url`; a missing lifetime
 * means the rule in force at that time.
 */
const defaults: Readonly<Record<string, string>> = {
  currency: 'VND',
  account_type: 'VV',
  shipping_fee: '0',
  tax_fee: '0',
};

/**
 * Fields that are not the order's content: how it is shown, where it was sent from, and the lifetime, whose
 * default may change.
 */
const besideContent = new Set(['locale', 'client_ip', 'expires_in_seconds']);

/**
 * SHA-256 (hex) over an order's content, from all its parsed fields. Two requests under one `merch_txn_ref` with the
 * same digest and lifetime open the same checkout; others are 94. A field that is empty, or says its default, counts
 * as one not sent.
 */
export function contentDigest(received: Readonly<Record<string, string>>): string {
  const content = Object.entries(received)
    .filter(
      ([name, value]) =>
        !besideContent.has(name) &&
        value !== '' &&
        value !== defaults[name] &&
        !(name === 'cancel_url' && value === received.return_url),
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/** A fault of code 03 that names the field, as a decoder's answer. */
export function refuse(field: string, problem: string): { ok: false; fault: OrderFault } {
  return { ok: false, fault: { code: '03', detail: `${field}: ${problem}` } };
}

function feeProblem(value: string): string | null {
  return value === '0' || parseDong(value) !== null ? null : 'must be 1 to 13 digits';
}
