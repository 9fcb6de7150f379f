// Hears that a result was recorded. Only a hint: polling finds the results whose word was missed while the
// connection was down, or behind a pooler that passes no such word.

import type { Context } from '../../ground/context.ts';
import { type Listener, listen } from '../../ground/database/index.ts';
import { dueChannel } from './notification-queries.ts';

/** Calls `wake` for every word heard, and after each new connection, since words may have been missed. */
export function listenForDue({ db, log }: Pick<Context, 'db' | 'log'>, wake: () => void): Listener {
  return listen(db, {
    channel: dueChannel,
    applicationName: 'vipay notifications listener',
    onWord: wake,
    onListening: wake,
    onLost: (err) =>
      log.warn({ err }, 'notifications listener lost its connection: polling until it is back'),
  });
}
