// One attempt to deliver a claimed notification: read, encode, call, judge, write down. No transaction is open
// while the merchant is called; a process that dies in between leaves a lease that ends by itself.

import { uuidv7 } from 'uuidv7';
import type { Context } from '../../ground/context.ts';
import { isPassingFault } from '../../ground/database/index.ts';
import { logEvent } from '../../ground/log/index.ts';
import {
  type CallbackPolicy,
  type CallOutcome,
  callMerchant,
  type ResolveName,
  strictCallbackPolicy,
} from '../../ground/outgoing/index.ts';
import type { Environment } from '../../ground/terms.ts';
import { recallSite } from '../merchants/index.ts';
import type { Order } from '../orders/index.ts';
import { type AttemptKind, type AttemptOutcome, attemptKinds } from './answer-kinds.ts';
import { type Judgement, judgeCall } from './classify-answer.ts';
import { encodeNotification, type MerchantRequest } from './encode-notification.ts';
import { keepAnswer, toStorableText } from './keep-answer.ts';
import { decideNext, type NextStep, type Random } from './notification.ts';
import { type ClaimedNotification, releaseClaims } from './notification-queries.ts';
import { recordAttempt } from './record-attempt.ts';
import { readRetryAfter } from './retry-after.ts';

export type DeliveryOptions = {
  /** For the sandbox; live sites always get the strict one. */
  callbacks: CallbackPolicy;
  /** The limit for the whole call. Default 10.000. */
  timeoutMs?: number;
  random?: Random;
  resolve?: ResolveName;
};

export type Delivered =
  | { written: true; outcome: AttemptOutcome; next: NextStep; endedAt: Date }
  /** Not sent because too little of the lease was left, or sent and recorded after the lease was lost. */
  | { written: false };

export const timeoutMsDefault = 10_000;
/** Time of the lease that must remain, beside the call's own, for reading and writing. */
export const leaseReserveMs = 5_000;

/** Throws only when the database does; the lease then brings the notification back. */
export async function deliverOnce(
  context: Context,
  claimed: ClaimedNotification,
  options: DeliveryOptions,
): Promise<Delivered> {
  const timeoutMs = options.timeoutMs ?? timeoutMsDefault;
  const startedAt = context.clock.now();
  if (!isLeaseLongEnough(claimed, startedAt, timeoutMs)) {
    await releaseClaims(context.db, [claimed]);
    return { written: false };
  }

  const { protocol, orderId, request, fault } = await prepare(context, claimed);
  await context.reach?.('notification.before_sending');
  const call: CallOutcome | null =
    fault === null
      ? await callMerchant(request.url, {
          ...request,
          policy: policyFor(claimed.environment, options.callbacks),
          timeoutMs,
          ...(options.resolve === undefined ? {} : { resolve: options.resolve }),
        })
      : null;
  await context.reach?.('notification.after_sending');
  const judged = call === null ? notSent(fault) : judgeCall(protocol, call, request.url);

  const now = context.clock.now();
  const answer = call?.outcome === 'answered' ? call : null;
  const askedMs = answer === null ? 0 : readRetryAfter(answer.status, answer.retryAfter, now);
  const next = decideNext(judged, claimed.attempts, now, options.random ?? Math.random, askedMs);
  const attempt = {
    id: uuidv7(),
    startedAt,
    durationMs: call?.durationMs ?? 0,
    method: request.method,
    url: request.url,
    requestHeaders: request.headers,
    requestBody: request.body,
    responseStatus: call?.status ?? null,
    responseBody: answer === null ? null : keepAnswer(answer.body),
    outcome: judged.outcome,
    kind: judged.kind,
    detail: judged.detail === null ? null : toStorableText(judged.detail),
  };
  const written = await recordAttempt(context.db, { claimed, attempt, next, endedAt: now });
  if (!written) return { written };
  logAttempt(context, claimed, orderId, { ...attempt, next });
  return { written, outcome: judged.outcome, next, endedAt: now };
}

/** Whether a whole attempt that begins at `now` would end within the lease. */
export function isLeaseLongEnough(
  { leasedUntil }: Pick<ClaimedNotification, 'leasedUntil'>,
  now: Date,
  timeoutMs: number = timeoutMsDefault,
): boolean {
  return leasedUntil.getTime() - now.getTime() >= timeoutMs + leaseReserveMs;
}

function logAttempt(
  { log }: Context,
  claimed: ClaimedNotification,
  orderId: string,
  made: { outcome: AttemptOutcome; kind: AttemptKind; responseStatus: number | null; next: NextStep },
): void {
  const { id: notificationId, merchantSite, attempts: attempt } = claimed;
  const { outcome, kind, responseStatus: status, next } = made;
  const fields = { notificationId, orderId, merchantSite, attempt, status };
  if (next.status === 'delivered') logEvent(log, 'notification.delivered', fields);
  else if (kind === 'status_gone') logEvent(log, 'notification.gone', fields);
  else if (next.status === 'exhausted') logEvent(log, 'notification.exhausted', { ...fields, outcome, kind });
  else logEvent(log, 'notification.failed', { ...fields, outcome, kind, nextAt: next.nextAttemptAt });
}

type NotSent = 'not_sent_no_url' | 'not_sent_not_encoded';
type Prepared = {
  protocol: Order['protocol'];
  /** ord_… */
  orderId: string;
  request: MerchantRequest;
  fault: NotSent | null;
};

const nothingToSend: MerchantRequest = { method: 'GET', url: '', headers: {}, body: null };

/**
 * When the result cannot be encoded (the site has lost its URL or its keys), the attempt has failed and is
 * tried again.
 */
async function prepare(context: Context, claimed: ClaimedNotification): Promise<Prepared> {
  const { order } = claimed;
  const site = await recallSite(context, claimed.merchantSite);
  if (order === null || site === null) throw new Error(`notification ${claimed.id} has no order or no site`);
  const { protocol, publicId: orderId } = order;
  const { notifyUrl } = site;
  if (notifyUrl === null) {
    return { protocol, orderId, request: nothingToSend, fault: 'not_sent_no_url' };
  }
  try {
    const request = await encodeNotification(context, claimed, order, { ...site, notifyUrl });
    return { protocol, orderId, request, fault: null };
  } catch (error) {
    // The database's fault is no attempt at the merchant.
    if (isPassingFault(error)) throw error;
    context.log.error({ err: error, notificationId: claimed.id }, 'notification could not be encoded');
    return { protocol, orderId, request: nothingToSend, fault: 'not_sent_not_encoded' };
  }
}

function notSent(fault: NotSent | null): Judgement {
  const kind = fault ?? 'not_sent_not_encoded';
  const detail =
    kind === 'not_sent_no_url'
      ? 'not sent: the site has no notification URL'
      : 'not sent: the result could not be encoded';
  return { outcome: attemptKinds[kind], kind, detail };
}

function policyFor(environment: Environment, callbacks: CallbackPolicy): CallbackPolicy {
  return environment === 'live' ? strictCallbackPolicy : callbacks;
}
