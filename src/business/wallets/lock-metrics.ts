// What an operator sees of locks whose holders could not be told, at /metrics.

import { Counter } from '@prometheus-io/client';
import { metricsRegistry } from '../../ground/metrics/index.ts';

const setAside = new Counter({
  name: 'vipay_lock_notices_set_aside_total',
  help: 'Holders who could not be told that their wallet is locked, each time it was tried.',
  registers: [metricsRegistry],
});

export function countNoticesSetAside(count: number): void {
  setAside.inc(count);
}
