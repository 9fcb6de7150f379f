// Which refusals are written down row by row, and which are only counted: by caller, by site and in all, a minute at
// a time. In memory only, each process for itself. Pure bookkeeping.
//
// Each site has a budget of its own. Strangers who name no site, or one that does not exist, cannot use it
// up. A caller who names a site takes at most one caller's share of it.

export type RefusalLimits = {
  /** For one caller, without an existing site. */
  callerMax: number;
  /** For one caller at one site. */
  callerOfSiteMax: number;
  /** For all callers together at one site. */
  siteMax: number;
  /** For all callers together, without an existing site. */
  strangersMax: number;
};

export const refusalLimits: RefusalLimits = {
  callerMax: 30,
  callerOfSiteMax: 120,
  siteMax: 600,
  strangersMax: 600,
};

const windowMs = 60_000;
/** Remembered in a minute at most; a caller beyond them is only counted. */
const callersMax = 10_000;

export type Refusal = { traceId: string; caller: string; site: string | null; code: string };

/**
 * `written`: the trace id of the caller's last refusal of this kind that was written; null: none in this
 * minute.
 */
export type Judgement = { write: true } | { write: false; written: string | null };

export type RefusalBudget = { judge(refusal: Refusal, now: Date): Judgement };

export function createRefusalBudget(limits: RefusalLimits = refusalLimits): RefusalBudget {
  const callers = new Map<string, { count: number; lastOfCode: Map<string, string> }>();
  const sites = new Map<string | null, number>();
  let window = Number.NEGATIVE_INFINITY;

  return {
    judge({ traceId, caller, site, code }, now) {
      const current = Math.floor(now.getTime() / windowMs);
      if (current !== window) {
        callers.clear();
        sites.clear();
        window = current;
      }
      const key = JSON.stringify([caller, site]);
      const known = callers.get(key);
      const ofCaller = known ?? { count: 0, lastOfCode: new Map<string, string>() };
      const ofSite = sites.get(site) ?? 0;
      const isWithin =
        ofCaller.count < (site === null ? limits.callerMax : limits.callerOfSiteMax) &&
        ofSite < (site === null ? limits.strangersMax : limits.siteMax) &&
        (known !== undefined || callers.size < callersMax);
      if (!isWithin) return { write: false, written: ofCaller.lastOfCode.get(code) ?? null };
      ofCaller.count += 1;
      ofCaller.lastOfCode.set(code, traceId);
      callers.set(key, ofCaller);
      sites.set(site, ofSite + 1);
      return { write: true };
    },
  };
}
