// Classic v1, the request: read in two steps, because the site must be found before the hash can be checked.
//
// The order of refusals: structure and names (03), unknown site (02, the caller's), access code (02),
// signature (97), formats (03, naming the field).
//
// The hash covers values, not names, so a person with a signed URL can rename parameters. These rules fix the
// order:
// - the names are a closed list, and `version` (last in it) and `total_amount` (next to last) are required;
// - before the total only fees (digits) can follow `return_url`, the one that holds `://`; directly before that
//   stands `order_no`, because no name sorts between the two; no name sorts between `merch_txn_ref` and
//   `merchant_site` either. So neither reference needs a format of its own to stay in its place;
// - `merchant_site` is where the site's code is, so no field that could trade places with it may hold the code;
// - `cancel_url` sorts before both, among fields whose words are free: none of those may hold `://`.

import {
  type ClassicSite,
  classicNames,
  isSiteCode,
  readClassicOrder,
  refuse,
  requiredNames,
} from '../classic-fields.ts';
import type { Decoded, OrderFault } from '../order-words.ts';
import { lowerAscii, printableName, splitRawQuery } from '../raw-query.ts';
import { isTracker } from '../trackers.ts';
import { hashesFit, hashV1Values } from './hash.ts';
import { explainWrongHash } from './near-miss.ts';

/** Every name a v1 request may hold: the classic ones, two that real clients capitalise, and the hash. */
export const v1Names: ReadonlySet<string> = new Set([
  ...classicNames,
  'Branch_code',
  'Client_ip',
  'secure_hash',
]);

type Reading = (readonly [name: string, value: string])[];

/** A well-formed query, nothing of it proven yet. `readings`: `+` as a space, then (if any) as a literal plus. */
export type ParsedV1 = {
  ok: true;
  merchantSite: string;
  accessCode: string;
  secureHash: string;
  readings: Reading[];
};

/** Step one, from the text after `?`; browsers' trackers are left out. Faults are 03. */
export function parseV1Query(rawQuery: string): ParsedV1 | { ok: false; fault: OrderFault } {
  const split = splitRawQuery(rawQuery);
  if (!split.ok) return { ok: false, fault: { code: '03', detail: split.detail } };
  const pairs = split.pairs.filter((pair) => !isTracker(pair.name));
  const seen = new Map<string, string>();
  for (const pair of pairs) {
    const canonical = lowerAscii(pair.name);
    if (!v1Names.has(pair.name)) return refuse(printableName(pair.name), 'unknown parameter');
    if (seen.has(canonical)) return refuse(canonical, 'sent more than once');
    seen.set(canonical, pair.value);
  }
  for (const name of [...requiredNames, 'secure_hash']) {
    if (!seen.has(name)) return refuse(name, 'missing');
  }
  const merchantSite = seen.get('merchant_site') ?? '';
  if (!isSiteCode(merchantSite)) return refuse('merchant_site', 'not a site code');
  const hashed = pairs.filter((pair) => pair.name !== 'secure_hash');
  const readings: Reading[] = [hashed.map((pair) => [pair.name, pair.value])];
  if (hashed.some((pair) => pair.value !== pair.valueWithLiteralPlus)) {
    readings.push(hashed.map((pair) => [pair.name, pair.valueWithLiteralPlus]));
  }
  return {
    ok: true,
    merchantSite,
    accessCode: seen.get('access_code') ?? '',
    secureHash: seen.get('secure_hash') ?? '',
    readings,
  };
}

/** Step two, against the site found by `merchantSite`. `secrets`: several while one is being replaced. */
export function verifyV1Order(parsed: ParsedV1, site: ClassicSite & { secrets: readonly string[] }): Decoded {
  if (parsed.merchantSite !== site.merchantSite || parsed.accessCode !== site.accessCode) {
    return { ok: false, fault: { code: '02', detail: 'access_code: not the access code of this site' } };
  }
  let proven: Reading | null = null;
  for (const reading of parsed.readings) {
    for (const secret of site.secrets) {
      if (hashesFit(hashV1Values(reading, secret), parsed.secureHash)) proven ??= reading;
    }
  }
  if (proven === null) {
    const finding = explainWrongHash(parsed.readings, site.secrets, parsed.secureHash);
    const fault = { code: '97', detail: 'secure_hash: does not fit the values received' } as const;
    return { ok: false, fault: finding === null ? fault : { ...fault, finding } };
  }
  for (const [name, value] of proven) {
    if (value.includes('|')) return refuse(name, 'holds the separator |');
    if (couldTradePlaces(name) && value === site.merchantSite) return refuse(name, "holds the site's code");
    if (couldBeCancelUrl(name) && value.includes('://')) return refuse(name, 'holds an address');
  }
  const fields = new Map(proven.map(([name, value]) => [lowerAscii(name), value]));
  return readClassicOrder(fields, { version: '1.0', amountUnit: site.amountUnit });
}

/** Whether a name as received sorts where a renaming could move `merchant_site` to: between the two pinned ones. */
function couldTradePlaces(name: string): boolean {
  return name > 'access_code' && name < 'order_no' && name !== 'merchant_site';
}

/** Whether `cancel_url` could be renamed to this name, and so be lost: those before `merch_txn_ref`, which is pinned. */
function couldBeCancelUrl(name: string): boolean {
  return name < 'merch_txn_ref' && name !== 'cancel_url';
}

/** The merchant's side: the query of a signed request, for samples, tools and tests. */
export function buildV1RequestQuery(fields: Readonly<Record<string, string>>, secret: string): string {
  const pairs = Object.entries(fields);
  const all = [...pairs, ['secure_hash', hashV1Values(pairs, secret)] as const];
  return all.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}
