// Copies of rows that seldom change (sites, keys, rules), kept in memory. A copy is used only while
// change-feed.ts listens for changes of its table, and never longer than ten seconds. When nothing listens,
// as in the command line, every read goes to the database.

import { versionOf } from './change-feed.ts';
import type { Database, DbOrTx } from './database.ts';

/** A pooler may lose a NOTIFY while the connection stays. A copy then gets at most this old. */
const ageMsMax = 10_000;

export type RowCache<Value> = {
  /**
   * The copy, or a new reading. A caller inside a transaction passes it as `via`: if each asked for a second
   * connection, the pool would wait for itself.
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
  /**
   * When this returns false for a value, the value is not kept. It is for keys that strangers make up and
   * that are not found.
   */
  isKept?: (value: Value) => boolean;
  entriesMax?: number;
}): RowCache<Value> {
  const copiesOf = new WeakMap<Database, Map<string, Copy<Value>>>();
  return {
    get(db, key, via = db) {
      // Taken before the read begins, so that a change committed meanwhile makes this copy invalid.
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
