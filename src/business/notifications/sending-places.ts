// Who may send now: the places of one process, shared out fairly among sites. Pure bookkeeping in memory.

import type { ClaimLimits } from './notification-queries.ts';
import type { SiteHealth } from './site-health.ts';

type Shares = Omit<ClaimLimits, 'now' | 'leasedUntil'>;

export type SendingPlaces = {
  /** How much the next claim may take. */
  shares(): Shares;
  /** Takes the places of what a claim brought. */
  take(shares: Shares, merchantSites: readonly string[]): void;
  /** Gives one back; true when somebody may be waiting for it. */
  giveBack(merchantSite: string): boolean;
};

/** At most `concurrency` in flight, `perSiteMax` to one site, one to a site that failed, and half to all of those. */
export function createSendingPlaces(
  health: SiteHealth,
  { concurrency, perSiteMax }: { concurrency: number; perSiteMax: number },
): SendingPlaces {
  const inFlight = new Map<string, number>();
  /** Sites that got as many places as they may have. They may have more due. */
  const mayHaveMore = new Set<string>();
  let total = 0;
  let wasFull = false;

  const roomOf = (site: string) =>
    Math.max(0, (health.isSuspect(site) ? 1 : perSiteMax) - (inFlight.get(site) ?? 0));

  return {
    shares() {
      const suspects = health.suspects();
      const suspectsInFlight = suspects.reduce((sum, site) => sum + (inFlight.get(site) ?? 0), 0);
      const known = new Set([...suspects, ...inFlight.keys()]);
      return {
        limit: concurrency - total,
        perSiteMax,
        suspects,
        suspectLimit: Math.max(0, Math.floor(concurrency / 2) - suspectsInFlight),
        rooms: new Map(Array.from(known, (site) => [site, roomOf(site)])),
      };
    },
    take(shares, merchantSites) {
      total += merchantSites.length;
      wasFull = merchantSites.length >= shares.limit;
      const counts = new Map<string, number>();
      for (const site of merchantSites) counts.set(site, (counts.get(site) ?? 0) + 1);
      for (const site of new Set([...shares.rooms.keys(), ...counts.keys()])) {
        const count = counts.get(site) ?? 0;
        if (count > 0) inFlight.set(site, (inFlight.get(site) ?? 0) + count);
        if (count >= (shares.rooms.get(site) ?? shares.perSiteMax)) mayHaveMore.add(site);
        else mayHaveMore.delete(site);
      }
    },
    giveBack(merchantSite) {
      total -= 1;
      const left = (inFlight.get(merchantSite) ?? 1) - 1;
      const isAwaited = wasFull || mayHaveMore.has(merchantSite) || health.isSuspect(merchantSite);
      if (left > 0) inFlight.set(merchantSite, left);
      else {
        inFlight.delete(merchantSite);
        mayHaveMore.delete(merchantSite);
      }
      return isAwaited;
    },
  };
}
