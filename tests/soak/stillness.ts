// Tells when the whole soak stood still (a machine that slept, a process that was stopped, no processor for seconds):
// whatever went past its time then says nothing about a gateway.

import { setTimeout as delay } from 'node:timers/promises';
import type { Injected } from './faults.ts';

const tickMs = 250;
/** A busy machine lets a process wait too, but not for so long. */
const stoodStillMs = 2_000;

/** Ends with `stop`. */
export function watchStillness(onStill: (fromMs: number, toMs: number) => void): { stop(): void } {
  let lastAt = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - lastAt > stoodStillMs) onStill(lastAt, now);
    lastAt = now;
  }, tickMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** Word of it comes a little later. */
export async function stoodStillSince(ms: number, injected: readonly Injected[]): Promise<boolean> {
  await delay(2 * tickMs);
  return injected.some(({ name, toMs }) => name === 'everything stood still' && (toMs ?? 0) >= ms);
}

export function sumStillMs(injected: readonly Injected[]): number {
  return injected
    .filter(({ name }) => name === 'everything stood still')
    .reduce((sum, { fromMs, toMs }) => sum + (toMs ?? fromMs) - fromMs, 0);
}

/** Calls `onOver` after so many milliseconds; those in which everything stood still do not count. */
export function afterLived(ms: number, onOver: () => void): { stop(): void } {
  const stepMs = Math.min(ms, 1_000);
  let left = Math.ceil(ms / stepMs);
  // However long the process is stopped, a timer that repeats comes once for it.
  const timer = setInterval(() => {
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    onOver();
  }, stepMs);
  return { stop: () => clearInterval(timer) };
}
