// The one policy for trying again after a fault of the database: how often, and with what pauses.

import { classifyFault } from './database-fault.ts';

type RetryPolicy = {
  /** Tries in all. Default 4. */
  triesMax?: number;
  /** Whether another try makes sense after this fault. Default: `isOverInAMoment`. */
  isWorthIt?: (error: unknown) => boolean;
  /** No further try begins later than this after the first one. Default: no bound but `triesMax`. */
  withinMs?: number;
  /** Told of the fault before each further try; `attempt` counts from 1. */
  onRetry?: (error: unknown, attempt: number) => void;
};

const triesMaxDefault = 4;
const firstPauseMs = 20;

/**
 * Runs `work` until it succeeds; with pauses of 20, 80 and 320 ms between the tries.
 * @throws what the last try threw.
 */
export async function retrying<T>(
  work: (attempt: number) => Promise<T>,
  policy: RetryPolicy = {},
): Promise<T> {
  const { triesMax = triesMaxDefault, isWorthIt = isOverInAMoment, withinMs = Infinity, onRetry } = policy;
  const startedAt = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      const pauseMs = firstPauseMs * 4 ** (attempt - 1);
      const isInTime = performance.now() + pauseMs - startedAt <= withinMs;
      if (attempt >= triesMax || !isInTime || !isWorthIt(error)) throw error;
      onRetry?.(error, attempt);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** The transaction lost a conflict, or its connection ended or led to a server that no longer writes. */
export function isOverInAMoment(error: unknown): boolean {
  return ['conflict', 'read_only', 'lost'].includes(classifyFault(error));
}
