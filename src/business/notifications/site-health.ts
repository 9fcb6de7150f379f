// Which sites' servers failed last, as this process saw it. Such a site gets one attempt at a time until it
// answers again, and all of them together get half of the places: however many merchants are down, the others
// find room. Kept in memory only; a new process learns it again within one time limit.

import type { AttemptOutcome } from './answer-kinds.ts';

/** Remembered at most; the longest known is forgotten first. */
const sitesMax = 1_000;
/** In a row, of a site that has answered before: a few slow answers are no dead server. One that never has gets none. */
const failuresForgiven = 3;

export type SiteHealth = {
  note(merchantSite: string, outcome: AttemptOutcome): void;
  isSuspect(merchantSite: string): boolean;
  /** It answered when it was last called. */
  isWell(merchantSite: string): boolean;
  suspects(): string[];
};

export function createSiteHealth(): SiteHealth {
  const failing = new Set<string>();
  /** Sites that have answered, and how often they have failed since. */
  const answered = new Map<string, number>();
  return {
    note(merchantSite, outcome) {
      // A quick "no" costs nothing. Only a site that keeps a place for long, or cannot be reached, is held
      // back.
      if (outcome === 'delivered' || outcome === 'answer_refused') {
        failing.delete(merchantSite);
        remember(answered, merchantSite, 0);
        return;
      }
      const failures = answered.get(merchantSite);
      if (failures !== undefined && failures < failuresForgiven) {
        remember(answered, merchantSite, failures + 1);
        return;
      }
      answered.delete(merchantSite);
      failing.delete(merchantSite);
      failing.add(merchantSite);
      if (failing.size > sitesMax) forgetOldest(failing);
    },
    isSuspect: (merchantSite) => failing.has(merchantSite),
    isWell: (merchantSite) => answered.get(merchantSite) === 0,
    suspects: () => [...failing],
  };
}

function remember(sites: Map<string, number>, merchantSite: string, failures: number): void {
  sites.delete(merchantSite);
  sites.set(merchantSite, failures);
  if (sites.size > sitesMax) forgetOldest(sites);
}

function forgetOldest(sites: Set<string> | Map<string, number>): void {
  for (const oldest of sites.keys()) {
    sites.delete(oldest);
    return;
  }
}
