// .NET's <RSAKeyValue> XML, to and from the members of a JWK.

import type { JsonWebKey } from 'node:crypto';

/** XML element → JWK member, in the order .NET writes them. */
const publicElements = { Modulus: 'n', Exponent: 'e' } as const;
const privateElements = { P: 'p', Q: 'q', DP: 'dp', DQ: 'dq', InverseQ: 'qi', D: 'd' } as const;
const elements = { ...publicElements, ...privateElements };

/**
 * Reads the XML; a text tells what is wrong with it. Every element at most once, nothing else inside; leading
 * zero bytes, which Java's BigInteger adds, are dropped.
 */
export function parseRsaKeyValue(xml: string): JsonWebKey | string {
  const body = /^\s*(?:<\?xml[^<>]*\?>\s*)?<RSAKeyValue(?:\s[^<>]*)?>([\s\S]*)<\/RSAKeyValue>\s*$/.exec(
    xml,
  )?.[1];
  if (body === undefined) return 'not one <RSAKeyValue> element';
  const jwk: JsonWebKey = { kty: 'RSA' };
  const rest = body.replace(/<(\w+)>([^<>]*)<\/\1>/g, (whole, element: string, text: string) => {
    const member = Object.hasOwn(elements, element) ? elements[element as keyof typeof elements] : null;
    const value = toBase64url(text);
    if (member === null || value === null || jwk[member] !== undefined) return whole;
    jwk[member] = value;
    return '';
  });
  if (rest.trim() !== '') return 'an element is unknown, repeated or not base64';
  if (jwk.n === undefined || jwk.e === undefined) return 'Modulus or Exponent is missing';
  const privateMembers = Object.values(privateElements).filter((member) => jwk[member] !== undefined);
  if (privateMembers.length !== 0 && privateMembers.length !== 6) {
    return 'a private key needs all of P, Q, DP, DQ, InverseQ and D';
  }
  return jwk;
}

/**
 * Writes the XML on one line, as .NET does. The private parts must be as long as .NET's importer expects:
 * P, Q, DP, DQ, InverseQ half the modulus, D the whole.
 */
export function writeRsaKeyValue(jwk: JsonWebKey): string {
  const modulusLength = Buffer.from(jwk.n ?? '', 'base64url').length;
  const lengths: Partial<Record<keyof typeof elements, number>> = {
    Exponent: 0,
    Modulus: 0,
    D: modulusLength,
  };
  const written = Object.entries(elements).flatMap(([element, member]) => {
    const value = jwk[member];
    if (value === undefined) return [];
    const bytes = Buffer.from(value, 'base64url');
    const length = lengths[element as keyof typeof elements] ?? Math.ceil(modulusLength / 2);
    const padded = Buffer.concat([Buffer.alloc(Math.max(0, length - bytes.length)), bytes]);
    return [`<${element}>${padded.toString('base64')}</${element}>`];
  });
  return `<RSAKeyValue>${written.join('')}</RSAKeyValue>`;
}

function toBase64url(text: string): string | null {
  const compact = text.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return null;
  const bytes = Buffer.from(compact, 'base64');
  const firstAt = bytes.findIndex((byte) => byte !== 0);
  return firstAt === -1 ? null : bytes.subarray(firstAt).toString('base64url');
}
