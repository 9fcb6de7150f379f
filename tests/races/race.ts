// A race: two gateway processes on one database, let go at the same moment. What scenarios need to set one up.

import { sql } from 'kysely';
import type { MerchantSite } from '../../src/business/merchants/index.ts';
import type { Order } from '../../src/business/orders/index.ts';
import { confirmPayment } from '../../src/business/payments/index.ts';
import type { Wallet } from '../../src/business/wallets/index.ts';
import {
  createTestContext,
  givenPayment,
  givenSite,
  liftCodesPerHour,
  readOtp,
  type TestContext,
} from '../support/context.ts';
import type { Mutant } from '../support/mutant.ts';
import { mutateDatabase } from '../support/mutate-database.ts';
import { startWorker, type Worker } from '../support/worker.ts';
import type { Operation, Outcome } from '../support/worker-protocol.ts';

export type Race = {
  context: TestContext;
  site: MerchantSite;
  workers: [Worker, Worker];
  /** Both lists at once, each in a process of its own; the outcomes stand in the same places. */
  run(first: Operation[], second: Operation[]): Promise<[Outcome[], Outcome[]]>;
  /** The operations dealt out to both processes in turn; the outcomes stand in the places of the operations. */
  share(operations: Operation[]): Promise<Outcome[]>;
  stop(): Promise<void>;
};

export async function startRace(mutant: Mutant | null = null): Promise<Race> {
  const context = await createTestContext();
  await liftCodesPerHour(context);
  if (mutant !== null) await mutateDatabase(context.ownerUrl, mutant);
  const { site } = await givenSite(context, { notifyUrl: 'http://127.0.0.1:9/webhook' });
  const settings = { url: context.url, now: context.clock.now() };
  const workers = await Promise.all([startWorker(settings, mutant), startWorker(settings, mutant)]);
  const [one, other] = workers;

  const run: Race['run'] = async (first, second) => {
    await Promise.all([one.prepare(first), other.prepare(second)]);
    return Promise.all([one.go(), other.go()]);
  };
  return {
    context,
    site,
    workers,
    run,
    async share(operations) {
      const isFirst = (_: Operation, index: number) => index % 2 === 0;
      const isSecond = (_: Operation, index: number) => index % 2 === 1;
      const [even, odd] = await run(operations.filter(isFirst), operations.filter(isSecond));
      return operations.map((_, index) => (index % 2 === 0 ? even : odd)[index >> 1] as Outcome);
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await context.drop();
    },
  };
}

export async function givenStarted(context: TestContext, order: Order, wallet: Wallet): Promise<string> {
  const payment = await givenPayment(context, { order, wallet });
  if (payment.status !== 'started') throw new Error(`the payment is ${payment.status}`);
  return payment.id;
}

/** A payment above class A whose code was sent. */
export async function givenConfirming(
  context: TestContext,
  order: Order,
  wallet: Wallet,
): Promise<{ paymentId: string; otp: string }> {
  const paymentId = await givenStarted(context, order, wallet);
  const outcome = await confirmPayment(context, paymentId);
  if (outcome !== 'code_sent') throw new Error(`confirming answered ${outcome}`);
  return { paymentId, otp: await readOtp(context, wallet.phone) };
}

/** The wallet has paid 5.000.000 ₫ today: whatever it pays now needs a code. */
export async function payToTopOfClassA(context: TestContext, order: Order, wallet: Wallet): Promise<void> {
  const paymentId = await givenStarted(context, order, wallet);
  const outcome = await confirmPayment(context, paymentId);
  if (outcome !== 'paid') throw new Error(`paying to the top of class A answered ${outcome}`);
}

export function wrongCode(otp: string): string {
  return otp === '000000' ? '000001' : '000000';
}

/** Connections of this database that wait for a row another one holds. */
export async function countLockWaits({ context }: Race): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(context.db);
  return rows[0]?.count ?? 0;
}

/** How often each word was answered, as text: `paid 7, refused 13`; what was thrown with its message. */
export function tally(outcomes: Outcome[]): string {
  const counts = new Map<string, number>();
  for (const outcome of outcomes) {
    const word = 'message' in outcome ? `threw (${outcome.message})` : outcome.outcome;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([word, count]) => `${word} ${count}`)
    .join(', ');
}
