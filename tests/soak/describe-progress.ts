// One line every few seconds of a soak: how far it is.

import type { Injected } from './faults.ts';
import type { Memory } from './gateway-hook.ts';
import type { Clerk } from './shop-clerk.ts';
import type { Web } from './web.ts';

export function countRequests({ statuses }: Web): number {
  return [...statuses.values()].reduce((sum, count) => sum + count, 0);
}

export function describeProgress(so: {
  startedAt: number;
  web: Web;
  clerk: Clerk;
  injected: readonly Injected[];
  samples: readonly Memory[];
}): string {
  const requests = countRequests(so.web);
  const heap = so.samples.at(-1)?.heapBytes ?? 0;
  const now = so.injected.filter(({ toMs }) => toMs === null).map(({ name }) => name);
  const seconds = Math.round((Date.now() - so.startedAt) / 1_000);
  return `${seconds} s: ${so.clerk.journal.size} orders, ${requests} requests, ${so.web.statuses.get(503) ?? 0} × 503, ${so.injected.length} faults (now: ${now.join(', ') || 'none'}), heap ${Math.round(heap / 1_000_000)} MB, ${so.web.violations.length} violations`;
}
