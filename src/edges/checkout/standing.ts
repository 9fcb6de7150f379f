// What the browser that asks may see and do. The address of a checkout is easily copied, forwarded and guessed from a
// history; who only has it is a stranger. Pure.

import type { Checkout } from './load-checkout.ts';

type Standing = Pick<Checkout, 'mark' | 'session' | 'payment' | 'order'>;

/** The order is the shop's and its buyer's: it ends for the browser that the shop sent, and for nobody else's wallet. */
export function mayEnd({ mark }: Pick<Standing, 'mark'>): boolean {
  return mark.arrived;
}

/** Came from the shop, or paid: is shown the receipt, and taken back with the signed result. */
export function isParty({ mark, payment }: Pick<Standing, 'mark' | 'payment'>): boolean {
  return mark.arrived || payment?.status === 'paid';
}

/**
 * Amount, description and order number. A stranger sees that the shop has an order here, and signs in to see what would
 * be paid: so a link sent to another device pays, and a link that leaked tells nothing. When the order has its result,
 * there is nothing to pay any more.
 */
export function seesOrder(checkout: Standing): boolean {
  if (isParty(checkout)) return true;
  return checkout.order.status === 'open' && checkout.session !== null;
}
