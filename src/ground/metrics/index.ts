export { metricsRegistry } from './metrics.ts';
