// Which dispatchers run in this very process, so that a result recorded here needs no NOTIFY to be sent from here.

import type { Database } from '../../ground/database/index.ts';

/** Looks for due results of these sites, or of all. */
export type Wake = (merchantSites?: readonly string[]) => void;

const dispatchers = new WeakMap<Database, Set<Wake>>();

/** From now on `wake` is called for results that this process records by `db`; returns how to end it. */
export function enlistDispatcher(db: Database, wake: Wake): () => void {
  const own = dispatchers.get(db) ?? new Set();
  dispatchers.set(db, own.add(wake));
  return () => void own.delete(wake);
}

/** False when none runs here. */
export function wakeOwnDispatcher(db: Database, merchantSites?: readonly string[]): boolean {
  const own = dispatchers.get(db);
  if (own === undefined || own.size === 0) return false;
  for (const wake of own) wake(merchantSites);
  return true;
}
