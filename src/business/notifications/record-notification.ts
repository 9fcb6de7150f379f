// Writes down that a merchant is owed a result, in the commit that makes the result final.

import type { RawBuilder } from 'kysely';
import { uuidv7 } from 'uuidv7';
import type { Context } from '../../ground/context.ts';
import type { Tx } from '../../ground/database/index.ts';
import { insertNotifications, type NewNotification, notifyDue, recordingOf } from './notification-queries.ts';
import { wakeOwnDispatcher } from './own-dispatcher.ts';

export type DueResult = Omit<NewNotification, 'id'>;

/** One order's; `skipped` when the site has no notification URL. A second one for an order is a broken invariant. */
export async function recordNotification(tx: Tx, result: DueResult): Promise<void> {
  await insertNotifications(tx, [toNew(result)]);
}

/**
 * The SQL that notes those of a whole batch of orders, as a value of a select list; null when there are none. The
 * caller wakes the dispatchers after its commit (wakeDispatchersSoon).
 */
export function recordingNotifications(results: readonly DueResult[]): RawBuilder<unknown> | null {
  return results.length === 0 ? null : recordingOf(results.map(toNew));
}

const toNew = (result: DueResult): NewNotification => ({ id: uuidv7(), ...result });

/**
 * Wakes this process's own dispatcher, or all others when it has none: the caller does not wait for it. Another
 * process finds by its poll what is left lying here. If a crash loses the word, the polls find the results too.
 * `merchantSites`: those that the results are of.
 */
export function wakeDispatchersSoon(
  { db, log }: Pick<Context, 'db' | 'log'>,
  merchantSites?: readonly string[],
): void {
  if (!wakeOwnDispatcher(db, merchantSites)) notifyDueSoon({ db, log });
}

/** Calls within this time share one NOTIFY. A result waits at most this much longer for its first delivery. */
const pauseBetweenNotifiesMs = 20;
const notifying = new WeakMap<Context['db'], { again: boolean }>();

/** Calls that come meanwhile share the next NOTIFY, because NOTIFY makes all commits of the cluster queue. */
function notifyDueSoon({ db, log }: Pick<Context, 'db' | 'log'>): void {
  const underWay = notifying.get(db);
  if (underWay) {
    underWay.again = true;
    return;
  }
  const waking = { again: true };
  notifying.set(db, waking);
  const wake = async () => {
    while (waking.again) {
      waking.again = false;
      await notifyDue(db).catch((err: unknown) => log.warn({ err }, 'the dispatchers were not woken'));
      await new Promise((resolve) => setTimeout(resolve, pauseBetweenNotifiesMs).unref());
    }
    notifying.delete(db);
  };
  void wake();
}
