// Hears PostgreSQL's word that a result was recorded, on a connection of its own that is made again when lost.
// A hint only: what is missed while it is down (or behind a pooler that passes no such word) is found by polling.

import pg from 'pg';
import type { Context } from '../../ground/context.ts';
import { dueChannel } from './notification-queries.ts';

const reconnectMs = 2_000;

/** Calls `wake` for every word heard, and after each new connection, since words may have been missed. */
export function listenForDue(
  { db, log }: Pick<Context, 'db' | 'log'>,
  wake: () => void,
): { stop(): Promise<void> } {
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const connect = async () => {
    try {
      await openListener();
    } catch (error) {
      // Nothing was opened: an address that cannot be read, no memory.
      tryAgainLater(error);
    }
  };
  const tryAgainLater = (error: unknown) => {
    if (stopped) return;
    log.warn({ err: error }, 'notifications listener lost its connection: polling until it is back');
    timer = setTimeout(connect, reconnectMs);
  };
  const openListener = async () => {
    const { connectionString, password } = db.pool.options;
    const fresh = new pg.Client({
      ...db.pool.options,
      ...(connectionString === undefined ? {} : { connectionString }),
      // The pool hides its password from being copied.
      ...(password === undefined ? {} : { password }),
      application_name: 'vipay notifications listener',
      keepAlive: true,
    });
    client = fresh;
    let lost = false;
    const onLost = (error?: Error) => {
      if (lost) return;
      lost = true;
      fresh.end().catch(() => undefined);
      tryAgainLater(error);
    };
    fresh.on('error', onLost);
    fresh.on('end', () => onLost());
    fresh.on('notification', wake);
    try {
      await fresh.connect();
      await fresh.query(`listen ${dueChannel}`);
      wake();
    } catch (error) {
      onLost(error as Error);
    }
  };
  const connecting = connect();

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await connecting;
      await client?.end().catch(() => undefined);
    },
  };
}
