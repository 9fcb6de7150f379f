// What payments do by the clock.

import type { Context } from '../../ground/context.ts';
import { everyMinute, type JobHands, type TimedJob } from '../../ground/jobs/index.ts';
import { expireDueOrders } from './expire-orders.ts';

export function paymentJobs({ context, signal }: JobHands<Context>): TimedJob[] {
  return [
    {
      name: 'expire_orders',
      runs: everyMinute,
      work: async () => {
        await expireDueOrders(context, { signal });
      },
    },
  ];
}
