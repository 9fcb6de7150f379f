// Claimed results that wait in this process for a place of their site: first come, first sent. Bookkeeping in memory;
// the lease brings them back when the process is lost.

import type { ClaimedNotification } from './notification-queries.ts';

export type WaitingLines = {
  add(claimed: ClaimedNotification): void;
  /** Takes the first of the site out of its line. */
  takeFirst(merchantSite: string): ClaimedNotification | undefined;
  /** Empties the line of the site, or all lines. */
  takeAll(merchantSite?: string): ClaimedNotification[];
  count(merchantSite: string): number;
};

export function createWaitingLines(): WaitingLines {
  const lines = new Map<string, ClaimedNotification[]>();
  return {
    add(claimed) {
      const line = lines.get(claimed.merchantSite);
      if (line) line.push(claimed);
      else lines.set(claimed.merchantSite, [claimed]);
    },
    takeFirst(merchantSite) {
      const line = lines.get(merchantSite);
      const first = line?.shift();
      if (line?.length === 0) lines.delete(merchantSite);
      return first;
    },
    takeAll(merchantSite) {
      const sites = merchantSite === undefined ? [...lines.keys()] : [merchantSite];
      return sites.flatMap((site) => {
        const line = lines.get(site) ?? [];
        lines.delete(site);
        return line;
      });
    },
    count: (merchantSite) => lines.get(merchantSite)?.length ?? 0,
  };
}
