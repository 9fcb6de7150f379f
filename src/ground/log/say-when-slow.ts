// Tells a person at the terminal what is waited for, so that no wait is silent for more than three seconds.

export type Say = (line: string) => void;

const firstAfterMs = 2_500;
const thenEveryMs = 10_000;

/**
 * Runs `work`, and says that it is still waited for when it takes long: `waiting for …`, with the seconds so far.
 * `what` may be a function, for what only turns out on the way.
 */
export async function sayWhenSlow<T>(
  say: Say,
  what: string | (() => string),
  work: () => Promise<T>,
  afterMs = firstAfterMs,
): Promise<T> {
  const startedAt = performance.now();
  let timer: NodeJS.Timeout;
  const tell = () => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    say(`… waiting for ${typeof what === 'string' ? what : what()} (${seconds} s)`);
    timer = setTimeout(tell, thenEveryMs);
  };
  timer = setTimeout(tell, afterMs);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}
