// The bounded queue in front of PIN hashing. While more wait than are computed, the results that are ready are handed
// over together: what follows a sign-in (its commit, the page, the payment) is then done for many at once, which takes
// less of the processors than one at a time, and leaves more of them to hashing.

/** Thrown when the queue is full: the caller answers 75, try again. */
export class PinQueueFull extends Error {
  constructor() {
    super('pin_queue_full');
  }
}

/** At most so many results are handed over together, and the first of them waits no longer than this. */
const togetherMax = 12;
const heldMsMax = 200;

/** Runs work in the order in which it comes. @throws PinQueueFull at once, when `waiting` wait already. */
export type PinQueue = <T>(work: () => Promise<T>) => Promise<T>;

/** `now` in milliseconds, from any beginning. */
export function createPinQueue(
  limits: { running: number; waiting: number },
  now: () => number = () => performance.now(),
): PinQueue {
  let running = 0;
  const waiting: (() => void)[] = [];
  let ready: (() => void)[] = [];
  let readySince = 0;

  const handOver = () => {
    const together = ready;
    ready = [];
    for (const resolve of together) resolve();
  };
  const leave = () => {
    // The place is handed to the next in line, so `running` only falls when nobody waits.
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  };
  /** Resolves with the others that are ready; at once when nobody waits for a place. */
  const together = (): Promise<void> => {
    if (ready.length === 0) readySince = now();
    const handedOver = new Promise<void>((resolve) => ready.push(resolve));
    if (waiting.length === 0 || ready.length >= togetherMax || now() - readySince >= heldMsMax) handOver();
    return handedOver;
  };

  return async (work) => {
    if (running >= limits.running) {
      if (waiting.length >= limits.waiting) throw new PinQueueFull();
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      leave();
      await together();
    }
  };
}
