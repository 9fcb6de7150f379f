export { type LateSite, listAlarms, readBacklog } from './alarm-queries.ts';
export type { AttemptKind, AttemptOutcome } from './answer-kinds.ts';
export type { Delivered, DeliveryOptions } from './deliver-notification.ts';
export { type Dispatcher, type DispatcherOptions, startDispatcher } from './dispatcher.ts';
export {
  type Notification,
  type NotificationAttempt,
  type NotificationStatus,
  parseNotificationId,
} from './notification.ts';
export { notificationJobs } from './notification-jobs.ts';
export { exposeNotifications } from './notification-metrics.ts';
export { listAttempts, listNotifications } from './notification-queries.ts';
export {
  type DueResult,
  recordingNotifications,
  recordNotification,
  wakeDispatchersSoon,
} from './record-notification.ts';
export { type ResendError, type ResendResult, resendNotification } from './resend-notification.ts';
export { watchResults } from './watch-results.ts';
