// The guarantees that a browser itself gives, for code that sets a cookie or takes a form.

import type { FastifyRequest } from 'fastify';

/**
 * The name of a cookie that is bound to a path. With https it has the prefix `__Secure-`: a browser then takes it
 * over https alone, so that nobody can plant one over plain http. (`__Host-` would need the path to be `/`.)
 */
export function cookieName(publicUrl: string, name: string): string {
  return publicUrl.startsWith('https:') ? `__Secure-${name}` : name;
}

/**
 * Whether the browser says that a page of another origin sent this request, a neighbour under the same domain
 * included. Says nothing about older browsers and other clients, which send no such header: a form needs its token
 * all the same.
 */
export function isSentByAnotherOrigin(request: Pick<FastifyRequest, 'headers'>): boolean {
  const site = request.headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}
