// The key ring: what encrypts stored secrets and keys the hashes of short codes. Every use has a key of its
// own, derived from a ring key by HKDF, so that one leaked use says nothing of another.

import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

/** What a derived key is for. A new use gets a new word; a word is never reused. */
export type KeyPurpose =
  | 'seal'
  | 'otp'
  | 'checkout-token'
  | 'browser'
  | 'pin-pepper'
  | 'subject'
  | 'ledger-checkpoint'
  | 'ledger-transfer'
  | 'audit-act'
  | 'audit-checkpoint';

export type RingKey = { id: string; bytes: Buffer };

export type KeyRing = {
  /** The key that new secrets are sealed and keyed with. */
  currentKeyId: string;
  /** AES-256-GCM; `boundTo` names the row (`site_keys/<id>`), so that a sealed value moved to another row does not open. */
  seal(plaintext: Buffer, boundTo: string): Buffer;
  /** Throws when the value was altered, moved, or sealed with a key no longer on the ring. */
  open(sealed: Buffer, boundTo: string): Buffer;
  /** Keyed hash under the current key, or the named one. 32 bytes. */
  hmac(purpose: KeyPurpose, text: string, keyId?: string): Buffer;
  /** True when `mac` (possibly a prefix of at least 16 bytes) is this text's under any key of the ring. */
  matchesHmac(purpose: KeyPurpose, text: string, mac: Buffer): boolean;
};

const formatVersion = 1;
const ivBytes = 12;
const tagBytes = 16;

/**
 * Reads the setting `id:base64(32 bytes)[,id:base64…]`; the first key is the current one.
 * Throws an Error whose message names the faulty entry by position, never its content.
 */
export function parseKeyRing(setting: string): KeyRing {
  const keys = setting.split(',').map((entry, index): RingKey => {
    const match = /^\s*([a-z0-9-]{1,16}):([A-Za-z0-9+/]{43}=)\s*$/.exec(entry);
    if (!match?.[1] || !match[2]) {
      throw new Error(`key ${index + 1} of the ring is not "id:base64 of 32 bytes"`);
    }
    return { id: match[1], bytes: Buffer.from(match[2], 'base64') };
  });
  if (new Set(keys.map((key) => key.id)).size !== keys.length)
    throw new Error('two keys of the ring share an id');
  return createKeyRing(keys);
}

/** A fresh setting for `parseKeyRing`, with one random key. */
export function generateKeyRingSetting(): string {
  return `k1:${randomBytes(32).toString('base64')}`;
}

export function createKeyRing(keys: RingKey[]): KeyRing {
  const current = keys[0];
  if (!current) throw new Error('a key ring needs at least one key');
  // Key objects, not bytes: from bytes each use would make one anew, at four times the price of the hash itself.
  const derived = new Map<string, KeyObject>();
  const keyFor = (ringKey: RingKey, purpose: KeyPurpose): KeyObject => {
    const name = `${ringKey.id}/${purpose}`;
    let key = derived.get(name);
    if (!key) {
      const bytes = hkdfSync('sha256', ringKey.bytes, Buffer.alloc(0), `vipay/${purpose}`, 32);
      key = createSecretKey(Buffer.from(bytes));
      derived.set(name, key);
    }
    return key;
  };
  const find = (id: string): RingKey => {
    const key = keys.find((candidate) => candidate.id === id);
    if (!key)
      throw new Error(`key ${id} is not on the ring (VIPAY_SECRET_KEY): add it behind the current one`);
    return key;
  };
  const associatedData = (keyId: string, boundTo: string) => Buffer.from(`${keyId}|${boundTo}`);
  const mac = (ringKey: RingKey, purpose: KeyPurpose, text: string): Buffer =>
    createHmac('sha256', keyFor(ringKey, purpose)).update(text).digest();

  return {
    currentKeyId: current.id,
    seal(plaintext, boundTo) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', keyFor(current, 'seal'), iv);
      cipher.setAAD(associatedData(current.id, boundTo));
      const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      const id = Buffer.from(current.id);
      return Buffer.concat([Buffer.from([formatVersion, id.length]), id, iv, cipher.getAuthTag(), body]);
    },
    open(sealed, boundTo) {
      const idLength = sealed[1] ?? 0;
      const bodyAt = 2 + idLength + ivBytes + tagBytes;
      if (sealed[0] !== formatVersion || sealed.length < bodyAt) throw new Error('not a sealed value');
      const key = find(sealed.subarray(2, 2 + idLength).toString());
      const decipher = createDecipheriv(
        'aes-256-gcm',
        keyFor(key, 'seal'),
        sealed.subarray(2 + idLength, 2 + idLength + ivBytes),
      );
      decipher.setAAD(associatedData(key.id, boundTo));
      decipher.setAuthTag(sealed.subarray(bodyAt - tagBytes, bodyAt));
      return Buffer.concat([decipher.update(sealed.subarray(bodyAt)), decipher.final()]);
    },
    hmac: (purpose, text, keyId) => mac(keyId === undefined ? current : find(keyId), purpose, text),
    matchesHmac(purpose, text, candidate) {
      if (candidate.length < 16 || candidate.length > 32) return false;
      return keys
        .map((key) => timingSafeEqual(mac(key, purpose, text).subarray(0, candidate.length), candidate))
        .includes(true);
    },
  };
}
