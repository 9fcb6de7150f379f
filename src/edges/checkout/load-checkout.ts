// Who is asking about which order: read from the address and the cookies, before anything is shown or done.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { type MerchantSite, recallSite } from '../../business/merchants/index.ts';
import {
  checkoutPathOf,
  isArrivalMark,
  isPastExpiry,
  type Order,
  parseCheckoutToken,
} from '../../business/orders/index.ts';
import { expireOrderIfDue, type PaymentRecord } from '../../business/payments/index.ts';
import type { Context } from '../../ground/context.ts';
import { cookieName } from '../../ground/http/index.ts';
import type { Locale } from '../../ground/terms.ts';
import {
  type BrowserMark,
  createBrowserMark,
  isSameBrowser,
  openBrowserMark,
  sealBrowserMark,
} from './browser-mark.ts';
import { type CheckoutSession, type FoundCheckout, findCheckout } from './checkout-queries.ts';
import { readToken } from './checkout-sessions.ts';
import { landingPath, wasJustMarked } from './lost-mark.ts';
import { type Note, openNote, sealNote } from './note.ts';

const cookieNames = {
  browser: 'vipay_browser',
  session: 'vipay_session',
  note: 'vipay_note',
  locale: 'vipay_lang',
} as const;

/** The order, what this browser's session has begun for it, and who is signed in. */
export type Checkout = PaymentRecord & {
  site: MerchantSite;
  path: string;
  locale: Locale;
  mark: BrowserMark;
  /** True when the browser sent a mark of ours; false when this answer sets its first one. */
  isKnownBrowser: boolean;
  session: CheckoutSession | null;
  /** A session cookie was sent, but it is good for nothing any more. */
  sessionEnded: boolean;
  note: Note | null;
};

type CheckoutRequest = FastifyRequest<{ Params: { token: string }; Querystring: Record<string, unknown> }>;

/** Null for a token that was never given out. Writes down an expiry that nobody has seen yet. */
export async function loadCheckout(context: Context, request: CheckoutRequest): Promise<Checkout | null> {
  const orderId = parseCheckoutToken(context, request.params.token);
  if (orderId === null) return null;
  const now = context.clock.now();
  const known = readBrowserMark(context, request, orderId);
  const sessionToken = readCookie(context, request, 'session');
  const read = () => findCheckout(context.db, { orderId, tokenHash: known && readToken(sessionToken), now });
  let found = await read();
  if (found?.order.status === 'open' && isPastExpiry(found.order, now)) {
    await expireOrderIfDue(context, orderId);
    found = await read();
  }
  if (!found) return null;
  const { order } = found;
  const site = await recallSite(context, order.merchantSite);
  if (!site) throw new Error(`site ${order.merchantSite} does not exist`);

  const mark = known ?? createBrowserMark(false);
  const session = isSessionOf(found, mark) ? found.session : null;
  return {
    order,
    site,
    payer: session && found.payer,
    confirmation: session && found.confirmation,
    path: checkoutPathOf(request.params.token),
    locale: chooseLocale(context, request, order),
    mark,
    isKnownBrowser: known !== null,
    session,
    sessionEnded: sessionToken !== undefined && sessionToken !== '' && session === null,
    payment: session && found.payment,
    note: known && openNote(context.keyRing, order.id, mark, readCookie(context, request, 'note')),
  };
}

/** A session belongs to one browser. It is over when its wallet is locked or closed. */
function isSessionOf({ session, payer }: FoundCheckout, mark: BrowserMark): boolean {
  const status = payer?.wallet.status;
  return (
    session !== null && isSameBrowser(mark, session.browserHash) && status !== 'locked' && status !== 'closed'
  );
}

function chooseLocale(context: Context, request: CheckoutRequest, order: Order): Locale {
  const asked = [request.query.lang, readCookie(context, request, 'locale')];
  const found = asked.find((value) => value === 'vi' || value === 'en');
  return (found as Locale | undefined) ?? order.locale;
}

function readCookie(
  { publicUrl }: Context,
  { cookies }: CheckoutRequest,
  name: keyof typeof cookieNames,
): string | undefined {
  return cookies[cookieName(publicUrl, cookieNames[name])];
}

/** Every cookie of a checkout: of its path alone, out of scripts' reach, sent along when the shop links here. */
export function setCheckoutCookie(
  context: Context,
  reply: FastifyReply,
  checkout: Pick<Checkout, 'path'>,
  name: keyof typeof cookieNames,
  value: string | null,
  maxAgeSeconds?: number,
): void {
  reply.setCookie(cookieName(context.publicUrl, cookieNames[name]), value ?? '', {
    path: checkout.path,
    httpOnly: true,
    sameSite: 'lax',
    secure: context.publicUrl.startsWith('https:'),
    ...(value === null ? { maxAge: 0 } : maxAgeSeconds === undefined ? {} : { maxAge: maxAgeSeconds }),
  });
}

export function setBrowserMark(
  context: Context,
  reply: FastifyReply,
  { orderId, path }: { orderId: string; path: string },
  mark: BrowserMark,
): void {
  setCheckoutCookie(context, reply, { path }, 'browser', sealBrowserMark(context.keyRing, orderId, mark));
}

/** The mark that this browser has for this order; null: none of ours. */
function readBrowserMark(context: Context, request: CheckoutRequest, orderId: string): BrowserMark | null {
  return openBrowserMark(context.keyRing, orderId, readCookie(context, request, 'browser'));
}

/**
 * Marks a browser that the shop has just sent, and returns where it goes from here; null for any other request. It
 * reads nothing from the database, because the mark is signed by us and the next page reads the order.
 */
export function markArrival(context: Context, request: CheckoutRequest, reply: FastifyReply): string | null {
  const { arrival } = request.query;
  if (typeof arrival !== 'string') return null;
  const { token } = request.params;
  const orderId = parseCheckoutToken(context, token);
  if (orderId === null || !isArrivalMark(context, orderId, arrival)) return null;
  const known = readBrowserMark(context, request, orderId);
  const path = checkoutPathOf(token);
  setBrowserMark(context, reply, { orderId, path }, { ...(known ?? createBrowserMark(true)), arrived: true });
  // A browser that sent a mark keeps its cookies.
  return known === null ? landingPath(context, request, orderId) : path;
}

/** Whether this browser was marked a moment ago and has not kept the mark. Nothing is read from the database. */
export function hasLostMark(context: Context, request: CheckoutRequest): boolean {
  if (request.query.marked === undefined) return false;
  const orderId = parseCheckoutToken(context, request.params.token);
  if (orderId === null || readBrowserMark(context, request, orderId) !== null) return false;
  return wasJustMarked(context, request, orderId);
}

const noteSeconds = 60;
const refusedNoteSeconds = 900;

export function setNote(context: Context, reply: FastifyReply, checkout: Checkout, note: Note): void {
  const sealed = sealNote(context.keyRing, checkout.order.id, checkout.mark, note);
  const seconds =
    note.page === 'sign_in_refused' || note.page === 'attempts_used' ? refusedNoteSeconds : noteSeconds;
  setCheckoutCookie(context, reply, checkout, 'note', sealed, seconds);
}
