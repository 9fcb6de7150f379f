// Who may send now: the places of one process, shared out fairly among sites. Pure bookkeeping in memory.

import type { ClaimLimits } from './notification-queries.ts';
import type { SiteHealth } from './site-health.ts';

type Shares = Omit<ClaimLimits, 'now' | 'leasedUntil' | 'sites'>;

export type SendingPlaces = {
  /** How much the next claim may take. */
  shares(): Shares;
  /** Whether a claim for these sites could bring something; if not, they are looked at when a place is given back. */
  hasRoomFor(merchantSites: readonly string[]): boolean;
  /**
   * Takes the places of what a claim brought. Says for each whether it may go now; else it waits for its site's place.
   * `asked`: the sites that were looked at, when not all were.
   */
  take(shares: Shares, merchantSites: readonly string[], asked?: readonly string[]): boolean[];
  /** Gives one back; says for whom another claim may find something. */
  giveBack(merchantSite: string): 'nobody' | 'its site' | 'anybody';
};

export type SendingLimits = {
  /** In flight altogether. */
  concurrency: number;
  /** In flight to one site. */
  perSiteMax: number;
  /** Claimed beyond those, of a site that has many due and answers; they wait in this process. Default 0. */
  aheadMax?: number;
  /** How many of a site wait in this process. */
  waitingOf?: (merchantSite: string) => number;
};

/** A site that failed has one place, and all of those together have half. */
export function createSendingPlaces(
  health: SiteHealth,
  { concurrency, perSiteMax, aheadMax = 0, waitingOf = () => 0 }: SendingLimits,
): SendingPlaces {
  const inFlight = new Map<string, number>();
  /** Sites that got as many places as they may have. They may have more due; the next claim for them finds out. */
  const mayHaveMore = new Set<string>();
  let total = 0;
  let wasFull = false;

  const freeOf = (site: string) =>
    Math.max(0, (health.isSuspect(site) ? 1 : perSiteMax) - (inFlight.get(site) ?? 0));
  /** A site that got all it might has many due. Claimed together they cost less, so it gets some beforehand. */
  const roomOf = (site: string) => {
    const ahead = mayHaveMore.has(site) && !wasFull && health.isWell(site) ? aheadMax : 0;
    return Math.max(0, freeOf(site) + ahead - waitingOf(site));
  };

  return {
    shares() {
      const suspects = health.suspects();
      const suspectsInFlight = suspects.reduce((sum, site) => sum + (inFlight.get(site) ?? 0), 0);
      const known = new Set([...suspects, ...inFlight.keys(), ...mayHaveMore]);
      return {
        limit: concurrency - total,
        perSiteMax,
        suspects,
        suspectLimit: Math.max(0, Math.floor(concurrency / 2) - suspectsInFlight),
        rooms: new Map(Array.from(known, (site) => [site, roomOf(site)])),
      };
    },
    hasRoomFor(merchantSites) {
      if (total >= concurrency) {
        wasFull = true;
        return false;
      }
      let hasRoom = false;
      for (const site of merchantSites) {
        if (roomOf(site) > 0) hasRoom = true;
        else mayHaveMore.add(site);
      }
      return hasRoom;
    },
    take(shares, merchantSites, asked = [...shares.rooms.keys(), ...merchantSites]) {
      wasFull = merchantSites.length >= shares.limit;
      const counts = new Map<string, number>();
      const mayGo = merchantSites.map((site) => {
        counts.set(site, (counts.get(site) ?? 0) + 1);
        if (freeOf(site) === 0) return false;
        inFlight.set(site, (inFlight.get(site) ?? 0) + 1);
        total += 1;
        return true;
      });
      for (const site of new Set(asked)) {
        const count = counts.get(site) ?? 0;
        if (count >= (shares.rooms.get(site) ?? shares.perSiteMax)) mayHaveMore.add(site);
        else mayHaveMore.delete(site);
      }
      return mayGo;
    },
    giveBack(merchantSite) {
      total -= 1;
      const left = (inFlight.get(merchantSite) ?? 1) - 1;
      const isAwaitedByAny = wasFull || health.isSuspect(merchantSite);
      const isAwaited = mayHaveMore.has(merchantSite);
      if (left > 0) inFlight.set(merchantSite, left);
      else inFlight.delete(merchantSite);
      if (isAwaitedByAny) return 'anybody';
      return isAwaited ? 'its site' : 'nobody';
    },
  };
}
