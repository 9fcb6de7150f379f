// Randomness that can be had again: the same seed gives the same numbers.

import { randomInt } from 'node:crypto';

export type SeededRandom = {
  seed: number;
  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number;
  pick<T>(items: readonly T[]): T;
  shuffle<T>(items: readonly T[]): T[];
};

/** Seeded from the environment's SEED, or anew; prints the seed, to be given again as SEED. */
export function createSeededRandom(seed = Number(process.env.SEED ?? randomInt(2 ** 31))): SeededRandom {
  process.stdout.write(`# SEED=${seed}\n`);
  // mulberry32: small, and good enough to choose amounts and an order of things.
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    seed,
    integer,
    pick: (items) => items[integer(0, items.length - 1)] as (typeof items)[number],
    shuffle(items) {
      const shuffled = [...items];
      for (let index = shuffled.length - 1; index > 0; index -= 1) {
        const other = integer(0, index);
        [shuffled[index], shuffled[other]] = [
          shuffled[other] as (typeof items)[number],
          shuffled[index] as (typeof items)[number],
        ];
      }
      return shuffled;
    },
  };
}
