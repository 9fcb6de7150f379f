// What an operator sees of results to merchants at /metrics.

import { Counter } from '@prometheus-io/client';
import type { Context } from '../../ground/context.ts';
import { exposeGauges, metricsRegistry } from '../../ground/metrics/index.ts';
import { listAlarms, readBacklog } from './alarm-queries.ts';
import type { AttemptOutcome } from './answer-kinds.ts';
import type { NotificationStatus } from './notification.ts';

const registers = [metricsRegistry];
const countMax = 100_000;
const alarmsMax = 1_000;

const attempts = new Counter({
  name: 'vipay_notification_attempts_total',
  help: 'Attempts to deliver a result, by what came of them.',
  labelNames: ['outcome'],
  registers,
});
const givenUp = new Counter({
  name: 'vipay_notifications_given_up_total',
  help: 'Results that were given up after their last attempt.',
  registers,
});

export function countAttempt(outcome: AttemptOutcome, status: NotificationStatus): void {
  attempts.inc({ outcome });
  if (status === 'exhausted') givenUp.inc();
}

/** Backlog and alarms, read from the database when they are asked for. */
export function exposeNotifications({ db, clock }: Pick<Context, 'db' | 'clock'>): void {
  exposeGauges({
    gauges: {
      vipay_notifications_pending: 'Results on their way to merchants; 100,000 stands for as many or more.',
      vipay_notifications_oldest_due_seconds:
        'How long the result has been due that waits longest for its next attempt.',
      vipay_notifications_exhausted:
        'Results that were given up and not sent again; 100,000 stands for as many or more.',
      vipay_notifications_late_sites:
        'Sites that have not taken a result for an hour or more, by what the last attempt of their oldest came to.',
      vipay_notifications_late_seconds:
        'How long the oldest result has not been taken; 0 when none is an hour old.',
    },
    labels: { vipay_notifications_late_sites: 'outcome' },
    read: async () => {
      const now = clock.now();
      const backlog = await readBacklog(db, now, countMax);
      const alarms = await listAlarms(db, alarmsMax);
      const lateSites: Record<string, number> = {};
      for (const { outcome } of alarms) lateSites[outcome] = (lateSites[outcome] ?? 0) + 1;
      const secondsSince = (at: Date | null | undefined) =>
        at ? Math.max(0, (now.getTime() - at.getTime()) / 1000) : 0;
      return {
        vipay_notifications_pending: backlog.pending,
        vipay_notifications_oldest_due_seconds: secondsSince(backlog.oldestDue),
        vipay_notifications_exhausted: backlog.exhausted,
        vipay_notifications_late_sites: lateSites,
        vipay_notifications_late_seconds: secondsSince(alarms[0]?.since),
      };
    },
  });
}
