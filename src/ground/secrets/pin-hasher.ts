// PINs as argon2id hashes, peppered with a ring key, computed behind a bounded queue: hashing costs a core for
// tens of milliseconds and 19 MiB, so a flood of sign-ins must be refused before it fills the machine.

import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyRing } from './key-ring.ts';

export type Argon2Cost = { memoryKib: number; passes: number; parallelism: number };

export type PinCheck = {
  matches: boolean /** made with a lower cost or a former pepper: hash again */;
  outdated: boolean;
};

export type PinHasher = {
  /** Encoded hash for the wallets table. */
  hash(pin: string): Promise<string>;
  /** Against an encoded hash; null (no such wallet) takes the same time and never matches. */
  check(pin: string, encoded: string | null): Promise<PinCheck>;
};

/** Thrown when the queue is full: the caller answers 75, try again. */
export class PinQueueFull extends Error {
  constructor() {
    super('pin_queue_full');
  }
}

const saltBytes = 16;
const hashBytes = 32;
const argon2Async = promisify(argon2);

export function createPinHasher(
  keyRing: KeyRing,
  cost: Argon2Cost,
  limits = { running: 2, waiting: 200 },
): PinHasher {
  const enqueue = createBoundedQueue(limits);
  const compute = (pin: string, salt: Buffer, keyId: string, at: Argon2Cost): Promise<Buffer> =>
    enqueue(() =>
      argon2Async('argon2id', {
        message: pin,
        nonce: salt,
        secret: keyRing.hmac('pin-pepper', 'pepper', keyId),
        memory: at.memoryKib,
        passes: at.passes,
        parallelism: at.parallelism,
        tagLength: hashBytes,
      }),
    );
  const nobody = encode(cost, keyRing.currentKeyId, randomBytes(saltBytes), randomBytes(hashBytes));

  return {
    async hash(pin) {
      const salt = randomBytes(saltBytes);
      return encode(cost, keyRing.currentKeyId, salt, await compute(pin, salt, keyRing.currentKeyId, cost));
    },
    async check(pin, encoded) {
      const stored = decode(encoded ?? nobody);
      const computed = await compute(pin, stored.salt, stored.keyId, stored.cost);
      const matches = timingSafeEqual(computed, stored.hash) && encoded !== null;
      const outdated =
        stored.keyId !== keyRing.currentKeyId ||
        stored.cost.memoryKib < cost.memoryKib ||
        stored.cost.passes < cost.passes;
      return { matches, outdated };
    },
  };
}

function encode(cost: Argon2Cost, keyId: string, salt: Buffer, hash: Buffer): string {
  return [
    '',
    'argon2id',
    `m=${cost.memoryKib},t=${cost.passes},p=${cost.parallelism},k=${keyId}`,
    salt.toString('base64url'),
    hash.toString('base64url'),
  ].join('$');
}

function decode(encoded: string): { cost: Argon2Cost; keyId: string; salt: Buffer; hash: Buffer } {
  const match = /^\$argon2id\$m=(\d+),t=(\d+),p=(\d+),k=([a-z0-9-]+)\$([\w-]+)\$([\w-]+)$/.exec(encoded);
  if (!match) throw new Error('a stored PIN hash is not in the form this program writes');
  const [, memory = '', passes = '', parallelism = '', keyId = '', salt = '', hash = ''] = match;
  return {
    cost: { memoryKib: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    keyId,
    salt: Buffer.from(salt, 'base64url'),
    hash: Buffer.from(hash, 'base64url'),
  };
}

function createBoundedQueue(limits: { running: number; waiting: number }) {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= limits.running) {
      if (waiting.length >= limits.waiting) throw new PinQueueFull();
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      // The place is handed to the next in line, so `running` only falls when nobody waits.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
