// The checkout's rounds as figures: medians with the least and the most beside them, named as in the JSON file.

import { busyLevel, type CheckoutRound, hashingLevel } from './checkout-rounds.ts';
import { type Spread, toSpread } from './ledger-figures.ts';

/** Requests of one whole checkout: the order, arriving, and page, form, page, form, page. */
export const requestsPerCheckout = 7;

export type CheckoutRun = {
  buyers: number;
  checkouts_per_s: Spread;
  p50_ms: Spread;
  p99_ms: Spread;
};

export type CheckoutFigures = {
  /** Beside it, in the same round. */
  healthz_per_s: Spread;
  hashes_per_s: Spread;
  /** Without hashing, from `busyLevel` buyers: requests per second as a share of `GET /healthz` per second. */
  excluded: { ratio_to_healthz: number; ratio_spread: Spread; runs: CheckoutRun[] };
  /** With it, from `hashingLevel` buyers: checkouts per second as a share of hashes per second. */
  included: { ratio_to_hashes: number; ratio_spread: Spread; runs: CheckoutRun[] };
  /** One buyer alone, without hashing: seven requests from the first byte to the last. */
  single: { p50_ms: number; p50_spread: Spread };
  /** Orders by REST alone, from `busyLevel` callers. */
  orders: { per_s: Spread; ratio_to_healthz: number };
  /** Without hashing, two gateway processes on one database, `busyLevel` buyers. */
  two_processes: { checkouts_per_s: Spread; ratio_to_healthz: number };
};

export function toCheckoutFigures(rounds: readonly CheckoutRound[]): CheckoutFigures {
  const spread = (of: (round: CheckoutRound) => number) => toSpread(rounds.map(of));
  const rateOf = (round: CheckoutRound, kind: 'excluded' | 'included', buyers: number) => {
    const rate = round[kind].get(buyers);
    if (!rate) throw new Error(`no run of ${buyers} buyers`);
    return rate;
  };
  const runsOf = (kind: 'excluded' | 'included'): CheckoutRun[] =>
    [...(rounds[0]?.[kind].keys() ?? [])].map((buyers) => ({
      buyers,
      checkouts_per_s: spread((round) => rateOf(round, kind, buyers).perSecond),
      p50_ms: spread((round) => rateOf(round, kind, buyers).p50Ms),
      p99_ms: spread((round) => rateOf(round, kind, buyers).p99Ms),
    }));
  const shareOfHealthz = (perSecond: number, round: CheckoutRound) =>
    (perSecond * requestsPerCheckout) / round.healthzPerSecond;
  const excluded = spread((round) => shareOfHealthz(rateOf(round, 'excluded', busyLevel).perSecond, round));
  const included = spread(
    (round) => rateOf(round, 'included', hashingLevel).perSecond / round.hashesPerSecond,
  );
  const single = spread((round) => rateOf(round, 'excluded', 1).p50Ms);
  return {
    healthz_per_s: spread((round) => round.healthzPerSecond),
    hashes_per_s: spread((round) => round.hashesPerSecond),
    excluded: { ratio_to_healthz: excluded.median, ratio_spread: excluded, runs: runsOf('excluded') },
    included: { ratio_to_hashes: included.median, ratio_spread: included, runs: runsOf('included') },
    single: { p50_ms: single.median, p50_spread: single },
    orders: {
      per_s: spread((round) => round.orders.perSecond),
      ratio_to_healthz: spread((round) => round.orders.perSecond / round.healthzPerSecond).median,
    },
    two_processes: {
      checkouts_per_s: spread((round) => round.twoProcesses.perSecond),
      ratio_to_healthz: spread((round) => shareOfHealthz(round.twoProcesses.perSecond, round)).median,
    },
  };
}
