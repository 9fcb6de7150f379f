// Classic v2, the merchant's side: the order is signed with the merchant's private key and travels encrypted
// under a session key, which travels encrypted under the gateway's public key. A result comes the same way back.

import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import {
  type AmountUnit,
  type ClassicOrder,
  type ClassicResult,
  lastValue,
  orderFields,
  type ResultWords,
  readClassicResult,
} from './classic-fields.ts';

export type V2Site = ResultWords & {
  merchantSite: string;
  accessCode: string;
  merchantPrivateKey: KeyObject;
  gatewayPublicKey: KeyObject;
  /** Where the buyer's browser finds the gateway, without a path. */
  gatewayUrl: string;
  amountUnit?: AmountUnit;
};

/** The three parts that stand beside `merchant_site` in the address, in base64url. */
export type V2Parts = { data: string; key: string; secure_hash: string };

const pkcs1 = constants.RSA_PKCS1_PADDING;
const dataBytesMax = 16_384;
const sessionKeyBytes = 24;

/** The address to send the buyer's browser to. */
export function buildV2PaymentUrl(site: V2Site, order: ClassicOrder): string {
  const plaintext = Buffer.from(JSON.stringify(orderFields(site, '2.0', order)), 'utf8');
  const parts = sealV2(plaintext, site.merchantPrivateKey, site.gatewayPublicKey);
  const query = new URLSearchParams({ merchant_site: site.merchantSite, ...parts });
  return `${site.gatewayUrl}/vipay_v2/initpay?${query}`;
}

/**
 * Signs the plaintext and encrypts it for its reader.
 *
 * The session key is new for every message. A constant one (as in an old sample that many shops copied) opens all
 * messages of all those shops to whoever reads it once; and because ECB turns equal blocks into equal blocks,
 * two orders could be compared without reading them at all.
 */
export function sealV2(plaintext: Buffer, signingKey: KeyObject, readersKey: KeyObject): V2Parts {
  const sessionKey = randomBytes(sessionKeyBytes);
  const cipher = createCipheriv('des-ede3', sessionKey, null);
  const data = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return {
    data: data.toString('base64url'),
    key: publicEncrypt({ key: readersKey, padding: pkcs1 }, sessionKey).toString('base64url'),
    secure_hash: sign('sha256', plaintext, { key: signingKey, padding: pkcs1 }).toString('base64url'),
  };
}

/**
 * Decrypts and proves a message; null when anything about it is wrong. Every failure takes the same steps and has
 * the same answer, so that a stranger can't learn from us how a forged key or padding was received.
 */
export function openV2(parts: V2Parts, readingKey: KeyObject, signersKey: KeyObject): Buffer | null {
  const data = fromBase64url(parts.data);
  const wellFormed = data.length > 0 && data.length % 8 === 0 && data.length <= dataBytesMax;
  const decipher = createDecipheriv('des-ede3', readSessionKey(fromBase64url(parts.key), readingKey), null);
  decipher.setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(wellFormed ? data : Buffer.alloc(8)), decipher.final()]);
  const plaintext = withoutPadding(padded);
  const signature = fromBase64url(parts.secure_hash);
  const proven = verify('sha256', plaintext, { key: signersKey, padding: pkcs1 }, signature);
  return wellFormed && proven ? plaintext : null;
}

/**
 * Checks a result. `query` is what follows `?` in the address, as received. Null means: do not believe it, and
 * answer 97 when it was a notification. A return that fits is still no proof of payment: only the notification is.
 * Your address's own parameters stand before the gateway's, whatever their names.
 */
export function verifyV2Result(site: V2Site, query: string): ClassicResult | null {
  const parameters = new URLSearchParams(query);
  const last = (name: string) => lastValue(parameters, name, site.resultPrefix) ?? '';
  const parts = { data: last('data'), key: last('key'), secure_hash: last('secure_hash') };
  const plaintext = openV2(parts, site.merchantPrivateKey, site.gatewayPublicKey);
  if (plaintext === null || last('merchant_site') !== site.merchantSite) return null;
  const received = readFields(plaintext);
  return received && readClassicResult(site, '2.0', received);
}

/** A key from PEM text or from .NET's `<RSAKeyValue>` XML. Throws when it is neither, or not RSA. */
export function readRsaKey(kind: 'public' | 'private', text: string): KeyObject {
  const source = text.includes('<RSAKeyValue>')
    ? ({ key: jwkFromXml(kind, text), format: 'jwk' } as const)
    : text.trim();
  const key = kind === 'private' ? createPrivateKey(source) : createPublicKey(source);
  if (key.asymmetricKeyType !== 'rsa') throw new Error('the key is not an RSA key');
  return key;
}

/** .NET's XML and a JWK hold the same numbers: the names differ, and base64 becomes base64url. */
function jwkFromXml(kind: 'public' | 'private', xml: string) {
  const number = (tag: string) => {
    const text = new RegExp(`<${tag}>([A-Za-z0-9+/=\\s]+)</${tag}>`).exec(xml)?.[1];
    if (text === undefined) throw new Error(`the XML key has no <${tag}>`);
    return Buffer.from(text, 'base64').toString('base64url');
  };
  const open = { kty: 'RSA', n: number('Modulus'), e: number('Exponent') };
  if (kind === 'public') return open;
  return {
    ...open,
    ...{ d: number('D'), p: number('P'), q: number('Q') },
    ...{ dp: number('DP'), dq: number('DQ'), qi: number('InverseQ') },
  };
}

/**
 * 24 bytes, always: a key that can't be decrypted becomes a random one, and the signature will not fit.
 *
 * The padding (0, 2, at least eight bytes other than 0, 0, the key) is read here and not by the library: Node.js 18 and
 * 20 refuse to, with an error, for every message. Read by hand it must not show where it was wrong, neither by an
 * answer nor by the time taken: no step below depends on the bytes.
 */
function readSessionKey(encrypted: Buffer, readingKey: KeyObject): Buffer {
  const chosen = randomBytes(sessionKeyBytes);
  let padded: Buffer;
  try {
    padded = privateDecrypt({ key: readingKey, padding: constants.RSA_NO_PADDING }, encrypted);
  } catch {
    return chosen; // Of another length than the key's modulus, or above it: seen on the wire already.
  }
  const keyAt = padded.length - sessionKeyBytes;
  let wrong = (padded[0] ?? 1) | ((padded[1] ?? 0) ^ 2) | (padded[keyAt - 1] ?? 1);
  // 1 for a byte that is 0, else 0, without a branch.
  for (let at = 2; at < keyAt - 1; at += 1) wrong |= (((padded[at] ?? 0) - 1) >>> 8) & 1;
  // All bits set when nothing was wrong, else none.
  const right = ((wrong - 1) >> 31) & 0xff;
  for (let at = 0; at < sessionKeyBytes; at += 1) {
    chosen[at] = ((padded[keyAt + at] ?? 0) & right) | ((chosen[at] ?? 0) & ~right);
  }
  return chosen;
}

function withoutPadding(padded: Buffer): Buffer {
  const count = padded.at(-1) ?? 0;
  const right = count >= 1 && count <= 8 && padded.subarray(-count).every((byte) => byte === count);
  return right ? padded.subarray(0, -count) : Buffer.alloc(0);
}

/** Empty when the text is not base64url in its one canonical spelling (padding is allowed). */
function fromBase64url(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text.replace(/={1,2}$/, '') ? bytes : Buffer.alloc(0);
}

function readFields(plaintext: Buffer): Record<string, string> | null {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plaintext));
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const fields: Record<string, string> = {};
  for (const [name, field] of Object.entries(value)) {
    if (typeof field === 'string') fields[name] = field;
  }
  return fields;
}
