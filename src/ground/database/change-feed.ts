// PostgreSQL's word that the rows of a table have changed, for what is kept in memory: row-cache.ts believes its
// copies only while this listens. The triggers are in migrations/0027_changes.sql.

import type pg from 'pg';
import type { Database } from './database.ts';
import { type Listener, listen } from './listen.ts';

type Feed = {
  isLive: boolean;
  /** Of each table, how often it was said to have changed. */
  changes: Map<string, number>;
  connections: number;
};

const feeds = new WeakMap<pg.Pool, Feed>();

/**
 * What the rows of these tables were like at this moment, as a text to compare; null while nobody listens. Taken
 * before a read, it is another one after any change that the read has not seen.
 */
export function versionOf({ pool }: Pick<Database, 'pool'>, tables: readonly string[]): string | null {
  const feed = feeds.get(pool);
  if (!feed?.isLive) return null;
  return [feed.connections, ...tables.map((table) => feed.changes.get(table) ?? 0)].join('.');
}

/** Listens until it is stopped; while its connection is away, no copy is believed. */
export function followChanges(
  db: Pick<Database, 'pool' | 'url'>,
  { onLost }: { onLost: (error: unknown) => void },
): Listener {
  const feed: Feed = { isLive: false, changes: new Map(), connections: 0 };
  feeds.set(db.pool, feed);
  const listener = listen(db, {
    channel: 'vipay_changes',
    applicationName: 'vipay changes listener',
    onWord: (table) => feed.changes.set(table, (feed.changes.get(table) ?? 0) + 1),
    onListening: () => {
      // What changed while nobody listened is not known: nothing kept before this connection is believed.
      feed.connections += 1;
      feed.isLive = true;
    },
    onLost: (error) => {
      feed.isLive = false;
      onLost(error);
    },
  });
  return {
    started: listener.started,
    stop() {
      feed.isLive = false;
      return listener.stop();
    },
  };
}
