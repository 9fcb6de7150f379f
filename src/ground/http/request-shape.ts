// Finds faults of a request before any route is chosen: headers that two readers could understand
// differently, a host that is not ours, a body in an encoding that is not accepted.

import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { KnownHosts } from './known-hosts.ts';
import { ProblemError } from './problems.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** This route answers under any name: load balancers ask by address. */
    anyHost?: boolean;
  }
}

/**
 * Headers of which a request has one. Node takes the first of some and joins others with a comma; a proxy may take
 * the last.
 */
const singleHeaders = [
  'host',
  'authorization',
  'content-type',
  'content-length',
  'content-encoding',
  'expect',
  'idempotency-key',
  'sec-fetch-site',
];

/** The first fault found, or null. `knownHosts` null: every host is known. */
export function findShapeFault(request: FastifyRequest, knownHosts: KnownHosts | null): ProblemError | null {
  const { raw } = request;
  const { headers } = raw;
  return (
    findRepeatedHeader(raw) ??
    findHostFault(request, knownHosts) ??
    (headers.expect === undefined ? null : findExpectFault(headers.expect)) ??
    (headers['content-encoding'] === undefined ? null : findEncodingFault(headers['content-encoding'])) ??
    (headers['transfer-encoding'] === undefined ? null : findFramingFault(headers['transfer-encoding']))
  );
}

function findRepeatedHeader({ headers, rawHeaders }: IncomingMessage): ProblemError | null {
  // Node's object has each name once. Only when the counts differ, a header came twice.
  if (rawHeaders.length === Object.keys(headers).length * 2) return null;
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (seen.has(name) && singleHeaders.includes(name)) {
      return new ProblemError('malformed-request', {
        detail: `${name}: sent more than once`,
        errors: [{ field: name, detail: 'sent more than once' }],
      });
    }
    seen.add(name);
  }
  return null;
}

function findHostFault(request: FastifyRequest, knownHosts: KnownHosts | null): ProblemError | null {
  const host = request.raw.headers.host ?? '';
  const known = knownHosts === null ? host !== '' : knownHosts(host);
  if (known === true || request.routeOptions.config?.anyHost === true) return null;
  // A trusted proxy may say by which name it was asked; without one this is the same host again.
  if (knownHosts?.(request.host) === true) return null;
  return known === null || host === ''
    ? new ProblemError('malformed-request', { detail: 'host: the header is missing or malformed' })
    : new ProblemError('misdirected-request', {
        detail:
          'host: this gateway is not known by that name; ask by its public address, or let your proxy pass the Host header on',
      });
}

function findExpectFault(expect: string): ProblemError | null {
  return expect.toLowerCase() === '100-continue'
    ? null
    : new ProblemError('expectation-failed', { detail: 'expect: nothing but 100-continue is understood' });
}

function findEncodingFault(encoding: string): ProblemError | null {
  return encoding === '' || encoding.toLowerCase() === 'identity'
    ? null
    : new ProblemError('unsupported-media-type', {
        detail: 'content-encoding: send the body as it is, not compressed',
        // RFC 9110, section 15.5.16: says that it was the coding, and which one is taken.
        headers: { 'accept-encoding': 'identity' },
      });
}

/** With any other coding, two readers may disagree where the body ends. */
function findFramingFault(encoding: string): ProblemError | null {
  return encoding.toLowerCase() === 'chunked'
    ? null
    : new ProblemError('malformed-request', {
        detail: 'transfer-encoding: nothing but chunked is understood',
      });
}

/**
 * A target in absolute form (`GET http://host/path`), as clients send it to a proxy, becomes the path. Its
 * host replaces the Host header (RFC 9112, section 3.2.2). If the two differ, it is left unchanged, and the
 * request is refused because of its host.
 */
export function toOriginForm(request: IncomingMessage): string {
  const url = request.url ?? '/';
  if (url.charCodeAt(0) === 0x2f) return url;
  const match = /^https?:\/\/([^/?#]*)([^#]*)/i.exec(url);
  if (match === null) return url;
  const [, host = '', rest = ''] = match;
  const { host: named } = request.headers;
  request.headers.host = named === undefined || named.toLowerCase() === host.toLowerCase() ? host : '';
  return rest.startsWith('/') ? rest : `/${rest}`;
}
