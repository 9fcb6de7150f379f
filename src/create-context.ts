// Makes the context that every use case is given, from the settings and an open database.

import type { Config } from './config.ts';
import type { Context } from './ground/context.ts';
import type { Database } from './ground/database/index.ts';
import type { Logger } from './ground/log/index.ts';
import { createPinHasher, parseKeyRing } from './ground/secrets/index.ts';
import { type Clock, systemClock } from './ground/time/index.ts';

export function createContext(
  config: Pick<Config, 'publicUrl' | 'argon2'> & Partial<Pick<Config, 'operator' | 'demo' | 'mail'>>,
  parts: { db: Database; secretKey: string; log: Logger; clock?: Clock },
): Context {
  const keyRing = parseKeyRing(parts.secretKey);
  return {
    db: parts.db,
    clock: parts.clock ?? systemClock,
    keyRing,
    pinHasher: createPinHasher(keyRing, config.argon2),
    log: parts.log,
    publicUrl: config.publicUrl,
    operator: config.operator ?? null,
    mail: config.mail ? 'server' : config.demo === true ? 'inbox' : 'off',
  };
}
