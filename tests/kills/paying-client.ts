// A client that pays and cancels orders through a gateway that may die at any moment. It keeps a journal of
// the answers. A request without an answer is sent again with the same words.

import { randomBytes } from 'node:crypto';
import type { MerchantSite, SiteCredentials } from '../../src/business/merchants/index.ts';
import type { Wallet } from '../../src/business/wallets/index.ts';
import { givenConfirming, givenStarted } from '../races/race.ts';
import { givenOrder, type TestContext } from '../support/context.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { type Worker, WorkerDied } from '../support/worker.ts';
import type { Operation } from '../support/worker-protocol.ts';

export type Shop = { site: MerchantSite; credentials: SiteCredentials };
export type Payer = { wallet: Wallet; startDong: bigint; by: 'pin' | 'code' };

/** One order and what the client asked of it; `answer` null: not known yet. */
export type Entry = {
  merchTxnRef: string;
  amountDong: bigint;
  payer: Payer;
  asked: Operation;
  timesAsked: number;
  answer: 'paid' | 'cancelled' | null;
};

export type Client = {
  journal: Entry[];
  faults: string[];
  /** A new order for every payer, paid or now and then cancelled, all at once. */
  askNew(worker: Worker): Promise<void>;
  /** The same again for everything that was not answered. */
  askAgain(worker: Worker): Promise<void>;
};

const cancelledOneIn = 8;

export function createPayingClient(
  context: TestContext,
  { shops, payers, random }: { shops: Shop[]; payers: Payer[]; random: SeededRandom },
): Client {
  const journal: Entry[] = [];
  const faults: string[] = [];

  const prepare = async (payer: Payer): Promise<Entry> => {
    const { site } = random.pick(shops);
    const merchTxnRef = `K${randomBytes(8).toString('hex')}`;
    const amountDong = BigInt(random.integer(1, 20_000));
    const isCancelled = random.integer(1, cancelledOneIn) === 1;
    const received = classicFields(merchTxnRef, amountDong);
    const order = await givenOrder(context, site, { merchTxnRef, amountDong, received });
    const common = { merchTxnRef, amountDong, payer, timesAsked: 0, answer: null };
    if (payer.by === 'code') {
      const { paymentId, otp } = await givenConfirming(context, order, payer.wallet);
      const asked: Operation = { do: 'submit', paymentId, otp };
      return { ...common, asked: isCancelled ? { do: 'cancel', orderId: order.id } : asked };
    }
    const paymentId = await givenStarted(context, order, payer.wallet);
    const asked: Operation = { do: 'confirm', paymentId };
    return { ...common, asked: isCancelled ? { do: 'cancel', orderId: order.id } : asked };
  };

  const ask = async (worker: Worker, entry: Entry): Promise<void> => {
    const expected = entry.asked.do === 'cancel' ? 'cancelled' : 'paid';
    entry.timesAsked += 1;
    try {
      const told = await worker.perform(entry.asked);
      if (told.outcome === expected || told.outcome === `already_${expected}`) entry.answer = expected;
      else faults.push(`${entry.merchTxnRef}: ${entry.asked.do} was answered ${JSON.stringify(told)}`);
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
    }
  };

  return {
    journal,
    faults,
    async askNew(worker) {
      const entries: Entry[] = [];
      for (const payer of payers) entries.push(await prepare(payer));
      journal.push(...entries);
      await Promise.all(random.shuffle(entries).map((entry) => ask(worker, entry)));
    },
    async askAgain(worker) {
      const unanswered = journal.filter(({ answer }) => answer === null);
      await Promise.all(random.shuffle(unanswered).map((entry) => ask(worker, entry)));
    },
  };
}

/** What a classic result echoes of the order; a REST one says it in its own words. */
function classicFields(merchTxnRef: string, amountDong: bigint): Record<string, string> {
  return {
    version: '1.0',
    locale: 'vn',
    merch_txn_ref: merchTxnRef,
    total_amount: String(amountDong * 100n),
  };
}
