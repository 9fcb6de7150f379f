// The envelope of v2: a text under 3DES with a session key, that key under the reader's RSA key (PKCS#1 v1.5),
// and the writer's signature over the text.
//
// PKCS#1 v1.5 decryption is an oracle to whoever can tell its failures apart. So opening does the same
// operations whatever fails, and says only whether everything fits:
// the length and range are checked against the modulus (a stand-in is decrypted when they are wrong); OpenSSL
// rejects implicitly, giving pseudo-random bytes for wrong padding; a session key that is not 24 bytes is
// replaced by a random one; 3DES runs without automatic padding; the verification always runs.

import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { decodeBase64url, encodeBase64url } from './base64.ts';

const sessionKeyLength = 24;
const blockLength = 8;
const cipher = 'des-ede3';

/** The three parts as they travel, base64url. */
export type Envelope = { data: string; key: string; secureHash: string };

export type OpenedEnvelope = { plaintext: Buffer; sessionKey: Buffer };

/** The operations with a cost that could be measured from outside; tests count them. */
export type EnvelopeOperations = {
  decryptKey(privateKey: KeyObject, ciphertext: Buffer): Buffer;
  decryptData(sessionKey: Buffer, ciphertext: Buffer): Buffer;
  verify(publicKey: KeyObject, plaintext: Buffer, signature: Buffer): boolean;
};

export const nodeOperations: EnvelopeOperations = {
  decryptKey: (key, ciphertext) => privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, ciphertext),
  decryptData(sessionKey, ciphertext) {
    const decipher = createDecipheriv(cipher, sessionKey, null).setAutoPadding(false);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  },
  verify: (key, plaintext, signature) =>
    verify('sha256', plaintext, { key, padding: constants.RSA_PKCS1_PADDING }, signature),
};

/**
 * Opens an envelope with any of the reader's private keys and any of the writer's public keys (several while
 * they are being replaced; every pair is tried, whichever fits). Null, and no reason, when none fits.
 */
export function openEnvelope(
  envelope: Envelope,
  keys: { privateKeys: readonly KeyObject[]; publicKeys: readonly KeyObject[] },
  operations: EnvelopeOperations = nodeOperations,
  random: (length: number) => Buffer = randomBytes,
): OpenedEnvelope | null {
  const data = fitBlocks(decodeBase64url(envelope.data));
  const encryptedKey = decodeBase64url(envelope.key);
  const signature = decodeBase64url(envelope.secureHash);
  let opened: OpenedEnvelope | null = null;
  for (const privateKey of keys.privateKeys) {
    const wrapped = fitModulus(encryptedKey, createPublicKey(privateKey), random);
    const unwrapped = operations.decryptKey(privateKey, wrapped.bytes);
    const replacement = random(sessionKeyLength);
    const sessionKeyFits = unwrapped.length === sessionKeyLength;
    const sessionKey = sessionKeyFits ? unwrapped : replacement;
    const unpadded = removePadding(operations.decryptData(sessionKey, data.bytes));
    for (const publicKey of keys.publicKeys) {
      const sealed = fitModulus(signature, publicKey, random);
      const verified = operations.verify(publicKey, unpadded.bytes, sealed.bytes);
      const everything = [data.fits, wrapped.fits, sessionKeyFits, unpadded.fits, sealed.fits, verified];
      if (!everything.includes(false)) opened = { plaintext: unpadded.bytes, sessionKey };
    }
  }
  return opened;
}

/** Seals a text under a fresh session key. `random` gives that key; tests pass their own. */
export function sealEnvelope(
  plaintext: Buffer,
  keys: { publicKey: KeyObject; privateKey: KeyObject },
  random: (length: number) => Buffer = randomBytes,
): Envelope {
  const sessionKey = random(sessionKeyLength);
  const encipher = createCipheriv(cipher, sessionKey, null);
  const data = Buffer.concat([encipher.update(plaintext), encipher.final()]);
  const padding = constants.RSA_PKCS1_PADDING;
  return {
    data: encodeBase64url(data),
    key: encodeBase64url(publicEncrypt({ key: keys.publicKey, padding }, sessionKey)),
    secureHash: encodeBase64url(sign('sha256', plaintext, { key: keys.privateKey, padding })),
  };
}

type Fitted = { fits: boolean; bytes: Buffer };

/** Whole blocks, at least one; a stand-in of zeros where there are none. */
function fitBlocks(bytes: Buffer | null): Fitted {
  if (bytes !== null && bytes.length > 0 && bytes.length % blockLength === 0) return { fits: true, bytes };
  const whole = Math.max(1, Math.floor((bytes?.length ?? 0) / blockLength)) * blockLength;
  return { fits: false, bytes: Buffer.alloc(whole) };
}

/** Exactly as long as the modulus and below it; else a random stand-in that is (its first byte is zero). */
function fitModulus(bytes: Buffer | null, key: KeyObject, random: (length: number) => Buffer): Fitted {
  const modulus = Buffer.from(key.export({ format: 'jwk' }).n ?? '', 'base64url');
  const standIn = random(modulus.length);
  standIn[0] = 0;
  const fits = bytes !== null && bytes.length === modulus.length && Buffer.compare(bytes, modulus) < 0;
  return { fits, bytes: fits ? bytes : standIn };
}

/** PKCS#5, looking at all eight last bytes whatever they are; the whole text when the padding is wrong. */
function removePadding(padded: Buffer): Fitted {
  const count = padded[padded.length - 1] ?? 0;
  let wrong = Number(count < 1) | Number(count > blockLength);
  for (let back = 1; back <= blockLength; back++) {
    const counts = Number(back <= count);
    wrong |= counts & Number(padded[padded.length - back] !== count);
  }
  return { fits: wrong === 0, bytes: padded.subarray(0, padded.length - (wrong === 0 ? count : 0)) };
}
