// Which browsers may see the order, end it, and get its result. The address of a checkout is easily copied, forwarded
// and found in a history, so a browser that has only the address is a stranger. Pure.

import type { Checkout } from './load-checkout.ts';

type Standing = Pick<Checkout, 'mark' | 'session' | 'payment' | 'order'>;

/** Only the browser that the shop sent may cancel or give up. A stranger who signs in may pay, and no more. */
export function mayEnd({ mark }: Pick<Standing, 'mark'>): boolean {
  return mark.arrived;
}

/** A browser that came from the shop, or that paid, sees the receipt and goes back with the signed result. */
export function isParty({ mark, payment }: Pick<Standing, 'mark' | 'payment'>): boolean {
  return mark.arrived || payment?.status === 'paid';
}

/**
 * Whether the page shows amount, description and order number. A stranger sees that the shop has an order here, and
 * sees the rest after signing in, while the order is open. So a buyer may pay by the link on another device, and a link
 * that leaked tells nothing.
 */
export function seesOrder(checkout: Standing): boolean {
  if (isParty(checkout)) return true;
  return checkout.order.status === 'open' && checkout.session !== null;
}
