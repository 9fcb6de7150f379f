// Writes down that a merchant is owed a result, in the commit that makes the result final.

import { uuidv7 } from 'uuidv7';
import type { Tx } from '../database/index.ts';
import { insertNotifications, type NewNotification, notifyDue } from './notification-queries.ts';

export type DueResult = Omit<NewNotification, 'id'>;

/** One order's; `skipped` when the site has no notification URL. A second one for an order is a broken invariant. */
export async function recordNotification(tx: Tx, result: DueResult): Promise<void> {
  await recordNotifications(tx, [result]);
  await notifyDue(tx);
}

/**
 * Those of a whole batch of orders, in one statement. The caller wakes the dispatchers after its commit
 * (wakeDispatchers): in a batch every payment's commit would queue for the NOTIFY.
 */
export async function recordNotifications(tx: Tx, results: readonly DueResult[]): Promise<void> {
  if (results.length === 0) return;
  await insertNotifications(
    tx,
    results.map((result) => ({ id: uuidv7(), ...result })),
  );
}

export { notifyDue as wakeDispatchers };
