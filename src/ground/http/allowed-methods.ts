// Which methods an address takes, so that a wrong one is answered 405 with `Allow` and not 404. Fastify's router
// answers only for the method asked; the routes are therefore noted as they are registered.

import type { FastifyInstance } from 'fastify';

type NotedRoute = { segments: string[]; methods: string[] };

/** Must be called before the routes are registered. The function returned takes a path without its query. */
export function noteRoutes(app: FastifyInstance): (path: string) => string[] {
  const routes: NotedRoute[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    routes.push({ segments: url.split('/'), methods: [method].flat() });
  });
  return (path) => {
    const segments = path.split('/');
    const found = routes.filter((route) => fits(route.segments, segments)).flatMap((route) => route.methods);
    return [...new Set(found)].sort();
  };
}

function fits(pattern: string[], segments: string[]): boolean {
  const wildcardAt = pattern.indexOf('*');
  if (wildcardAt === -1 && pattern.length !== segments.length) return false;
  return pattern
    .slice(0, wildcardAt === -1 ? undefined : wildcardAt)
    .every((part, at) => (part.startsWith(':') ? (segments[at] ?? '') !== '' : part === segments[at]));
}
