// The one place that keeps a gateway with a wrong clock from deciding anything: whoever asks for the time of business
// while this machine's clock and the database's differ gets none. Orders, sign-ins, postings, the sweep of expired
// orders and the deliveries all begin with that question.

import type { DatabaseWatch } from './database-watch.ts';

/** Says so instead of a time; a fault that passes (database-fault.ts): callers are told to try again. */
export class ClockDiffers extends Error {
  override name = 'ClockDiffers';

  constructor() {
    super('the clock of this machine and the clock of the database differ');
  }
}

type Clock = { now(): Date };

/** `clock`, for as long as it agrees with the database's. @throws ClockDiffers from `now`. */
export function guardClock(clock: Clock, watch: Pick<DatabaseWatch, 'last'>): Clock {
  return {
    now() {
      const { last } = watch;
      if (last?.ok === false && last.reason === 'clock_differs') throw new ClockDiffers();
      return clock.now();
    },
  };
}
