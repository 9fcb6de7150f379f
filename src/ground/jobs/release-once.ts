// The library's listener may give its connection back twice: when it is stopped, and when the connection is lost while
// that is under way. The second time is an error that nobody in the library looks after.

import type pg from 'pg';

type Callback = (
  error?: Error,
  client?: pg.PoolClient,
  release?: (destroy?: Error | boolean) => void,
) => void;

/** Makes the second giving back do nothing, for callers by callback, of which the listener is the only one. */
export function releaseOnce(pool: pg.Pool): void {
  const connect = pool.connect.bind(pool);
  const connectOnce = (callback?: Callback): Promise<pg.PoolClient> | undefined => {
    if (callback === undefined) return connect();
    connect((error, client, release?: Parameters<Callback>[2]) => {
      let given = release;
      const once = (destroy?: Error | boolean) => {
        given?.(destroy);
        given = undefined;
      };
      callback(error, client, release === undefined ? undefined : once);
    });
    return undefined;
  };
  pool.connect = connectOnce as pg.Pool['connect'];
}
