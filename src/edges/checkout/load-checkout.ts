// Who is asking about which order: read from the address and the cookies, before anything is shown or done.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { findSite, type MerchantSite } from '../../business/merchants/index.ts';
import {
  checkoutPath,
  findOrder,
  isPastExpiry,
  type Order,
  parseCheckoutToken,
} from '../../business/orders/index.ts';
import { expireOrderIfDue, findLatestPaymentOfSession, type Payment } from '../../business/payments/index.ts';
import type { Context } from '../../ground/context.ts';
import type { Locale } from '../../ground/terms.ts';
import { type BrowserMark, createBrowserMark, openBrowserMark, sealBrowserMark } from './browser-mark.ts';
import { type CheckoutSession, findSession } from './checkout-sessions.ts';
import { type Note, openNote, sealNote } from './note.ts';

export const cookieNames = {
  browser: 'vipay_browser',
  session: 'vipay_session',
  note: 'vipay_note',
  locale: 'vipay_lang',
} as const;

export type Checkout = {
  order: Order;
  site: MerchantSite;
  path: string;
  locale: Locale;
  mark: BrowserMark;
  /** True when the browser sent a mark of ours; false when this answer sets its first one. */
  isKnownBrowser: boolean;
  session: CheckoutSession | null;
  /** A session cookie was sent, but it is good for nothing any more. */
  sessionEnded: boolean;
  /** The latest payment of this session for the order. */
  payment: Payment | null;
  note: Note | null;
};

type CheckoutRequest = FastifyRequest<{ Params: { token: string }; Querystring: Record<string, unknown> }>;

/** Null for a token that was never given out. Writes down an expiry that nobody has seen yet. */
export async function loadCheckout(context: Context, request: CheckoutRequest): Promise<Checkout | null> {
  const orderId = parseCheckoutToken(context, request.params.token);
  let order = orderId === null ? null : await findOrder(context.db, orderId);
  if (!order) return null;
  const now = context.clock.now();
  if (order.status === 'open' && isPastExpiry(order, now)) {
    await expireOrderIfDue(context, order.id);
    order = (await findOrder(context.db, order.id)) ?? order;
  }
  const site = await findSite(context.db, order.merchantSite);
  if (!site) throw new Error(`site ${order.merchantSite} does not exist`);

  const known = openBrowserMark(context.keyRing, order.id, request.cookies[cookieNames.browser]);
  const mark = known ?? createBrowserMark(false);
  const sessionToken = request.cookies[cookieNames.session];
  const session = known
    ? await findSession(context.db, { token: sessionToken, orderId: order.id, mark, now })
    : null;
  return {
    order,
    site,
    path: checkoutPath(context, order.id),
    locale: chooseLocale(request, order),
    mark,
    isKnownBrowser: known !== null,
    session,
    sessionEnded: sessionToken !== undefined && sessionToken !== '' && session === null,
    payment: session && (await findLatestPaymentOfSession(context.db, session.id, order.id)),
    note: known && openNote(context.keyRing, order.id, mark, request.cookies[cookieNames.note]),
  };
}

function chooseLocale(request: CheckoutRequest, order: Order): Locale {
  const asked = [request.query.lang, request.cookies[cookieNames.locale]];
  const found = asked.find((value) => value === 'vi' || value === 'en');
  return (found as Locale | undefined) ?? order.locale;
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
  reply.setCookie(cookieNames[name], value ?? '', {
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
  checkout: Checkout,
  mark: BrowserMark,
): void {
  setCheckoutCookie(
    context,
    reply,
    checkout,
    'browser',
    sealBrowserMark(context.keyRing, checkout.order.id, mark),
  );
}

const noteSeconds = 60;
const refusedNoteSeconds = 900;

export function setNote(context: Context, reply: FastifyReply, checkout: Checkout, note: Note): void {
  const sealed = sealNote(context.keyRing, checkout.order.id, checkout.mark, note);
  const seconds = note.page === 'sign_in_refused' ? refusedNoteSeconds : noteSeconds;
  setCheckoutCookie(context, reply, checkout, 'note', sealed, seconds);
}
