// What notifications do by the clock. They are sent by the dispatcher, which does not wait for the clock.

import type { Context } from '../../ground/context.ts';
import { everyMinute, type JobHands, type TimedJob } from '../../ground/jobs/index.ts';
import { watchResults } from './watch-results.ts';

export function notificationJobs({ context }: JobHands<Context>): TimedJob[] {
  return [
    {
      name: 'watch_results',
      runs: everyMinute,
      work: async () => {
        await watchResults(context);
      },
    },
  ];
}
