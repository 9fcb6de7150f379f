// How a notification and its attempts are told.

import type { Notification, NotificationAttempt } from '../src/business/notifications/index.ts';
import { formatOrderId } from '../src/business/orders/index.ts';
import { moment, table } from './print.ts';

export function notificationJson(notification: Notification, attempts?: NotificationAttempt[]) {
  return {
    id: notification.publicId,
    order_id: formatOrderId(notification.orderId),
    merchant_site: notification.merchantSite,
    environment: notification.environment,
    status: notification.status,
    attempts_of_round: notification.attempts,
    next_attempt_at: notification.nextAttemptAt,
    created_at: notification.createdAt,
    ended_at: notification.endedAt,
    ...(attempts === undefined ? {} : { attempts: attempts.map(attemptJson) }),
  };
}

/** The lines of a table, or none. */
export function attemptTable(attempts: NotificationAttempt[]): string[] {
  if (attempts.length === 0) return [];
  const rows = attempts.map((attempt) => [
    String(attempt.attemptNo),
    moment(attempt.startedAt),
    `${attempt.durationMs} ms`,
    attempt.kind ?? attempt.outcome,
    attempt.responseStatus === null ? '' : String(attempt.responseStatus),
    attempt.detail ?? '',
  ]);
  return [table(['ATTEMPT', 'STARTED', 'TOOK', 'KIND', 'STATUS', 'DETAIL'], rows, ['ATTEMPT', 'TOOK'])];
}

function attemptJson(attempt: NotificationAttempt) {
  return {
    attempt_no: attempt.attemptNo,
    started_at: attempt.startedAt,
    duration_ms: attempt.durationMs,
    outcome: attempt.outcome,
    kind: attempt.kind,
    detail: attempt.detail,
    request: {
      method: attempt.method,
      url: attempt.url,
      headers: attempt.requestHeaders,
      body: attempt.requestBody,
    },
    response:
      attempt.responseStatus === null ? null : { status: attempt.responseStatus, body: attempt.responseBody },
  };
}
