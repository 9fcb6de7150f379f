// Listens for PostgreSQL's word that the rows of a table have changed. row-cache.ts uses its copies in memory
// only while this listens. The triggers are in migrations/0022_changes.sql.

import type pg from 'pg';
import type { Database } from './database.ts';
import { type Listener, listen } from './listen.ts';

type Feed = {
  isLive: boolean;
  /** How often each table was reported as changed. */
  changes: Map<string, number>;
  connections: number;
};

const feeds = new WeakMap<pg.Pool, Feed>();

/**
 * A text that stands for the present state of these tables; null while nothing listens. A caller takes it
 * before a read. If it is a different text later, a change may have come that the read has not seen.
 */
export function versionOf({ pool }: Pick<Database, 'pool'>, tables: readonly string[]): string | null {
  const feed = feeds.get(pool);
  if (!feed?.isLive) return null;
  return [feed.connections, ...tables.map((table) => feed.changes.get(table) ?? 0)].join('.');
}

/** Listens until it is stopped. While its connection is away, no copy is used. */
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
      // Changes made while nothing listened are unknown, so no copy from before this connection is used.
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
