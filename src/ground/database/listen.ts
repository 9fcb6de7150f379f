// Receives PostgreSQL's NOTIFY on a connection of its own, which is made again when it is lost.

import type pg from 'pg';
import { type Database, openClient } from './database.ts';

const reconnectMs = 1_000;

export type Listener = {
  /** Settles when it listens for the first time, or could not. */
  started: Promise<void>;
  stop(): Promise<void>;
};

export type ListenOptions = {
  channel: string;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  onWord: (payload: string) => void;
  /** After each new connection: words may have been missed. */
  onListening: () => void;
  /** Called when the connection is lost: notifications are missed until `onListening`. */
  onLost: (error: unknown) => void;
};

/** Behind a pooler that passes no such word, or while the connection is away, nothing is heard. */
export function listen({ url }: Pick<Database, 'url'>, options: ListenOptions): Listener {
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const tryAgainLater = (error: unknown) => {
    if (stopped) return;
    options.onLost(error);
    timer = setTimeout(() => {
      connecting = connect();
    }, reconnectMs);
  };
  const connect = async () => {
    try {
      await open();
    } catch (error) {
      // Nothing was opened: an address that cannot be read, no memory.
      tryAgainLater(error);
    }
  };
  const open = async () => {
    const fresh = await openClient(url, { purpose: 'job', applicationName: options.applicationName });
    client = fresh;
    let lost = false;
    const lose = (error?: unknown) => {
      if (lost) return;
      lost = true;
      fresh.end().catch(() => undefined);
      tryAgainLater(error);
    };
    fresh.on('error', lose);
    fresh.on('end', () => lose());
    fresh.on('notification', ({ payload = '' }) => options.onWord(payload));
    try {
      await fresh.query(`listen ${options.channel}`);
      if (!lost) options.onListening();
    } catch (error) {
      lose(error);
    }
  };
  const started = connect();
  let connecting = started;

  return {
    started,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await connecting;
      await client?.end().catch(() => undefined);
    },
  };
}
