// What comes in by the entrances, in the log: one line for each order, once it is committed.

import type { Order } from '../../business/orders/index.ts';
import type { Context } from '../../ground/context.ts';
import { logEvent } from '../../ground/log/index.ts';

export function logPlaced({ log }: Pick<Context, 'log'>, order: Order): void {
  logEvent(log, 'order.placed', {
    orderId: order.publicId,
    merchantSite: order.merchantSite,
    protocol: order.protocol,
    amountDong: order.amountDong,
  });
}
