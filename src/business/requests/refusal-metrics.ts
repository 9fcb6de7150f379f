// What an operator sees of refused requests at /metrics.

import { Counter } from '@prometheus-io/client';
import { metricsRegistry } from '../../ground/metrics/index.ts';

const registers = [metricsRegistry];

const refused = new Counter({
  name: 'vipay_requests_refused_total',
  help: 'Requests that the entrances refused, by response code.',
  labelNames: ['code'],
  registers,
});
const unwritten = new Counter({
  name: 'vipay_requests_refused_unwritten_total',
  help: 'Of them, those without a row of their own: counted with others of their caller, dropped because too many waited, or failed at the database.',
  labelNames: ['reason'],
  registers,
});
export type UnwrittenReason = 'counted' | 'dropped' | 'failed';
for (const reason of ['counted', 'dropped', 'failed'] as const) unwritten.inc({ reason }, 0);

/** Two digits, or `other`, so that the label has few values. */
export function countRefused(code: string): void {
  refused.inc({ code: /^[0-9]{2}$/.test(code) ? code : 'other' });
}

export function countUnwritten(reason: UnwrittenReason, count = 1): void {
  unwritten.inc({ reason }, count);
}
