// What an operator sees of orders whose time is over, at /metrics.

import { Counter } from '@prometheus-io/client';
import { metricsRegistry } from '../../ground/metrics/index.ts';

const registers = [metricsRegistry];

const expired = new Counter({
  name: 'vipay_orders_expired_total',
  help: 'Orders that a run of the sweep ended because their time was over.',
  registers,
});
const setAside = new Counter({
  name: 'vipay_orders_set_aside_total',
  help: 'Orders whose time was over and that could not be ended, each time they were tried.',
  registers,
});

export function countExpired(count: number): void {
  expired.inc(count);
}

export function countSetAside(count: number): void {
  setAside.inc(count);
}
