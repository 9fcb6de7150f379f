// Sends a result again because a person asked for it. The result stays the same; only its delivery begins
// again.

import type { Context } from '../../ground/context.ts';
import { inTransaction } from '../../ground/database/index.ts';
import { type Actor, recordAct } from '../audit/index.ts';
import { findSite } from '../merchants/index.ts';
import type { Notification } from './notification.ts';
import { lockNotification, notifyDue, updateResent } from './notification-queries.ts';

export type ResendError = 'notification_not_found' | 'notification_being_sent' | 'site_has_no_notify_url';

export type ResendResult = { ok: true; notification: Notification } | { ok: false; error: ResendError };

/**
 * Puts a notification (uuid) of any status back to pending, due now, with the whole retry schedule before it.
 * Refused while an attempt is running: its outcome would be lost.
 */
export function resendNotification(
  context: Pick<Context, 'db' | 'clock' | 'keyRing'>,
  by: Actor,
  id: string,
  reason?: string,
): Promise<ResendResult> {
  return inTransaction(context.db, async (tx) => {
    const now = context.clock.now();
    const found = await lockNotification(tx, id);
    if (found === null) return { ok: false, error: 'notification_not_found' };
    if (found.leasedUntil !== null && found.leasedUntil > now) {
      return { ok: false, error: 'notification_being_sent' };
    }
    const site = await findSite(tx, found.merchantSite);
    if (site === null || site.notifyUrl === null) return { ok: false, error: 'site_has_no_notify_url' };

    await updateResent(tx, id, now);
    await notifyDue(tx);
    await recordAct(tx, context, {
      by,
      act: 'notification.resent',
      subject: found.publicId,
      environment: found.environment,
      before: { merchant_site: found.merchantSite, status: found.status, attempts: found.attempts },
      after: { merchant_site: found.merchantSite, status: 'pending', attempts: 0 },
      reason,
    });
    const round = {
      status: 'pending',
      attempts: 0,
      nextAttemptAt: now,
      leasedUntil: null,
      endedAt: null,
    } as const;
    return { ok: true, notification: { ...found, ...round } };
  });
}
