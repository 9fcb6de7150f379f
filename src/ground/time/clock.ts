// Business time.

/**
 * Every rule asks this clock and passes the answer into SQL; no rule uses the database's own clock, so that a test
 * can stand at any moment and two servers cannot disagree about one payment.
 */
export type Clock = { now(): Date };

export const systemClock: Clock = { now: () => new Date() };
