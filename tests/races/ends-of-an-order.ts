// Scenarios in which an order ends otherwise while it is being paid, as lists of what went wrong.

import { sql } from 'kysely';
import { readBalance } from '../../src/books/ledger/index.ts';
import { findOrder, type Order } from '../../src/business/orders/index.ts';
import type { Wallet } from '../../src/business/wallets/index.ts';
import { givenOrder, givenWallet } from '../support/context.ts';
import { findViolations } from '../support/find-violations.ts';
import { until } from '../support/notification-fixtures.ts';
import type { Operation } from '../support/worker-protocol.ts';
import { countLockWaits, givenConfirming, givenStarted, payToTopOfClassA, type Race, tally } from './race.ts';

const startDong = 50_000_000n;
const topOfClassADong = 5_000_000n;
const amountDong = 40_000n;

/** What ends an order without paying it, and the words for having won and having lost. */
export const ends = {
  expiry: {
    status: 'expired',
    end: (order: Order): Operation => ({ do: 'expire', orderId: order.id, at: order.expiresAt }),
    won: 'expired',
    lost: 'not_expired',
  },
  cancelling: {
    status: 'cancelled',
    end: (order: Order): Operation => ({ do: 'cancel', orderId: order.id, at: justBefore(order) }),
    won: 'cancelled',
    lost: 'already_paid',
  },
} as const;

export type End = (typeof ends)[keyof typeof ends];
export type PaidBy = 'pin' | 'code';
type Given = { order: Order; wallet: Wallet; balanceDong: bigint; pay: Operation };

/** The last moment at which the order can be paid. */
export function justBefore(order: Order): Date {
  return new Date(order.expiresAt.getTime() - 1);
}

/** A payment ready to be posted: by PIN (class A), or by a code that was sent (class B). */
export async function givenPayment({ context, site }: Race, by: PaidBy): Promise<Given> {
  const wallet = await givenWallet(context, { balanceDong: startDong });
  if (by === 'pin') {
    const order = await givenOrder(context, site, { amountDong });
    const paymentId = await givenStarted(context, order, wallet);
    return { order, wallet, balanceDong: startDong, pay: { do: 'confirm', paymentId } };
  }
  const first = await givenOrder(context, site, { amountDong: topOfClassADong });
  await payToTopOfClassA(context, first, wallet);
  const order = await givenOrder(context, site, { amountDong });
  // The code must outlive the order, which is what expires here.
  order.expiresAt = new Date(context.clock.now().getTime() + 60_000);
  await sql`update orders set expires_at = ${order.expiresAt} where id = ${order.id}`.execute(context.owner);
  const code = await givenConfirming(context, order, wallet);
  return { order, wallet, balanceDong: startDong - topOfClassADong, pay: { do: 'submit', ...code } };
}

/** The posting is held before its locks until the other has committed: nothing is paid. */
export async function endBeforePosting(race: Race, end: End, by: PaidBy): Promise<string[]> {
  const [poster, ender] = race.workers;
  const { order, wallet, balanceDong, pay } = await givenPayment(race, by);
  await poster.plan({ point: 'posting.before_locks', nth: 1, act: 'hold' });
  const paying = poster.perform({ ...pay, at: justBefore(order) });
  await poster.held();
  const ended = await ender.perform(end.end(order));
  await poster.release();
  const told = `posting: ${tally([await paying])}; end: ${tally([ended])}`;
  return [
    ...(await findViolations(race.context.db)),
    ...compare('told', told, `posting: too_late 1; end: ${end.won} 1`),
    ...(await compareOrder(race, order, end.status)),
    ...compare('balance', await readBalance(race.context.db, wallet.accountId), balanceDong),
  ];
}

/** The posting is held with its locks taken until the other waits for them: the order is paid. */
export async function endWhilePosting(race: Race, end: End, by: PaidBy): Promise<string[]> {
  const [poster, ender] = race.workers;
  const { order, wallet, balanceDong, pay } = await givenPayment(race, by);
  await poster.plan({ point: 'posting.in_transaction', nth: 1, act: 'hold' });
  const paying = poster.perform({ ...pay, at: justBefore(order) });
  await poster.held();
  const ending = ender.perform(end.end(order));
  await until('the other process waits for a lock', async () => (await countLockWaits(race)) === 1);
  await poster.release();
  const told = `posting: ${tally([await paying])}; end: ${tally([await ending])}`;
  return [
    ...(await findViolations(race.context.db)),
    ...compare('told', told, `posting: paid 1; end: ${end.lost} 1`),
    ...(await compareOrder(race, order, 'paid')),
    ...compare('balance', await readBalance(race.context.db, wallet.accountId), balanceDong - amountDong),
  ];
}

/** Many orders, each paid and ended at the same moment: one result each, and both are told it. */
export async function endAndPost(race: Race, end: End, repetitions: number): Promise<string[]> {
  const given: Given[] = [];
  for (let count = 0; count < repetitions; count += 1)
    given.push(await givenPayment(race, count % 4 === 0 ? 'code' : 'pin'));
  const [posted, ended] = await race.run(
    given.map(({ order, pay }) => ({ ...pay, at: justBefore(order) })),
    given.map(({ order }) => end.end(order)),
  );
  const found = await findViolations(race.context.db);
  for (const [index, { order }] of given.entries()) {
    const isPaid = posted[index]?.outcome === 'paid';
    const told = `${posted[index]?.outcome}, ${ended[index]?.outcome}`;
    found.push(...compare('told', told, isPaid ? `paid, ${end.lost}` : `too_late, ${end.won}`));
    found.push(...(await compareOrder(race, order, isPaid ? 'paid' : end.status)));
  }
  return found;
}

async function compareOrder(race: Race, order: Order, expected: string): Promise<string[]> {
  return compare('status of the order', (await findOrder(race.context.db, order.id))?.status, expected);
}

function compare(what: string, found: unknown, expected: unknown): string[] {
  return found === expected ? [] : [`${what}: "${found}", not "${expected}"`];
}
