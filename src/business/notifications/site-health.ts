// Which sites' servers failed last, as this process saw it. Such a site gets one attempt at a time until it
// answers again, and all of them together get half of the places: however many merchants are down, the others
// find room. Kept in memory only; a new process learns it again within one time limit.

import type { AttemptOutcome } from './notification.ts';

/** Remembered at most; the longest known is forgotten first. */
const suspectsMax = 1_000;

export type SiteHealth = {
  note(merchantSite: string, outcome: AttemptOutcome): void;
  isSuspect(merchantSite: string): boolean;
  suspects(): string[];
};

export function createSiteHealth(): SiteHealth {
  const failing = new Set<string>();
  return {
    note(merchantSite, outcome) {
      failing.delete(merchantSite);
      // A quick "no" costs nothing. Only a site that keeps a place for long, or cannot be reached, is held
      // back.
      if (outcome === 'delivered' || outcome === 'answer_refused') return;
      failing.add(merchantSite);
      if (failing.size <= suspectsMax) return;
      for (const oldest of failing) {
        failing.delete(oldest);
        break;
      }
    },
    isSuspect: (merchantSite) => failing.has(merchantSite),
    suspects: () => [...failing],
  };
}
