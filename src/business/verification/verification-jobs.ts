// What verification does by the clock: at 03:40 in Vietnam, on Sundays from the ledger's first row on.

import type { Context } from '../../ground/context.ts';
import type { JobHands, TimedJob } from '../../ground/jobs/index.ts';
import { runVerification } from './daily-verification.ts';

export function verificationJobs({ context, signal }: JobHands<Context>): TimedJob[] {
  return [
    {
      name: 'verify_ledger',
      runs: [
        { cron: '40 20 * * 0-5', options: 'id=verify_ledger&fill=1d&max=3' },
        { cron: '40 20 * * 6', options: 'id=verify_ledger_full&fill=1d&max=3', payload: '{full:true}' },
      ],
      work: (payload) => runVerification(context, { full: isFull(payload), signal }),
    },
  ];
}

/** graphile-worker adds facts of its own to the payload of the crontab. */
function isFull(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'full' in payload && payload.full === true;
}
