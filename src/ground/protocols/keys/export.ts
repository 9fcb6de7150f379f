// Writes RSA keys in the formats merchants' systems read, and makes new pairs.

import { createHash, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { writeRsaKeyValue } from './rsa-key-value.ts';

/** .NET `<RSAKeyValue>`, PEM (SPKI or PKCS#8), or JWK as JSON text. */
export type KeyFormat = 'xml' | 'pem' | 'jwk';

/** The public key, of a public or a private one. */
export function exportPublicKey(key: KeyObject, format: KeyFormat): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  if (format === 'pem') return publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const jwk = publicKey.export({ format: 'jwk' });
  return format === 'xml' ? writeRsaKeyValue(jwk) : JSON.stringify(jwk);
}

/** The private key as text. The result is secret. */
export function exportPrivateKey(key: KeyObject, format: KeyFormat): string {
  if (key.type !== 'private') throw new Error('exportPrivateKey needs a private key');
  if (format === 'pem') return key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const jwk = key.export({ format: 'jwk' });
  return format === 'xml' ? writeRsaKeyValue(jwk) : JSON.stringify(jwk);
}

/** SHA-256 (64 hex digits) over the public key's SPKI; the same for a pair's two halves and in every format. */
export function fingerprintKey(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

const generateKeyPairAsync = promisify(generateKeyPair);

/** A new pair for one site, of 2048 bits or more, used for nothing else. */
export async function generateSiteKeyPair(
  bits = 2048,
): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  if (bits < 2048) throw new Error('new keys have 2048 bits or more');
  return generateKeyPairAsync('rsa', { modulusLength: bits });
}
