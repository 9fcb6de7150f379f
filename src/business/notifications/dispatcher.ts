// The dispatcher: finds due notifications, claims them in small transactions of their own, and keeps many
// deliveries in flight. Any number of processes may run one on the same database.
//
// One claim runs at a time. A call that comes meanwhile (a word from PostgreSQL, a place that became free,
// the poll, the timer of the next retry) is served by the next claim. So under load the claims become larger,
// not more frequent.

import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from '../../ground/context.ts';
import { classifyFault } from '../../ground/database/index.ts';
import {
  type Delivered,
  type DeliveryOptions,
  deliverOnce,
  leaseReserveMs,
  timeoutMsDefault,
} from './deliver-notification.ts';
import { listenForDue } from './due-listener.ts';
import { countAttempt } from './notification-metrics.ts';
import { type ClaimedNotification, claimDue } from './notification-queries.ts';
import { createSendingPlaces } from './sending-places.ts';
import { createSiteHealth } from './site-health.ts';

export type DispatcherOptions = DeliveryOptions & {
  /** Default 1.000. */
  pollMs?: number;
  /** Attempts in flight of this process. Default 256. */
  concurrency?: number;
  /** Attempts in flight to one site. Default 4. */
  perSiteMax?: number;
  /** How long a claim holds before another process takes it over. Default 30.000. */
  leaseMs?: number;
};

export type Dispatcher = {
  /** Claims no more, and waits for what is in flight, at most `timeoutMs` (default 12.000, above one attempt). */
  stop(timeoutMs?: number): Promise<void>;
};

export function startDispatcher(context: Context, options: DispatcherOptions): Dispatcher {
  const { concurrency = 256, perSiteMax = 4, leaseMs = 30_000, pollMs = 1_000 } = options;
  if (leaseMs < (options.timeoutMs ?? timeoutMsDefault) + leaseReserveMs) {
    throw new Error('a lease must be longer than one attempt');
  }
  const health = createSiteHealth();
  const places = createSendingPlaces(health, { concurrency, perSiteMax });
  const deliveries = new Set<Promise<void>>();
  let claiming: Promise<void> | null = null;
  let wokenAgain = false;
  let stopped = false;

  const wake = () => {
    wokenAgain = true;
    if (claiming !== null || stopped) return;
    wokenAgain = false;
    claiming = claim()
      .catch((error) => {
        // Told where the clocks are compared; said here it would be a line with every poll.
        if (classifyFault(error) === 'clock_differs') return;
        context.log.error({ err: error }, 'notifications could not be claimed');
      })
      .finally(() => {
        claiming = null;
        if (wokenAgain) wake();
      });
  };

  const claim = async () => {
    const shares = places.shares();
    if (shares.limit === 0) return;
    const now = context.clock.now();
    const leasedUntil = new Date(now.getTime() + leaseMs);
    const claimed = await claimDue(context.db, { ...shares, now, leasedUntil });
    places.take(
      shares,
      claimed.map((notification) => notification.merchantSite),
    );
    for (const notification of claimed) send(notification);
  };

  const send = (claimed: ClaimedNotification) => {
    const delivery = deliverOrLog(context, claimed, options).then((delivered) => {
      deliveries.delete(delivery);
      if (delivered.written) {
        health.note(claimed.merchantSite, delivered.outcome);
        countAttempt(delivered.outcome, delivered.next.status);
        const { nextAttemptAt } = delivered.next;
        if (nextAttemptAt !== null) retryTimer.setFor(nextAttemptAt, delivered.endedAt);
      }
      if (places.giveBack(claimed.merchantSite)) wake();
    });
    deliveries.add(delivery);
  };

  const retryTimer = createRetryTimer(wake);
  const poll = setInterval(wake, pollMs);
  const listener = listenForDue(context, wake);
  wake();

  return {
    async stop(timeoutMs = 12_000) {
      stopped = true;
      clearInterval(poll);
      retryTimer.stop();
      await listener.stop();
      await claiming;
      const drained = Promise.all(deliveries).then(() => true);
      const waiting = new AbortController();
      const inTime = await Promise.race([drained, delay(timeoutMs, false, { signal: waiting.signal })]);
      waiting.abort();
      retryTimer.stop();
      if (!inTime) context.log.warn({ inFlight: deliveries.size }, 'stopped with notifications in flight');
    },
  };
}

async function deliverOrLog(
  context: Context,
  claimed: ClaimedNotification,
  options: DeliveryOptions,
): Promise<Delivered> {
  try {
    return await deliverOnce(context, claimed, options);
  } catch (error) {
    context.log.error({ err: error, notificationId: claimed.id }, 'notification attempt was not recorded');
    return { written: false };
  }
}

const timerMsMax = 60_000;

/** Short retries do not wait for the poll; the poll finds all the others. */
function createRetryTimer(wake: () => void) {
  let timer: NodeJS.Timeout | undefined;
  let setForMs = Number.POSITIVE_INFINITY;
  return {
    /** Seen from `now`; the clock is not asked again, since it may refuse an answer (guard-clock.ts). */
    setFor(at: Date, now: Date) {
      const waitMs = at.getTime() - now.getTime();
      if (at.getTime() >= setForMs || waitMs > timerMsMax) return;
      clearTimeout(timer);
      setForMs = at.getTime();
      timer = setTimeout(
        () => {
          setForMs = Number.POSITIVE_INFINITY;
          wake();
        },
        Math.max(0, waitMs),
      );
      timer.unref();
    },
    stop: () => clearTimeout(timer),
  };
}
