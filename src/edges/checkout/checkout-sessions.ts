// Sessions of signed-in buyers: new at every sign-in, bound to one order and one browser. All SQL of the checkout.

import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { uuidv7 } from 'uuidv7';
import type { DbOrTx } from '../../ground/database/index.ts';
import { type BrowserMark, hashBrowser, isSameBrowser } from './browser-mark.ts';

export type CheckoutSession = { id: string; orderId: string; walletId: string; expiresAt: Date };

/** Long enough to read a code twice, short enough for a phone left on a table. */
const sessionMs = 15 * 60_000;

/** Ends whatever session this browser had for the order; returns the cookie's value, which is stored as a hash only. */
export async function openSession(
  db: DbOrTx,
  input: { orderId: string; walletId: string; mark: BrowserMark; now: Date },
): Promise<{ session: CheckoutSession; token: string }> {
  const token = randomBytes(32).toString('base64url');
  const session = {
    id: uuidv7(),
    orderId: input.orderId,
    walletId: input.walletId,
    expiresAt: new Date(input.now.getTime() + sessionMs),
  };
  const browserHash = hashBrowser(input.mark);
  await sql`
    update checkout_sessions set ended_at = ${input.now}
    where order_id = ${input.orderId} and browser_hash = ${browserHash} and ended_at is null`.execute(db);
  await sql`
    insert into checkout_sessions (id, token_hash, browser_hash, order_id, wallet_id, signed_in_at, expires_at)
    values (${session.id}, ${hashToken(token)}, ${browserHash}, ${session.orderId}, ${session.walletId}, ${input.now},
      ${session.expiresAt})`.execute(db);
  return { session, token };
}

/**
 * The session behind a cookie; null when it is unknown, over, of another order or another browser, or when its wallet was
 * locked or closed since.
 */
export async function findSession(
  db: DbOrTx,
  input: { token: string | undefined; orderId: string; mark: BrowserMark; now: Date },
): Promise<CheckoutSession | null> {
  if (!/^[A-Za-z0-9_-]{43}$/.test(input.token ?? '')) return null;
  const { rows } = await sql<CheckoutSession & { browserHash: Buffer }>`
    select id, order_id as "orderId", wallet_id as "walletId", expires_at as "expiresAt", browser_hash as "browserHash"
    from checkout_sessions
    where token_hash = ${hashToken(input.token ?? '')} and order_id = ${input.orderId}
      and ended_at is null and expires_at > ${input.now}
      and exists (select from wallets where wallets.id = wallet_id and status not in ('locked', 'closed'))`.execute(
    db,
  );
  const [found] = rows;
  if (!found || !isSameBrowser(input.mark, found.browserHash)) return null;
  const { browserHash: _, ...session } = found;
  return session;
}

export async function endSession(db: DbOrTx, id: string, now: Date): Promise<void> {
  await sql`update checkout_sessions set ended_at = ${now} where id = ${id} and ended_at is null`.execute(db);
}

function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
