// /healthz: the process answers. /readyz: it can do its work. And the count of every request, for /metrics.

import { Counter, collectDefaultMetrics, Histogram } from '@prometheus-io/client';
import type { FastifyInstance } from 'fastify';
import type { DatabaseWatch } from '../database/index.ts';
import { metricsRegistry } from '../metrics/index.ts';

export type HealthOptions = {
  /** Says whether the work can be done: /readyz asks it anew. */
  watch: Pick<DatabaseWatch, 'ask'>;
  /** True makes /readyz say no, so that a load balancer sends nothing more. */
  isStopping?: (() => boolean) | undefined;
};

export function registerHealth(app: FastifyInstance, { watch, isStopping }: HealthOptions): void {
  const metrics = useMetrics();
  app.addHook('onResponse', (request, reply, done) => {
    // The route's pattern, never the address: a checkout's token is no label.
    const route = request.routeOptions.url ?? '(none)';
    metrics.requests.inc({ method: request.method, route, status: String(reply.statusCode) });
    metrics.duration.observe({ method: request.method, route }, reply.elapsedTime / 1000);
    done();
  });
  const noStore = { 'cache-control': 'no-store' };
  // Load balancers ask by address.
  const anyHost = { config: { anyHost: true } };

  app.get('/healthz', anyHost, async (_request, reply) => reply.headers(noStore).send({ status: 'ok' }));

  app.get('/readyz', anyHost, async (_request, reply) => {
    const found = await watch.ask();
    const standing = found.ok && isStopping?.() === true ? stopping : found;
    return (
      reply
        .code(standing.ok ? 200 : 503)
        .headers(noStore)
        // One word for the reason: strangers may ask here too, and the log says the rest.
        .send(standing.ok ? { status: 'ready' } : { status: 'not_ready', reason: standing.reason })
    );
  });
}

const stopping = { ok: false, reason: 'starting_or_stopping' } as const;

type Metrics = {
  requests: Counter<'method' | 'route' | 'status'>;
  duration: Histogram<'method' | 'route'>;
};
let metrics: Metrics | undefined;

/** Made once for the process, however many servers it makes (tests make many). */
function useMetrics(): Metrics {
  if (metrics) return metrics;
  collectDefaultMetrics({ register: metricsRegistry });
  const registers = [metricsRegistry];
  metrics = {
    requests: new Counter({
      name: 'vipay_http_requests_total',
      help: 'Requests answered.',
      labelNames: ['method', 'route', 'status'],
      registers,
    }),
    duration: new Histogram({
      name: 'vipay_http_request_seconds',
      help: 'From the first byte of a request to the last of its answer.',
      labelNames: ['method', 'route'],
      buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
  };
  return metrics;
}
