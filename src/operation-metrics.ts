// The metrics of the gateway as a whole: events by name, results by outcome, and the backlogs of connections,
// jobs, messages and orders past their time. Each module counts its own work itself.

import { Counter } from '@prometheus-io/client';
import { readQueuedMessages } from './business/messages/index.ts';
import { readOverdueOrders } from './business/payments/index.ts';
import type { Context } from './ground/context.ts';
import { countWaiting } from './ground/database/index.ts';
import { readJobBacklog } from './ground/jobs/index.ts';
import { type LogEventName, watchEvents } from './ground/log/index.ts';
import { exposeGauges, metricsRegistry } from './ground/metrics/index.ts';

const registers = [metricsRegistry];

const events = new Counter({
  name: 'vipay_events_total',
  help: 'Events of the log (docs/reference/log-events.md), written or left out.',
  labelNames: ['event'],
  registers,
});
const results = new Counter({
  name: 'vipay_results_total',
  help: 'Orders and payments that came to an end, by outcome and response code.',
  labelNames: ['of', 'outcome', 'code'],
  registers,
});

watchEvents((event, fields) => {
  events.inc({ event });
  const result = resultOf(event, fields);
  if (result !== null)
    results.inc({ of: result.of, outcome: result.outcome, code: result.code }, result.count);
});

type Result = { of: 'order' | 'payment'; outcome: string; code: string; count: number };

/** Few values each: outcomes are states, codes two digits. */
function resultOf(event: LogEventName, fields: Readonly<Record<string, unknown>>): Result | null {
  const code = /^[0-9]{2}$/.test(String(fields.code)) ? String(fields.code) : 'other';
  switch (event) {
    case 'payment.paid':
      return { of: 'payment', outcome: 'paid', code: '00', count: 1 };
    case 'payment.refused':
      return { of: 'payment', outcome: 'refused', code, count: 1 };
    case 'order.ended':
      return { of: 'order', outcome: String(fields.status), code, count: 1 };
    case 'order.expired_together':
      return { of: 'order', outcome: 'expired', code: '11', count: Number(fields.count) };
    default:
      return null;
  }
}

/** Read at each scrape, from the last context given. */
export function exposeOperation({ db, clock }: Pick<Context, 'db' | 'clock'>): void {
  exposeGauges({
    gauges: {
      vipay_database_connections:
        "Connections of the pages' pool: all, those idle, and requests that wait for one.",
      vipay_database_connections_max: "Connections that the pages' pool may have.",
    },
    labels: { vipay_database_connections: 'state' },
    read: () => ({
      vipay_database_connections: {
        total: db.pool.totalCount,
        idle: db.pool.idleCount,
        waiting: countWaiting(db.pool),
      },
      vipay_database_connections_max: db.pool.options.max,
    }),
  });
  exposeGauges({
    gauges: {
      vipay_orders_set_aside: 'Orders past their time that could not be ended and wait apart.',
      vipay_orders_overdue_seconds:
        'How long the oldest order has been past its time that no sweep has looked at.',
    },
    read: async () => {
      const now = clock.now();
      const { setAside, oldestPassed } = await readOverdueOrders(db, now);
      return {
        vipay_orders_set_aside: setAside,
        vipay_orders_overdue_seconds: secondsSince(oldestPassed, now),
      };
    },
  });
  exposeGauges({
    gauges: {
      vipay_messages_queued:
        'Live text messages that were not delivered yet; 10,000 stands for as many or more.',
      vipay_messages_oldest_seconds: 'How long the oldest of them has waited.',
      vipay_mails_queued: 'Mails that no server has taken yet; 10,000 stands for as many or more.',
      vipay_mails_oldest_seconds: 'How long the oldest of them has waited.',
    },
    read: async () => {
      const texts = await readQueuedMessages(db, 'sms');
      const mails = await readQueuedMessages(db, 'email');
      const now = clock.now();
      return {
        vipay_messages_queued: texts.queued,
        vipay_messages_oldest_seconds: secondsSince(texts.oldest, now),
        vipay_mails_queued: mails.queued,
        vipay_mails_oldest_seconds: secondsSince(mails.oldest, now),
      };
    },
  });
  exposeGauges({
    gauges: {
      vipay_jobs_failed: 'Timed jobs that failed in all their attempts.',
      vipay_jobs_oldest_due_seconds: 'How long the timed job has been due that waits longest.',
    },
    read: async () => {
      const { failed, oldestDue } = await readJobBacklog(db);
      // The job queue uses the machine's clock, as its timetable does.
      return {
        vipay_jobs_failed: failed,
        vipay_jobs_oldest_due_seconds: secondsSince(oldestDue, new Date()),
      };
    },
  });
}

function secondsSince(at: Date | null, now: Date): number {
  return at === null ? 0 : Math.max(0, (now.getTime() - at.getTime()) / 1000);
}
