// Writes down that a merchant is owed a result, in the commit that makes the result final.

import type { RawBuilder } from 'kysely';
import { uuidv7 } from 'uuidv7';
import type { Context } from '../../ground/context.ts';
import type { Tx } from '../../ground/database/index.ts';
import { insertNotifications, type NewNotification, notifyDue, recordingOf } from './notification-queries.ts';

export type DueResult = Omit<NewNotification, 'id'>;

/** One order's; `skipped` when the site has no notification URL. A second one for an order is a broken invariant. */
export async function recordNotification(tx: Tx, result: DueResult): Promise<void> {
  await insertNotifications(tx, [toNew(result)]);
  await notifyDue(tx);
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
 * Batches within this time share one NOTIFY. A result waits at most this much longer for its first delivery.
 */
const pauseBetweenWakesMs = 20;
const wakings = new WeakMap<Context['db'], { again: boolean }>();

/**
 * Wakes the dispatchers; the caller does not wait for it. Calls that come meanwhile share the next NOTIFY,
 * because NOTIFY makes all commits of the cluster queue behind one another. If a crash loses it, the
 * dispatchers' polling finds the results.
 */
export function wakeDispatchersSoon({ db, log }: Pick<Context, 'db' | 'log'>): void {
  const underWay = wakings.get(db);
  if (underWay) {
    underWay.again = true;
    return;
  }
  const waking = { again: true };
  wakings.set(db, waking);
  const wake = async () => {
    while (waking.again) {
      waking.again = false;
      await notifyDue(db).catch((err: unknown) => log.warn({ err }, 'the dispatchers were not woken'));
      await new Promise((resolve) => setTimeout(resolve, pauseBetweenWakesMs).unref());
    }
    wakings.delete(db);
  };
  void wake();
}
