// What retention does by the clock: one sweeper for every table that has a rule.

import type { Context } from '../../ground/context.ts';
import { everyMinute, type JobHands, type TimedJob } from '../../ground/jobs/index.ts';
import { trimTables } from './trim-tables.ts';

export function retentionJobs({ context, signal }: JobHands<Context>): TimedJob[] {
  return [
    {
      name: 'clean_up',
      runs: everyMinute,
      work: async () => {
        await trimTables(context, { signal });
      },
    },
  ];
}
