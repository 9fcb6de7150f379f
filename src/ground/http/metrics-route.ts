// /metrics: numbers for the operator, in Prometheus's format. They tell much about the business, so nobody
// else may read them.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { metricsRegistry } from '../metrics/index.ts';
import { createKnownHosts } from './known-hosts.ts';
import { ProblemError } from './problems.ts';

/**
 * Who may read the numbers: a reader with the token; anybody (`open`: on a port that only the operator's
 * network reaches); or `local`: this machine alone, on a gateway whose public address is this machine.
 */
export type MetricsAccess = { token: string } | 'open' | 'local' | 'closed';

export function registerMetrics(app: FastifyInstance, publicUrl: string, access: MetricsAccess): void {
  const mayRead = readerOf(publicUrl, access);
  // Scrapers ask by address.
  app.get('/metrics', { config: { anyHost: true } }, async (request, reply) => {
    if (!mayRead(request)) throw refusal(access);
    return reply
      .headers({ 'cache-control': 'no-store', 'content-type': metricsRegistry.contentType })
      .send(await metricsRegistry.metrics());
  });
}

function readerOf(publicUrl: string, access: MetricsAccess): (request: FastifyRequest) => boolean {
  if (access === 'open') return () => true;
  if (access === 'closed') return () => false;
  if (access === 'local') return createLocalCheck(publicUrl);
  const expected = digest(`Bearer ${access.token}`);
  return ({ headers }) => timingSafeEqual(digest(headers.authorization ?? ''), expected);
}

/**
 * A proxy on this machine asks for strangers from this machine's address, and need not say so in any header. Only a
 * gateway whose public address is this machine has no strangers to ask for.
 */
function createLocalCheck(publicUrl: string): (request: FastifyRequest) => boolean {
  const isLocalName = createKnownHosts('http://localhost');
  if (isLocalName(new URL(publicUrl).host) !== true) return () => false;
  return ({ headers, raw }) =>
    isLoopback(raw.socket.remoteAddress ?? '') &&
    headers['x-forwarded-for'] === undefined &&
    headers['x-real-ip'] === undefined &&
    headers.forwarded === undefined &&
    headers.via === undefined &&
    isLocalName(headers.host ?? '') === true;
}

function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}

/**
 * When a token is set, a reader without it is told so. In `local` mode strangers find nothing at this
 * address.
 */
function refusal(access: MetricsAccess): ProblemError {
  return typeof access === 'string'
    ? new ProblemError('not-found', { detail: 'there is nothing at this address' })
    : new ProblemError('unauthorized', {
        detail: 'Authorization: send "Bearer" and the token of VIPAY_METRICS_TOKEN',
        headers: { 'www-authenticate': 'Bearer realm="metrics"' },
      });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
