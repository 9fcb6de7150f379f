// /healthz: the process answers. /readyz: it can do its work. And the count of every request, for /metrics.

import { Counter, collectDefaultMetrics, Histogram } from '@prometheus-io/client';
import type { FastifyInstance } from 'fastify';
import type { Context } from '../context.ts';
import { metricsRegistry } from '../metrics/index.ts';

const readyWithinMs = 2_000;

/** `isStopping`: true makes /readyz say no, so that a load balancer sends nothing more. */
export function registerHealth(
  app: FastifyInstance,
  context: Pick<Context, 'db'>,
  options: { isStopping?: () => boolean } = {},
): void {
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
    const ready = options.isStopping?.() !== true && (await isDatabaseReady(context));
    return reply
      .code(ready ? 200 : 503)
      .headers(noStore)
      .send({ status: ready ? 'ready' : 'not_ready' });
  });
}

async function isDatabaseReady(context: Pick<Context, 'db'>): Promise<boolean> {
  const { promise: tooLate, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), readyWithinMs);
  const answered = context.db.pool.query('select 1').then(
    () => true,
    () => false,
  );
  return Promise.race([answered, tooLate]).finally(() => clearTimeout(timer));
}

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
