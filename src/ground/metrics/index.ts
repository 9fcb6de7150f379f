export { exposeGauges, type GaugeFamily, type GaugeValue } from './expose-gauges.ts';
export { metricsRegistry } from './metrics.ts';
