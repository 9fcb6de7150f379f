// Wakes the dispatcher when the next short retry is due.

const timerMsMax = 60_000;

/** Short retries do not wait for the poll; the poll finds all the others. */
export function createRetryTimer(wake: () => void) {
  let timer: NodeJS.Timeout | undefined;
  let setForMs = Number.POSITIVE_INFINITY;
  return {
    /** Seen from `now`; the clock is not asked again, since it may refuse an answer (guard-clock.ts). */
    setFor(at: Date, now: Date) {
      const waitMs = at.getTime() - now.getTime();
      if (at.getTime() >= setForMs || waitMs > timerMsMax) return;
      clearTimeout(timer);
      setForMs = at.getTime();
      timer = setTimeout(
        () => {
          setForMs = Number.POSITIVE_INFINITY;
          wake();
        },
        Math.max(0, waitMs),
      );
      timer.unref();
    },
    stop: () => clearTimeout(timer),
  };
}
