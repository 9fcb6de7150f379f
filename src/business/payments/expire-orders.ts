// Ends the orders whose time is over, a batch in each transaction, until none is left. An order that cannot
// be ended is found by halving its batch. It is set aside, and the orders behind it do not wait.

import type { Context } from '../../ground/context.ts';
import { classifyFault, inTransaction } from '../../ground/database/index.ts';
import { logEvent } from '../../ground/log/index.ts';
import { wakeDispatchersSoon } from '../notifications/index.ts';
import { formatOrderId, listPassedDeadlines, type PassedDeadline } from '../orders/index.ts';
import { countExpired, countSetAside } from './expiry-metrics.ts';
import { deleteSettledFault, expireOrders, listDueFaults, setOrderAside } from './expiry-queries.ts';

/** Orders of one transaction. A transaction holds its locks for about a tenth of a second. */
const batchMax = 500;
/** Orders set aside that are tried again in one run. */
const retriesMax = 100;
const retryWaitSecondsMax = 6 * 60 * 60;
const toldMax = 20;

type Run = { expired: number; setAside: string[]; fault: unknown };

/**
 * One run ends everything that is due, and looks at each deadline once: an order that a payment holds at this moment
 * is left to the next run. Returns how many orders it has ended. @throws when the database is away.
 */
export async function expireDueOrders(
  context: Context,
  options: { signal?: AbortSignal } = {},
): Promise<number> {
  const run: Run = { expired: 0, setAside: [], fault: null };
  try {
    await retrySetAside(context, run);
    for (let after: PassedDeadline | null = null; options.signal?.aborted !== true; ) {
      const page: PassedDeadline[] = await listPassedDeadlines(context.db, {
        now: context.clock.now(),
        after,
        limit: batchMax,
      });
      const ids = page.map(({ orderId }) => orderId);
      if (ids.length > 0) await expireTogether(context, ids, run);
      const last = page.at(-1);
      if (page.length < batchMax || last === undefined || last.orderId === after?.orderId) break;
      after = last;
    }
  } finally {
    tellRun(context, run);
  }
  return run.expired;
}

async function expireTogether(context: Context, orderIds: string[], run: Run): Promise<void> {
  try {
    const expired = await inTransaction(context.db, (tx) => expireOrders(tx, orderIds, context.clock.now()));
    if (expired.length > 0) wakeDispatchersSoon(context);
    run.expired += expired.length;
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    const [first] = orderIds;
    if (orderIds.length > 1) {
      const half = Math.ceil(orderIds.length / 2);
      await expireTogether(context, orderIds.slice(0, half), run);
      await expireTogether(context, orderIds.slice(half), run);
    } else if (first !== undefined) {
      const fault = nameFault(error);
      const now = context.clock.now();
      await setOrderAside(context.db, { orderId: first, fault, now, waitSecondsMax: retryWaitSecondsMax });
      run.setAside.push(first);
      run.fault = error;
    }
  }
}

async function retrySetAside(context: Context, run: Run): Promise<void> {
  for (const orderId of await listDueFaults(context.db, context.clock.now(), retriesMax)) {
    await expireTogether(context, [orderId], run);
    await deleteSettledFault(context.db, orderId);
  }
}

/** After a deadlock or a time-out of one order the sweep continues. Without a database it cannot. */
function isDatabaseAway(error: unknown): boolean {
  return ['lost', 'read_only', 'out_of_room', 'denied'].includes(classifyFault(error));
}

/** SQLSTATE and constraint: a message could quote what a person sent. */
function nameFault(error: unknown): string {
  const { code, constraint } = (error ?? {}) as { code?: unknown; constraint?: unknown };
  return [code ?? 'no_code', constraint]
    .filter((part) => typeof part === 'string')
    .join(' ')
    .slice(0, 200);
}

function tellRun({ log }: Context, { expired, setAside, fault }: Run): void {
  countExpired(expired);
  countSetAside(setAside.length);
  if (expired > 0) logEvent(log, 'order.expired_together', { count: expired });
  if (setAside.length === 0) return;
  const orders = setAside.slice(0, toldMax).map(formatOrderId);
  logEvent(log, 'order.expiry_set_aside', { count: setAside.length, orders }, { err: fault });
}
