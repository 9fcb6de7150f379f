// Classic v2, the result: to the browser, to the merchant's server, and opened again on the merchant's side.

import { type KeyObject, randomBytes } from 'node:crypto';
import {
  chooseReturnUrl,
  type ResultWords,
  resultNames,
  type V2ResultName,
  v2ExtraNames,
  v2ResultFields,
} from '../classic-result.ts';
import type { FinalResult } from '../order-words.ts';
import { splitRawQuery } from '../raw-query.ts';
import { lastOfEach, nameResultFields, type ResultNames } from '../result-names.ts';
import { appendToUrl } from '../return-url.ts';
import { openEnvelope, sealEnvelope } from './envelope.ts';
import { readPlaintext } from './plaintext.ts';
import { toV2Fields, type V2Parameters, v2ParameterNames } from './request.ts';

/** The merchant's key reads the result, the gateway's key of this site signs it. */
export type V2ResultKeys = ResultWords & {
  merchantPublicKey: KeyObject;
  gatewayPrivateKey: KeyObject;
  resultNames?: ResultNames;
};

/** The result under a fresh session key. `random` gives that key; tests pass their own. */
export function sealV2Result(
  result: FinalResult,
  keys: V2ResultKeys,
  random: (length: number) => Buffer = randomBytes,
): V2Parameters {
  const text = JSON.stringify(v2ResultFields(result, keys));
  const pair = { publicKey: keys.merchantPublicKey, privateKey: keys.gatewayPrivateKey };
  return { merchantSite: result.merchantSite, ...sealEnvelope(Buffer.from(text, 'utf8'), pair, random) };
}

/** Where the buyer's browser goes back to; after a cancel `cancelUrl`, if there is one. */
export function buildV2ReturnUrl(
  result: FinalResult,
  urls: { returnUrl: string; cancelUrl: string | null },
  keys: V2ResultKeys,
): string {
  return appendToUrl(chooseReturnUrl(result, urls), named(result, keys));
}

/** The server notification (IPN): the same four parameters by GET to the site's notify URL. */
export function buildV2NotificationUrl(result: FinalResult, notifyUrl: string, keys: V2ResultKeys): string {
  return appendToUrl(notifyUrl, named(result, keys));
}

function named(result: FinalResult, keys: V2ResultKeys): [name: string, value: string][] {
  return nameResultFields(toV2Fields(sealV2Result(result, keys)), keys.resultNames);
}

const wanted: readonly string[] = [...resultNames, ...v2ExtraNames];

/**
 * The merchant's side: opens a result from the raw query of a return or notification. The last value of each of the
 * four names counts, whatever the merchant's own query before them holds (`key` is WooCommerce's).
 */
export function openV2Result(
  rawQuery: string,
  keys: { merchantPrivateKeys: readonly KeyObject[]; gatewayPublicKeys: readonly KeyObject[] },
  names: ResultNames = 'plain',
): { ok: true; fields: Record<V2ResultName, string> } | { ok: false; detail: string } {
  const split = splitRawQuery(rawQuery);
  if (!split.ok) return split;
  const own = lastOfEach(split.pairs, v2ParameterNames, names);
  if (own === null) return { ok: false, detail: 'one of the four parameters is missing' };
  const [merchantSite, data, key, secureHash] = v2ParameterNames.map(
    (name) => own[name].valueWithLiteralPlus,
  ) as [string, string, string, string];
  const pairs = { privateKeys: keys.merchantPrivateKeys, publicKeys: keys.gatewayPublicKeys };
  const opened = openEnvelope({ data, key, secureHash }, pairs);
  if (opened === null) return { ok: false, detail: 'the result does not fit the keys' };
  const read = readPlaintext(opened.plaintext, wanted);
  if (!read.ok) return { ok: false, detail: read.fault.detail };
  const missing = wanted.find((name) => !read.fields.has(name));
  if (missing !== undefined) return { ok: false, detail: `${missing}: missing` };
  if (read.fields.get('merchant_site') !== merchantSite) {
    return { ok: false, detail: 'merchant_site: in data and in the query differ' };
  }
  return { ok: true, fields: Object.fromEntries(read.fields) as Record<V2ResultName, string> };
}
