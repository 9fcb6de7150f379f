// The one place that stops a gateway with a wrong clock from deciding anything. While this machine's clock
// and the database's differ, code that asks for the business time gets an error. Orders, sign-ins, postings,
// the sweep of expired orders and the deliveries all ask for it first.

import type { DatabaseWatch } from './database-watch.ts';

/**
 * The error instead of a time. It is a fault that passes (database-fault.ts), so callers are told to try
 * again.
 */
export class ClockDiffers extends Error {
  override name = 'ClockDiffers';

  constructor() {
    super('the clock of this machine and the clock of the database differ');
  }
}

type Clock = { now(): Date };

/** `clock`, while it agrees with the database's. @throws ClockDiffers from `now`. */
export function guardClock(clock: Clock, watch: Pick<DatabaseWatch, 'last' | 'wasClockSet'>): Clock {
  return {
    now() {
      const { last } = watch;
      if (last?.ok === false && last.reason === 'clock_differs') throw new ClockDiffers();
      // Between two questions to the database a clock that was set is noticed by itself.
      if (watch.wasClockSet()) throw new ClockDiffers();
      return clock.now();
    },
  };
}
