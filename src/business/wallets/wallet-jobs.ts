// What wallets do by the clock.

import type { Context } from '../../ground/context.ts';
import { everyMinute, type JobHands, type TimedJob } from '../../ground/jobs/index.ts';
import { tellOfLocks } from './pin-locks.ts';
import { trimPinCosts } from './sign-in-queries.ts';

export function walletJobs({ context }: JobHands<Context>): TimedJob[] {
  return [
    {
      name: 'tell_of_locks',
      runs: everyMinute,
      work: async () => {
        await tellOfLocks(context);
      },
    },
    {
      name: 'trim_pin_costs',
      runs: [{ cron: '10 20 * * *', options: 'fill=1d' }],
      work: async () => {
        await trimPinCosts(context.db);
      },
    },
  ];
}
