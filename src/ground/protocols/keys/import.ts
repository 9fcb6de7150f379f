// Reads an RSA key in whatever form a merchant's system gives it.

import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { fingerprintKey } from './export.ts';
import { parseRsaKeyValue } from './rsa-key-value.ts';

/** Field keys of classic sites have 1024 bits; nothing shorter was ever issued. */
const bitsMin = 1024;
const bitsMax = 8192;
const textLengthMax = 16_384;

export type ImportedKey =
  | {
      ok: true;
      key: KeyObject;
      publicKey: KeyObject;
      kind: 'public' | 'private';
      bits: number;
      fingerprint: string;
    }
  | { ok: false; problem: string };

/**
 * Imports .NET `<RSAKeyValue>` XML, PEM (SPKI, PKCS#1, PKCS#8; not encrypted) or a JWK, public or private.
 * Accepts 1024 to 8192 bits and an odd public exponent from 3 to 33 bits; a private key must match its public
 * part. `problem` is an English sentence for the person who pasted the text, and quotes nothing of it.
 */
export function importRsaKey(text: string): ImportedKey {
  if (text.length > textLengthMax) return { ok: false, problem: 'The text is too long for an RSA key.' };
  const read = readKey(text.replace(/^\uFEFF/, '').trim());
  if (typeof read === 'string') return { ok: false, problem: read };
  const problem = findProblem(read);
  if (problem !== null) return { ok: false, problem };
  const publicKey = read.type === 'private' ? createPublicKey(read) : read;
  return {
    ok: true,
    key: read,
    publicKey,
    kind: read.type === 'private' ? 'private' : 'public',
    bits: read.asymmetricKeyDetails?.modulusLength ?? 0,
    fingerprint: fingerprintKey(read),
  };
}

function readKey(text: string): KeyObject | string {
  if (text.startsWith('<')) {
    const jwk = parseRsaKeyValue(text);
    return typeof jwk === 'string' ? `The XML is no RSA key: ${jwk}.` : readJwk(jwk, 'XML');
  }
  if (text.startsWith('{')) {
    try {
      const jwk = JSON.parse(text) as JsonWebKey;
      return jwk.kty === 'RSA' ? readJwk(jwk, 'JWK') : 'The JWK is no RSA key: kty must be RSA.';
    } catch {
      return 'The text looks like a JWK but is not valid JSON.';
    }
  }
  return readPem(text);
}

function readJwk(key: JsonWebKey, form: string): KeyObject | string {
  try {
    return key.d === undefined
      ? createPublicKey({ key, format: 'jwk' })
      : createPrivateKey({ key, format: 'jwk' });
  } catch {
    return `The ${form} does not hold a usable RSA key: a number is missing or out of range.`;
  }
}

function readPem(text: string): KeyObject | string {
  const label = /^-----BEGIN ([A-Z ]+)-----/.exec(text)?.[1];
  if (label === undefined) return 'The text is neither RSAKeyValue XML, nor PEM, nor a JWK.';
  if (label.includes('ENCRYPTED') || text.includes('Proc-Type: 4,ENCRYPTED')) {
    return 'The PEM is encrypted; export the key without a passphrase.';
  }
  try {
    if (label === 'PUBLIC KEY' || label === 'RSA PUBLIC KEY') return createPublicKey(text);
    if (label === 'PRIVATE KEY' || label === 'RSA PRIVATE KEY') return createPrivateKey(text);
  } catch {
    return 'The PEM is damaged: its content is no key.';
  }
  return `The PEM holds a ${label.toLowerCase()}, not an RSA key.`;
}

function findProblem(key: KeyObject): string | null {
  if (key.asymmetricKeyType !== 'rsa') return `The key is of type ${key.asymmetricKeyType}, not RSA.`;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  const exponent = key.asymmetricKeyDetails?.publicExponent ?? 0n;
  if (bits < bitsMin) return `The key has ${bits} bits; at least ${bitsMin} are needed.`;
  if (bits > bitsMax) return `The key has ${bits} bits; at most ${bitsMax} are read.`;
  if (exponent < 3n || exponent % 2n === 0n || exponent >= 1n << 33n)
    return 'The public exponent is not usable.';
  return key.type === 'private' && !fitsItsPublicPart(key)
    ? 'The private numbers do not match the public ones.'
    : null;
}

/** Checks every number against the others: OpenSSL computes with some of them and never looks at the rest. */
function fitsItsPublicPart(key: KeyObject): boolean {
  const jwk = key.export({ format: 'jwk' });
  const [n, e, d, p, q] = [
    toNumber(jwk.n),
    toNumber(jwk.e),
    toNumber(jwk.d),
    toNumber(jwk.p),
    toNumber(jwk.q),
  ];
  const [dp, dq, qi] = [toNumber(jwk.dp), toNumber(jwk.dq), toNumber(jwk.qi)];
  if (p < 3n || q < 3n || p * q !== n) return false;
  const exponentsFit = d % (p - 1n) === dp && d % (q - 1n) === dq;
  return exponentsFit && (e * dp) % (p - 1n) === 1n && (e * dq) % (q - 1n) === 1n && (qi * q) % p === 1n;
}

function toNumber(base64url: string | undefined): bigint {
  return BigInt(`0x0${Buffer.from(base64url ?? '', 'base64url').toString('hex')}`);
}
