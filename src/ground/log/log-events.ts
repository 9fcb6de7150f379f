// Every event of the log: its name, its level, its fields. docs/reference/log-events.md says the same, held by a test.
// Lines without `event` are faults of ours, with a sentence and the error.

import { boundLines } from './line-bound.ts';
import type { Logger } from './logger.ts';

type EventRule = {
  level: 'info' | 'warn' | 'error';
  /** Somebody tried something, and the line says with which result (OWASP ASVS 5.0, 16.3). */
  security: boolean;
  says: string;
  fields: readonly string[];
  /** A client can make these lines as fast as it sends: those alike in these fields are written a few at a time. */
  boundedBy?: readonly string[];
};

export const logEvents = {
  'sign_in.succeeded': {
    level: 'info',
    security: true,
    says: 'a buyer signed in to a wallet',
    fields: ['orderId', 'walletId', 'address', 'countedAs'],
  },
  'sign_in.failed': {
    level: 'info',
    security: true,
    says: 'a PIN was wrong, or nobody has this phone',
    fields: ['orderId', 'walletId', 'subject', 'address', 'countedAs'],
  },
  'sign_in.refused': {
    level: 'info',
    security: true,
    says: 'an attempt to sign in was not judged, or its wallet may not sign in',
    fields: ['orderId', 'walletId', 'subject', 'address', 'reason'],
    boundedBy: ['reason', 'subject', 'address'],
  },
  'sign_in.locked': {
    level: 'warn',
    security: true,
    says: 'too many wrong PINs in a row: sign-in by PIN is locked',
    fields: ['orderId', 'walletId', 'subject', 'address', 'countedAs', 'lockedUntil'],
  },
  'sign_in.notice_set_aside': {
    level: 'error',
    security: false,
    says: 'holders of locked wallets could not be told: set aside, and tried again later',
    fields: ['count', 'walletIds'],
  },
  'sign_in.unlocked': {
    level: 'warn',
    security: true,
    says: 'an operator ended the locks of a wallet',
    fields: ['walletId'],
  },
  'session.ended': {
    level: 'info',
    security: true,
    says: 'a buyer signed out',
    fields: ['orderId', 'walletId'],
  },
  'code.sent': {
    level: 'info',
    security: true,
    says: 'a one-time code was sent',
    fields: ['paymentId', 'walletId'],
  },
  'code.not_sent': {
    level: 'warn',
    security: true,
    says: 'a wallet was sent as many codes as it may in an hour',
    fields: ['paymentId', 'walletId'],
    boundedBy: ['walletId'],
  },
  'code.wrong': {
    level: 'info',
    security: true,
    says: 'a one-time code was wrong',
    fields: ['paymentId', 'walletId', 'attemptsLeft'],
  },
  'code.locked': {
    level: 'warn',
    security: true,
    says: 'too many wrong codes in a row: the wallet pays nothing for a while',
    fields: ['paymentId', 'walletId', 'lockedUntil'],
  },
  'mail.sent': {
    level: 'info',
    security: false,
    says: 'the mail server has taken a mail',
    fields: ['messageId', 'template', 'attempt'],
  },
  'mail.not_sent': {
    level: 'warn',
    security: false,
    says: 'the mail server has not taken a mail; it is tried again',
    fields: ['messageId', 'template', 'attempt', 'outcome', 'reply', 'nextAttemptAt'],
  },
  'mail.failed': {
    level: 'error',
    security: false,
    says: 'a mail was given up',
    fields: ['messageId', 'template', 'attempt', 'outcome', 'reply'],
  },
  'form.refused': {
    level: 'warn',
    security: true,
    says: "a form was not this browser's to send",
    fields: ['orderId', 'action', 'reason', 'address'],
    boundedBy: ['reason', 'address'],
  },
  'request.refused': {
    level: 'info',
    security: true,
    says: 'a request was refused',
    fields: ['code', 'problem', 'method', 'path', 'address'],
    boundedBy: ['problem', 'address'],
  },
  'request.unreadable': {
    level: 'info',
    security: true,
    says: 'bytes that are no HTTP request were refused',
    fields: ['code', 'problem', 'fault', 'address'],
    boundedBy: ['problem', 'address'],
  },
  'request.refusals_unwritten': {
    level: 'warn',
    security: false,
    says: 'refused requests not written down',
    fields: ['counts'],
  },
  'audit.verified': {
    level: 'info',
    security: true,
    says: 'the audit log was verified: it is what it was',
    fields: ['acts', 'chain'],
  },
  'audit.wrong': {
    level: 'error',
    security: true,
    says: 'somebody changed the audit log, removed from it or wrote into it',
    fields: ['faultCount', 'faults', 'chain'],
  },
  'audit.not_sealed': {
    level: 'error',
    security: true,
    says: 'new acts are not sealed, because the last checkpoint of the audit log is not what it was',
    fields: ['checkpoint'],
  },
  'retention.failed': {
    level: 'error',
    security: false,
    says: 'a table could not be trimmed',
    fields: ['subject'],
  },
  'order.placed': {
    level: 'info',
    security: false,
    says: 'an order came in',
    fields: ['orderId', 'merchantSite', 'protocol', 'amountDong'],
  },
  'order.refused': {
    level: 'info',
    security: true,
    says: 'an order, or a question about one, was refused',
    fields: ['code', 'detail', 'merchantSite', 'address'],
    boundedBy: ['code', 'merchantSite', 'address'],
  },
  'order.ended': {
    level: 'info',
    security: false,
    says: 'an order got its result without a payment',
    fields: ['orderId', 'merchantSite', 'status', 'code'],
  },
  'order.expired_together': {
    level: 'info',
    security: false,
    says: 'the time of orders was over',
    fields: ['count'],
  },
  'order.expiry_set_aside': {
    level: 'error',
    security: false,
    says: 'orders whose time is over could not be ended: set aside, and tried again later',
    fields: ['count', 'orders'],
  },
  'payment.started': {
    level: 'info',
    security: false,
    says: 'a buyer is about to pay',
    fields: ['paymentId', 'orderId', 'walletId', 'amountDong', 'confirmationClass'],
  },
  'payment.paid': {
    level: 'info',
    security: false,
    says: 'a payment was posted',
    fields: ['paymentId', 'confirmedBy'],
  },
  'payment.refused': {
    level: 'info',
    security: false,
    says: 'a payment was refused; its order is open',
    fields: ['paymentId', 'code'],
  },
  'payment.not_known': {
    level: 'warn',
    security: false,
    says: 'the database did not say what became of a payment; the page asks again',
    fields: ['paymentId'],
  },
  'notification.delivered': {
    level: 'info',
    security: false,
    says: 'a merchant has taken a result',
    fields: ['notificationId', 'orderId', 'merchantSite', 'attempt', 'status'],
  },
  'notification.failed': {
    level: 'info',
    security: false,
    says: 'a merchant has not taken a result; it is sent again',
    fields: ['notificationId', 'orderId', 'merchantSite', 'attempt', 'status', 'outcome', 'kind', 'nextAt'],
  },
  'notification.not_taken': {
    level: 'error',
    security: false,
    says: 'a merchant has not taken results for an hour or more; told again every hour',
    fields: ['merchantSite', 'environment', 'since', 'hours', 'waiting', 'outcome', 'lastAnswer'],
  },
  'notification.exhausted': {
    level: 'error',
    security: false,
    says: 'a merchant has not taken a result, and it is sent no more',
    fields: ['notificationId', 'orderId', 'merchantSite', 'attempt', 'status', 'outcome', 'kind'],
  },
  'notification.gone': {
    level: 'error',
    security: false,
    says: 'a merchant answered 410, its address wants no results: this one is sent no more',
    fields: ['notificationId', 'orderId', 'merchantSite', 'attempt', 'status'],
    boundedBy: ['merchantSite'],
  },
} as const satisfies Record<string, EventRule>;

export type LogEventName = keyof typeof logEvents;
type FieldValue = string | number | bigint | boolean | null | Date | readonly string[];
export type EventFields<E extends LogEventName> = Record<(typeof logEvents)[E]['fields'][number], FieldValue>;

type EventListener = (event: LogEventName, fields: Readonly<Record<string, unknown>>) => void;
const listeners = new Set<EventListener>();

/** Calls back for every event from now on, also for events whose lines are left out. It is for counters. */
export function watchEvents(listener: EventListener): void {
  listeners.add(listener);
}

/** Writes one line. The logger takes secrets and phone numbers out of it, as of any other line. */
export function logEvent<E extends LogEventName>(
  log: Logger,
  event: E,
  fields: EventFields<E>,
  fault?: { err: unknown },
): void {
  const rule: EventRule = logEvents[event];
  for (const listener of listeners) listener(event, fields);
  const write = (more: object) => {
    log[rule.level]({ event, ...more, ...fault }, rule.says);
  };
  if (rule.boundedBy === undefined) {
    write(fields);
    return;
  }
  const values: Partial<Record<string, FieldValue>> = fields;
  const alike = Object.fromEntries(rule.boundedBy.map((name) => [name, values[name] ?? null]));
  boundLines(log, JSON.stringify([event, alike]), {
    write: () => write(fields),
    writeLeftOut: (leftOut) => write({ ...alike, leftOut }),
  });
}
