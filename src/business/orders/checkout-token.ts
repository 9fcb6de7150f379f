// The addresses of an order's checkout. The token is the order's id and a keyed hash of it: nothing is stored,
// and it opens the order's page and status, no more. The arrival mark says that a browser was sent by the shop.

import type { Context } from '../../ground/context.ts';
import type { Order } from './order.ts';

const macBytes = 16;
const idBytes = 16;

/** 43 base64url characters. */
export function checkoutToken(context: Pick<Context, 'keyRing'>, orderId: string): string {
  const id = Buffer.from(orderId.replaceAll('-', ''), 'hex');
  const mac = context.keyRing.hmac('checkout-token', `order/${orderId}`).subarray(0, macBytes);
  return Buffer.concat([id, mac]).toString('base64url');
}

/** The order's uuid, or null for a token that was never given out. */
export function parseCheckoutToken(context: Pick<Context, 'keyRing'>, token: string): string | null {
  if (!/^[A-Za-z0-9_-]{43}$/.test(token)) return null;
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== idBytes + macBytes || bytes.toString('base64url') !== token) return null;
  const hex = bytes.subarray(0, idBytes).toString('hex');
  const orderId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return context.keyRing.matchesHmac('checkout-token', `order/${orderId}`, bytes.subarray(idBytes))
    ? orderId
    : null;
}

/** For a token that `parseCheckoutToken` took: an order has only one. */
export function checkoutPathOf(token: string): string {
  return `/checkout/${token}`;
}

export function checkoutPath(context: Pick<Context, 'keyRing'>, orderId: string): string {
  return checkoutPathOf(checkoutToken(context, orderId));
}

export function checkoutUrl(context: Context, order: Pick<Order, 'id'>): string {
  return context.publicUrl + checkoutPath(context, order.id);
}

/** The checkout's address as the shop hands it to its buyer's browser; exchanged there for a cookie. */
export function arrivalUrl(context: Context, order: Pick<Order, 'id'>): string {
  const mark = context.keyRing.hmac('checkout-token', `arrival/${order.id}`).subarray(0, macBytes);
  return `${checkoutUrl(context, order)}?arrival=${mark.toString('base64url')}`;
}

/** Does this mark say that the shop sent the browser here for this order? */
export function isArrivalMark(context: Pick<Context, 'keyRing'>, orderId: string, mark: string): boolean {
  if (!/^[A-Za-z0-9_-]{22}$/.test(mark)) return false;
  return context.keyRing.matchesHmac('checkout-token', `arrival/${orderId}`, Buffer.from(mark, 'base64url'));
}
