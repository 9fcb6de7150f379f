// Which request a line belongs to. The id travels with the asynchronous work of the request, so no use case passes it
// on.

import { AsyncLocalStorage } from 'node:async_hooks';

const traces = new AsyncLocalStorage<string | null>();

/** Every line that `work` logs, now or later, has this trace id. */
export function withTrace<T>(traceId: string, work: () => T): T {
  return traces.run(traceId, work);
}

/** For work that many requests share: its lines belong to none of them. */
export function withoutTrace<T>(work: () => T): T {
  return traces.run(null, work);
}

export function currentTraceId(): string | null {
  return traces.getStore() ?? null;
}
