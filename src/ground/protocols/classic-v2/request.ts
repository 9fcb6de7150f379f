// Classic v2, the request: read in two steps, because the site's keys must be found before it can be opened.
//
// The order of refusals: structure of the query (03), unknown site (02, the caller's: a site's code is no
// secret, so this needs no disguise), everything up to the signature (97, one answer), then named: the
// plaintext's structure (03), access code (02), formats (03).

import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import { type ClassicSite, classicNames, isSiteCode, readClassicOrder, refuse } from '../classic-fields.ts';
import type { OrderFault, ReceivedOrder } from '../order-words.ts';
import { lowerAscii, splitRawQuery } from '../raw-query.ts';
import { type Envelope, type EnvelopeOperations, openEnvelope, sealEnvelope } from './envelope.ts';
import { readPlaintext } from './plaintext.ts';

/** The four parameters, of requests and results alike. */
export const v2ParameterNames = ['merchant_site', 'data', 'key', 'secure_hash'] as const;

/** A well-formed query, nothing of it proven yet. */
export type V2Parameters = Envelope & { merchantSite: string };

/** A weakness that the merchant should mend, although the order is accepted. */
export type V2Warning = 'session_key_looks_constant';

export type OpenedV2 =
  | {
      ok: true;
      order: ReceivedOrder;
      warnings: V2Warning[];
      /** Twelve hex digits of a hash: the same in two orders means the client reuses its session key. */
      sessionKeyFingerprint: string;
    }
  | { ok: false; fault: OrderFault };

/** Step one, from the text after `?`. Names in any case, others ignored, none of the four twice. Faults are 03. */
export function parseV2Query(
  rawQuery: string,
): { ok: true; parameters: V2Parameters } | { ok: false; fault: OrderFault } {
  const split = splitRawQuery(rawQuery);
  if (!split.ok) return { ok: false, fault: { code: '03', detail: split.detail } };
  const values = new Map<string, string>();
  for (const pair of split.pairs) {
    const name = lowerAscii(pair.name);
    if (values.has(name) && isParameter(name)) return refuse(name, 'sent more than once');
    values.set(name, pair.valueWithLiteralPlus);
  }
  const [merchantSite = '', data = '', key = '', secureHash = ''] = v2ParameterNames.map((n) =>
    values.get(n),
  );
  for (const name of v2ParameterNames) if (!values.has(name)) return refuse(name, 'missing');
  if (!isSiteCode(merchantSite)) return refuse('merchant_site', 'not a site code');
  return { ok: true, parameters: { merchantSite, data, key, secureHash } };
}

/**
 * Step two, against the site found by `merchantSite`, with every key still valid for it. `operations` is
 * replaced only by tests.
 */
export function openV2Request(
  parameters: V2Parameters,
  keys: { gatewayPrivateKeys: readonly KeyObject[]; merchantPublicKeys: readonly KeyObject[] },
  site: ClassicSite,
  operations?: EnvelopeOperations,
): OpenedV2 {
  const pairs = { privateKeys: keys.gatewayPrivateKeys, publicKeys: keys.merchantPublicKeys };
  const opened = openEnvelope(parameters, pairs, operations);
  if (opened === null) {
    return { ok: false, fault: { code: '97', detail: 'the request does not fit the keys of this site' } };
  }
  const read = readPlaintext(opened.plaintext, classicNames);
  if (!read.ok) return read;
  const fields = read.fields;
  if ((fields.get('merchant_site') ?? site.merchantSite) !== site.merchantSite) {
    return refuse('merchant_site', 'in data and in the query differ');
  }
  fields.set('merchant_site', site.merchantSite);
  if ((fields.get('access_code') ?? site.accessCode) !== site.accessCode) {
    return { ok: false, fault: { code: '02', detail: 'access_code: not the access code of this site' } };
  }
  const decoded = readClassicOrder(fields, {
    version: '2.0',
    amountUnit: site.amountUnit,
  });
  if (!decoded.ok) return decoded;
  return {
    ok: true,
    order: decoded.order,
    warnings: looksConstant(opened.sessionKey) ? ['session_key_looks_constant'] : [],
    sessionKeyFingerprint: createHash('sha256').update(opened.sessionKey).digest('hex').slice(0, 12),
  };
}

/**
 * The merchant's side: seals the fields (or a JSON text as it is) of an order, for samples, tools and tests.
 */
export function sealV2Request(
  plaintext: string | Readonly<Record<string, string>>,
  keys: { merchantSite: string; gatewayPublicKey: KeyObject; merchantPrivateKey: KeyObject },
  random: (length: number) => Buffer = randomBytes,
): V2Parameters {
  const text = typeof plaintext === 'string' ? plaintext : JSON.stringify(plaintext);
  const pair = { publicKey: keys.gatewayPublicKey, privateKey: keys.merchantPrivateKey };
  return { merchantSite: keys.merchantSite, ...sealEnvelope(Buffer.from(text, 'utf8'), pair, random) };
}

/** The four parameters as ordered fields of a query, `merchant_site` first. */
export function toV2Fields(parameters: V2Parameters): [name: string, value: string][] {
  return [
    ['merchant_site', parameters.merchantSite],
    ['data', parameters.data],
    ['key', parameters.key],
    ['secure_hash', parameters.secureHash],
  ];
}

function isParameter(name: string): boolean {
  return (v2ParameterNames as readonly string[]).includes(name);
}

/** Text, or one part three times or twice: 24 random bytes are neither (text by chance: 1 in 10^10). */
function looksConstant(sessionKey: Buffer): boolean {
  const [a, b, c] = [0, 8, 16].map((at) => sessionKey.toString('latin1', at, at + 8));
  return /^[\x20-\x7e]+$/.test(sessionKey.toString('latin1')) || a === b || b === c || a === c;
}
