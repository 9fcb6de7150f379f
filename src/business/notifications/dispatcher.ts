// The dispatcher: finds due notifications, claims them in small transactions of their own, and keeps many
// deliveries in flight. Any number of processes may run one on the same database.
//
// One claim runs at a time, and after each there is a short pause. A call that comes meanwhile (results recorded by this
// process, a word from PostgreSQL, a place that became free, the poll, the timer of the next retry) is served by
// the next claim. So under load the claims become larger, not more frequent.

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
import { type ClaimedNotification, claimDue, releaseClaims } from './notification-queries.ts';
import { enlistDispatcher, type Wake } from './own-dispatcher.ts';
import { createRetryTimer } from './retry-timer.ts';
import { createSendingPlaces } from './sending-places.ts';
import { createSiteHealth } from './site-health.ts';
import { createWaitingLines } from './waiting-lines.ts';

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
  /**
   * Claims no more, gives back what it has not sent, and waits for what is in flight, at most `timeoutMs` (default
   * 12.000, above one attempt).
   */
  stop(timeoutMs?: number): Promise<void>;
};

/** Between two claims. A result waits at most this much longer for its first delivery. */
const pauseBetweenClaimsMs = 20;
/** Claimed of a site with many due beyond those in flight: at one answer a second it is sent within half its lease. */
const aheadMax = 28;

export function startDispatcher(context: Context, options: DispatcherOptions): Dispatcher {
  const { concurrency = 256, perSiteMax = 4, leaseMs = 30_000, pollMs = 1_000 } = options;
  if (leaseMs < (options.timeoutMs ?? timeoutMsDefault) + leaseReserveMs) {
    throw new Error('a lease must be longer than one attempt');
  }
  const health = createSiteHealth();
  const lines = createWaitingLines();
  const places = createSendingPlaces(health, { concurrency, perSiteMax, aheadMax, waitingOf: lines.count });
  const deliveries = new Set<Promise<void>>();
  const wanted = { all: false, sites: new Set<string>() };
  let claiming: Promise<void> | null = null;
  let pause: NodeJS.Timeout | undefined;
  let stopped = false;

  const wake: Wake = (merchantSites) => {
    if (merchantSites === undefined) wanted.all = true;
    else for (const site of merchantSites) wanted.sites.add(site);
    claimNext();
  };

  const claimNext = () => {
    if (claiming !== null || pause !== undefined || stopped) return;
    if (!wanted.all && wanted.sites.size === 0) return;
    const sites = wanted.all ? undefined : [...wanted.sites];
    wanted.all = false;
    wanted.sites.clear();
    if (sites !== undefined && !places.hasRoomFor(sites)) return;
    claiming = claim(sites)
      .catch((error) => {
        // Told where the clocks are compared; said here it would be a line with every poll.
        if (classifyFault(error) === 'clock_differs') return;
        context.log.error({ err: error }, 'notifications could not be claimed');
      })
      .finally(() => {
        claiming = null;
        pause = setTimeout(() => {
          pause = undefined;
          claimNext();
        }, pauseBetweenClaimsMs);
      });
  };

  const claim = async (sites: readonly string[] | undefined) => {
    const shares = places.shares();
    if (shares.limit === 0) return;
    const now = context.clock.now();
    const leasedUntil = new Date(now.getTime() + leaseMs);
    const claimed = await claimDue(context.db, {
      ...shares,
      now,
      leasedUntil,
      ...(sites === undefined ? {} : { sites }),
    });
    const merchantSites = claimed.map((notification) => notification.merchantSite);
    const mayGo = places.take(shares, merchantSites, sites);
    for (const [at, notification] of claimed.entries()) {
      if (mayGo[at]) send(notification);
      else lines.add(notification);
    }
    if (stopped) await release(lines.takeAll());
  };

  const send = (claimed: ClaimedNotification) => {
    const delivery = deliverOrLog(context, claimed, options).then(async (delivered) => {
      if (delivered.written) {
        health.note(claimed.merchantSite, delivered.outcome);
        countAttempt(delivered.outcome, delivered.next.status);
        const { nextAttemptAt } = delivered.next;
        if (nextAttemptAt !== null) retryTimer.setFor(nextAttemptAt, delivered.endedAt);
      }
      await passOn(claimed.merchantSite);
      deliveries.delete(delivery);
    });
    deliveries.add(delivery);
  };

  /** The place goes to the next of its site, unless the site fails: what waits for it is then anybody's again. */
  const passOn = async (merchantSite: string) => {
    const isSuspect = health.isSuspect(merchantSite);
    const next = isSuspect || stopped ? undefined : lines.takeFirst(merchantSite);
    if (next !== undefined) return send(next);
    if (isSuspect) await release(lines.takeAll(merchantSite));
    const awaitedBy = places.giveBack(merchantSite);
    if (awaitedBy === 'anybody') wake();
    else if (awaitedBy === 'its site') wake([merchantSite]);
  };

  /** Gives back what was claimed and not sent; when that fails, the leases do it. */
  const release = async (claimed: readonly ClaimedNotification[]) => {
    if (claimed.length === 0) return;
    await releaseClaims(context.db, claimed).catch((error) => {
      context.log.error({ err: error }, 'notifications that were claimed could not be given back');
    });
  };

  const wakeForAll = () => wake();
  const retryTimer = createRetryTimer(wakeForAll);
  const poll = setInterval(wakeForAll, pollMs);
  const listener = listenForDue(context, wakeForAll);
  const leave = enlistDispatcher(context.db, wake);
  wake();

  return {
    async stop(timeoutMs = 12_000) {
      stopped = true;
      leave();
      clearInterval(poll);
      clearTimeout(pause);
      retryTimer.stop();
      await listener.stop();
      await claiming;
      await release(lines.takeAll());
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
