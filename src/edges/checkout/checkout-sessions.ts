// Sessions of signed-in buyers: new at every sign-in, bound to one order and one browser.

import { createHash, randomBytes } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import { type BrowserMark, hashBrowser } from './browser-mark.ts';
import type { SessionRow } from './checkout-queries.ts';

/** Long enough to read a code twice, short enough for a phone left on a table. */
const sessionMs = 15 * 60_000;

/** A session to be stored, and the cookie's value, which is stored as a hash only. */
export function createSession(input: { orderId: string; walletId: string; mark: BrowserMark; now: Date }): {
  session: SessionRow & { tokenHash: Buffer; signedInAt: Date };
  token: string;
} {
  const token = randomBytes(32).toString('base64url');
  const session = {
    id: uuidv7(),
    orderId: input.orderId,
    walletId: input.walletId,
    browserHash: hashBrowser(input.mark),
    tokenHash: hashToken(token),
    signedInAt: input.now,
    expiresAt: new Date(input.now.getTime() + sessionMs),
  };
  return { session, token };
}

/** The hash by which this cookie's session is found; null when the value cannot be a token of ours. */
export function readToken(cookie: string | undefined): Buffer | null {
  return cookie !== undefined && /^[A-Za-z0-9_-]{43}$/.test(cookie) ? hashToken(cookie) : null;
}

function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
