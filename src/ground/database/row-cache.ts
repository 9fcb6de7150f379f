// Copies of rows that seldom change (sites, keys, rules), kept in memory. A copy is used while PostgreSQL would have
// said that its table changed (change-feed.ts), and never longer than ten seconds. Where nobody listens, as in the
// command line, every read goes to the database.

import { versionOf } from './change-feed.ts';
import type { Database, DbOrTx } from './database.ts';

/** A word may be lost without the connection being lost (a pooler in between): then this is how old a copy gets. */
const ageMsMax = 10_000;

export type RowCache<Value> = {
  /**
   * The copy, or what is read now: through `via`, the transaction of a caller that holds one already. A second
   * connection asked for by all who hold one is a pool that waits for itself.
   */
  get(db: Database, key: string, via?: DbOrTx): Promise<Value>;
};

type Copy<Value> = { version: string; until: number; value: Promise<Value> };

/**
 * `load` reads what `key` names from these tables. Past `entriesMax` keys the oldest is forgotten, so that keys that
 * strangers make up fill no memory.
 */
export function createRowCache<Value>({
  tables,
  load,
  isKept = () => true,
  entriesMax = 1_000,
}: {
  tables: readonly string[];
  load: (db: DbOrTx, key: string) => Promise<Value>;
  /** What this is false of is read anew each time: what was not found, where strangers make up what to look for. */
  isKept?: (value: Value) => boolean;
  entriesMax?: number;
}): RowCache<Value> {
  const copiesOf = new WeakMap<Database, Map<string, Copy<Value>>>();
  return {
    get(db, key, via = db) {
      // Taken before the read begins: a change that commits meanwhile makes this copy one that is not used again.
      const version = versionOf(db, tables);
      if (version === null) return load(via, key);
      const copies = copiesOf.get(db) ?? new Map<string, Copy<Value>>();
      copiesOf.set(db, copies);
      const known = copies.get(key);
      const now = performance.now();
      if (known && known.version === version && now < known.until) return known.value;
      const value = load(via, key);
      copies.delete(key);
      copies.set(key, { version, until: now + ageMsMax, value });
      if (copies.size > entriesMax) copies.delete(copies.keys().next().value as string);
      const forget = () => {
        if (copies.get(key)?.value === value) copies.delete(key);
      };
      // A failure is nobody's copy.
      value.then((found) => isKept(found) || forget(), forget);
      return value;
    },
  };
}
