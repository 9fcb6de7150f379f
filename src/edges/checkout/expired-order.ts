// A classic order whose time is over. Apps that wrap the checkout in a web view watch for one fixed address and close,
// so the checkout sends every browser there. The address says nothing about the order; a cookie for that address alone
// does, and only the browser that came from the shop gets it, and with it the signed way back.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { findOrder, type Order, parseCheckoutToken } from '../../business/orders/index.ts';
import type { Context } from '../../ground/context.ts';
import { cookieName } from '../../ground/http/index.ts';
import { openBrowserMark, sealBrowserMark } from './browser-mark.ts';
import type { Checkout } from './load-checkout.ts';
import { buildReturnUrl } from './return-url.ts';

/** The classic v2 gateway's; without a query, since apps compare it whole. */
export const expiredPath = '/vipay_v2/expired';
const cookie = 'vipay_expired';
const cookieSeconds = 900;

export function isExpiredClassic({ status, protocol }: Pick<Order, 'status' | 'protocol'>): boolean {
  return status === 'expired' && protocol !== 'rest';
}

/**
 * Sends the browser on. A browser that did not come from the shop gets no cookie, and loses one that another
 * order left.
 */
export function redirectToExpired(
  context: Context,
  reply: FastifyReply,
  checkout: Pick<Checkout, 'order' | 'path' | 'mark' | 'isKnownBrowser'>,
): FastifyReply {
  const cameFromShop = checkout.isKnownBrowser && checkout.mark.arrived;
  const token = checkout.path.slice(checkout.path.lastIndexOf('/') + 1);
  const mark = sealBrowserMark(context.keyRing, checkout.order.id, checkout.mark);
  return reply
    .setCookie(cookieName(context.publicUrl, cookie), cameFromShop ? `${token}~${mark}` : '', {
      path: expiredPath,
      httpOnly: true,
      sameSite: 'lax',
      secure: context.publicUrl.startsWith('https:'),
      maxAge: cameFromShop ? cookieSeconds : 0,
    })
    .headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    .redirect(expiredPath, 303);
}

/** The order this browser came from, and its way back; null for a stranger, or one who opens the address by hand. */
export async function readExpired(
  context: Context,
  request: FastifyRequest,
): Promise<{ order: Order; returnHref: string | null } | null> {
  const [token = '', mark] = (request.cookies[cookieName(context.publicUrl, cookie)] ?? '').split('~');
  const orderId = parseCheckoutToken(context, token);
  if (orderId === null || openBrowserMark(context.keyRing, orderId, mark)?.arrived !== true) return null;
  const order = await findOrder(context.db, orderId);
  if (!order || !isExpiredClassic(order)) return null;
  return { order, returnHref: await buildReturnUrl(context, order) };
}
