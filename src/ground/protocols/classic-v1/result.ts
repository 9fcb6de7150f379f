// Classic v1, the result: to the browser, to the merchant's server, and read again on the merchant's side.

import {
  chooseReturnUrl,
  classicResultFields,
  type ResultName,
  type ResultWords,
  resultNames,
} from '../classic-result.ts';
import type { FinalResult } from '../order-words.ts';
import { splitRawQuery } from '../raw-query.ts';
import { lastOfEach, nameResultFields, type ResultNames } from '../result-names.ts';
import { appendToUrl } from '../return-url.ts';
import { hashesFit, hashV1Values } from './hash.ts';

type ResultSite = ResultWords & { secret: string; resultNames?: ResultNames };

/** The names of the result, in the order in which they are appended. */
export const v1ResultNames = [...resultNames, 'secure_hash'] as const;

/** The result's fields in the order in which they are sent, `merchant_site` first, `secure_hash` last. */
export function encodeV1Result(result: FinalResult, site: ResultSite): [name: string, value: string][] {
  const fields = Object.entries(classicResultFields(result, { ...site, version: '1.0' }));
  return [...fields, ['secure_hash', hashV1Values(fields, site.secret)]];
}

/** Where the buyer's browser goes back to; after a cancel `cancelUrl`, if there is one. */
export function buildV1ReturnUrl(
  result: FinalResult,
  urls: { returnUrl: string; cancelUrl: string | null },
  site: ResultSite,
): string {
  return appendToUrl(chooseReturnUrl(result, urls), named(result, site));
}

/** The server notification (IPN): the same fields by GET to the site's notify URL. */
export function buildV1NotificationUrl(result: FinalResult, notifyUrl: string, site: ResultSite): string {
  return appendToUrl(notifyUrl, named(result, site));
}

function named(result: FinalResult, site: ResultSite): [name: string, value: string][] {
  return nameResultFields(encodeV1Result(result, site), site.resultNames);
}

const formats: Partial<Record<ResultName, RegExp>> = {
  version: /^1\.0$/,
  locale: /^(?:vn|en)$/,
  currency: /^VND$/,
  total_amount: /^[1-9][0-9]{0,12}$/,
  response_code: /^[0-9]{2}$/,
  pay_date: /^[0-9]{14}$/,
};

/**
 * The merchant's side: reads a result from the raw query of a return or notification. Only the last value of
 * each of the result's names counts, whatever the merchant's own query before them holds. Formats are checked as well
 * as the hash, so that no signed request can be renamed into a result. `resultCodes` are the site's own words.
 */
export function verifyV1Result(
  rawQuery: string,
  secret: string,
  {
    names = 'plain',
    resultCodes = {},
  }: { names?: ResultNames; resultCodes?: Readonly<Record<string, string>> } = {},
): { ok: true; fields: Record<ResultName, string> } | { ok: false; detail: string } {
  const split = splitRawQuery(rawQuery);
  if (!split.ok) return split;
  const own = lastOfEach(split.pairs, v1ResultNames, names);
  if (own === null) return { ok: false, detail: 'a result field is missing' };
  const secureHash = own.secure_hash.value;
  const hashed = resultNames.map((name) => ({ ...own[name], name }));
  const asSpace = hashed.map((pair) => [pair.name, pair.value] as const);
  const literal = hashed.map((pair) => [pair.name, pair.valueWithLiteralPlus] as const);
  const proven = [asSpace, literal].find((reading) => hashesFit(hashV1Values(reading, secret), secureHash));
  if (!proven) return { ok: false, detail: 'secure_hash does not fit' };
  const fields = Object.fromEntries(proven) as Record<ResultName, string>;
  const words = Object.values(resultCodes);
  for (const name of resultNames) {
    if (name === 'response_code' && words.includes(fields.response_code)) continue;
    if (formats[name]?.test(fields[name]) === false || fields[name].includes('|')) {
      return { ok: false, detail: `${name} is malformed` };
    }
  }
  return { ok: true, fields };
}
