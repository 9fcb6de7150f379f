// PINs as argon2id hashes, peppered with a ring key, computed behind a bounded queue. One hash takes a core
// for tens of milliseconds and 19 MiB, so a flood of sign-ins must be refused before it fills the machine.

import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyRing } from './key-ring.ts';
import { createPinQueue } from './pin-queue.ts';

export type Argon2Cost = { memoryKib: number; passes: number; parallelism: number };

export type PinCheck = {
  matches: boolean;
  /**
   * When the PIN matches a hash of a lower cost or a former pepper: the hash to store in its place. Else
   * null.
   */
  rehashed: string | null;
};

export type PinHasher = {
  /** Encoded hash for the wallets table. */
  hash(pin: string): Promise<string>;
  /**
   * Against an encoded hash; null (no such wallet) never matches. `costsInUse`: every cost in the wallets table, as
   * `m=…,t=…,p=…`. The work is the same whatever is stored: one computation at each of these costs, and at today's.
   */
  check(pin: string, encoded: string | null, costsInUse?: readonly string[]): Promise<PinCheck>;
};

const saltBytes = 16;
const hashBytes = 32;
const argon2Async: DeriveKey = promisify(argon2);

/** Node's argon2; tests count its calls. */
export type DeriveKey = (algorithm: 'argon2id', parameters: Argon2Parameters) => Promise<Buffer>;

export function createPinHasher(
  keyRing: KeyRing,
  cost: Argon2Cost,
  limits = { running: 2, waiting: 200 },
  deriveKey: DeriveKey = argon2Async,
): PinHasher {
  const enqueue = createPinQueue(limits);
  const today = costText(cost);
  const compute = (pin: string, { salt, keyId, cost: at }: Omit<StoredHash, 'hash'>): Promise<Buffer> =>
    deriveKey('argon2id', {
      message: pin,
      nonce: salt,
      secret: keyRing.hmac('pin-pepper', 'pepper', keyId),
      memory: at.memoryKib,
      passes: at.passes,
      parallelism: at.parallelism,
      tagLength: hashBytes,
    });
  const fresh = (at: Argon2Cost) => ({ cost: at, keyId: keyRing.currentKeyId, salt: randomBytes(saltBytes) });
  const hashNow = async (pin: string) => {
    const made = fresh(cost);
    return encode({ ...made, hash: await compute(pin, made) });
  };

  return {
    hash: (pin) => enqueue(() => hashNow(pin)),
    check: (pin, encoded, costsInUse = []) =>
      enqueue(async () => {
        const stored = encoded === null ? null : decode(encoded);
        // One computation for each cost, in an order that does not depend on the stored hash. When the stored hash has
        // a lower cost, the computation at today's cost makes the hash that replaces it.
        const costs = new Map(
          [cost, ...costsInUse.map(parseCost), ...(stored ? [stored.cost] : [])].map(byText),
        );
        let matches = false;
        let rehashed: string | null = null;
        for (const [text, at] of [...costs].sort(([a], [b]) => (a < b ? -1 : 1))) {
          if (stored && costText(stored.cost) === text) {
            matches = timingSafeEqual(await compute(pin, stored), stored.hash);
          } else {
            const made = fresh(at);
            const hash = await compute(pin, made);
            if (text === today && stored && isLower(stored.cost, cost)) rehashed = encode({ ...made, hash });
          }
        }
        if (!matches) return { matches, rehashed: null };
        // A former pepper has today's cost, so no new hash was made above. Only a holder with the right PIN waits for it.
        if (rehashed === null && stored && stored.keyId !== keyRing.currentKeyId)
          rehashed = await hashNow(pin);
        return { matches, rehashed };
      }),
  };
}

type StoredHash = { cost: Argon2Cost; keyId: string; salt: Buffer; hash: Buffer };

function isLower(stored: Argon2Cost, today: Argon2Cost): boolean {
  return stored.memoryKib < today.memoryKib || stored.passes < today.passes;
}

function costText(cost: Argon2Cost): string {
  return `m=${cost.memoryKib},t=${cost.passes},p=${cost.parallelism}`;
}

const byText = (cost: Argon2Cost): [string, Argon2Cost] => [costText(cost), cost];

function parseCost(text: string): Argon2Cost {
  const match = /^m=(\d+),t=(\d+),p=(\d+)$/.exec(text);
  if (!match) throw new Error(`${text} is not a cost of PIN hashes`);
  return { memoryKib: Number(match[1]), passes: Number(match[2]), parallelism: Number(match[3]) };
}

function encode({ cost, keyId, salt, hash }: StoredHash): string {
  return [
    '',
    'argon2id',
    `${costText(cost)},k=${keyId}`,
    salt.toString('base64url'),
    hash.toString('base64url'),
  ].join('$');
}

function decode(encoded: string): StoredHash {
  const match = /^\$argon2id\$(m=\d+,t=\d+,p=\d+),k=([a-z0-9-]+)\$([\w-]+)\$([\w-]+)$/.exec(encoded);
  if (!match) throw new Error('a stored PIN hash is not in the form this program writes');
  const [, cost = '', keyId = '', salt = '', hash = ''] = match;
  return {
    cost: parseCost(cost),
    keyId,
    salt: Buffer.from(salt, 'base64url'),
    hash: Buffer.from(hash, 'base64url'),
  };
}
