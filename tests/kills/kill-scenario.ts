// The gateway is killed (-9) again and again at named points while a client pays; then everything must add up.
// Returned as a list of what went wrong: the kills assert that there is nothing, a mutant that there is something.

import { sql } from 'kysely';
import { readBalance } from '../../src/books/ledger/index.ts';
import type { NamedPoint } from '../../src/ground/context.ts';
import { payToTopOfClassA } from '../races/race.ts';
import {
  createTestContext,
  givenOrder,
  givenSite,
  givenWallet,
  liftCodesPerHour,
  type TestContext,
} from '../support/context.ts';
import { findViolations } from '../support/find-violations.ts';
import {
  type HeardRequest,
  type MerchantEndpoint,
  startMerchantEndpoint,
} from '../support/merchant-endpoint.ts';
import type { Mutant } from '../support/mutant.ts';
import { mutateDatabase } from '../support/mutate-database.ts';
import { until } from '../support/notification-fixtures.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { startWorker, type Worker } from '../support/worker.ts';
import { readHeard } from './merchant-books.ts';
import { type Client, createPayingClient, type Payer, type Shop } from './paying-client.ts';

/** The clock moves this far from one process to the next: a claim's lease, and a little more. */
const secondsPerLife = 31;
const batchesMax = 20;
const topOfClassADong = 5_000_000n;

export type Killed = {
  violations: string[];
  kills: Partial<Record<NamedPoint, number>>;
  /** What the client asked for, each answered in the end. */
  orders: number;
};

export async function killAndCheck(
  points: readonly NamedPoint[],
  random: SeededRandom,
  mutant: Mutant | null = null,
): Promise<Killed> {
  const context = await createTestContext();
  await liftCodesPerHour(context);
  if (mutant !== null) await mutateDatabase(context.ownerUrl, mutant);
  const endpoint = await startMerchantEndpoint((response, request) =>
    response
      .setHeader('content-type', 'application/json')
      .end(request.method === 'GET' ? '{"RspCode":"00"}' : ''),
  );
  const shops = await givenShops(context, endpoint);
  const payers = await givenPayers(context, shops);
  const client = createPayingClient(context, { shops, payers, random });
  const kills: Partial<Record<NamedPoint, number>> = {};
  const started: Promise<Worker>[] = [];
  const start = () => {
    const starting = startWorker({ url: context.url, now: context.clock.now() }, mutant);
    started.push(starting);
    return starting;
  };

  try {
    // The next process starts while this one works, as a supervisor's spare would.
    let spare = start();
    for (const point of random.shuffle(points)) {
      const worker = await spare;
      spare = start();
      await liveUntilKilled(context, client, worker, { point, random });
      kills[point] = (kills[point] ?? 0) + 1;
      context.clock.advance(secondsPerLife);
    }
    const last = await spare;
    await last.setClock(context.clock.now());
    await last.startDispatcher();
    await client.askAgain(last);
    await untilDelivered(context);
    const violations = await findEverythingWrong(context, client, { shops, payers, heard: endpoint.heard });
    return { violations, kills, orders: client.journal.length };
  } finally {
    for (const starting of started) await starting.then((worker) => worker.stop()).catch(() => undefined);
    await endpoint.close();
    await context.drop();
  }
}

/** Half of the lives end while the last one's unanswered questions are asked again, the others afterwards. */
async function liveUntilKilled(
  context: TestContext,
  client: Client,
  worker: Worker,
  { point, random }: { point: NamedPoint; random: SeededRandom },
): Promise<void> {
  await worker.setClock(context.clock.now());
  const unanswered = client.journal.filter(({ answer }) => answer === null);
  // A code that is tried too often without an answer locks its wallet, which is right. The scenario stops
  // before that.
  const mayDieAgain = unanswered.length > 0 && unanswered.every(({ timesAsked }) => timesAsked < 3);
  const isEarly = mayDieAgain && random.integer(0, 1) === 0;
  if (isEarly) await worker.plan({ point, nth: random.integer(1, unanswered.length), act: 'die' });
  await worker.startDispatcher().catch(() => undefined);
  await client.askAgain(worker);
  if (!isEarly) await worker.plan({ point, nth: random.integer(1, 5), act: 'die' });
  for (let batch = 0; batch < batchesMax && worker.isAlive(); batch += 1) {
    await client.askNew(worker);
    await Promise.race([worker.exited, untilDelivered(context, 500).catch(() => undefined)]);
  }
  const signal = worker.isAlive() ? null : await worker.exited;
  if (signal !== 'SIGKILL') throw new Error(`the process was not killed at ${point}: ${signal}`);
}

async function givenShops(context: TestContext, endpoint: MerchantEndpoint): Promise<Shop[]> {
  return [
    await givenSite(context, { notifyUrl: endpoint.url }),
    await givenSite(context, { notifyUrl: endpoint.url, protocol: 'classic-v1' }),
  ];
}

/** Two who pay by PIN, and three who have paid so much today that they need a code. */
async function givenPayers(context: TestContext, shops: Shop[]): Promise<Payer[]> {
  const payers: Payer[] = [];
  for (const by of ['pin', 'pin', 'code', 'code', 'code'] as const) {
    const balanceDong = 30_000_000n;
    const wallet = await givenWallet(context, { balanceDong });
    if (by === 'code') {
      const { site } = shops[0] as Shop;
      await payToTopOfClassA(
        context,
        await givenOrder(context, site, { amountDong: topOfClassADong }),
        wallet,
      );
    }
    payers.push({ wallet, by, startDong: balanceDong - (by === 'code' ? topOfClassADong : 0n) });
  }
  return payers;
}

function untilDelivered(context: TestContext, maxMs?: number): Promise<void> {
  const isDelivered = async () => {
    const { rows } = await sql<{ pending: boolean }>`
      select exists (select from notifications where status = 'pending') as pending`.execute(context.db);
    return rows[0]?.pending === false;
  };
  return until('every notification is delivered', isDelivered, maxMs);
}

async function findEverythingWrong(
  context: TestContext,
  client: Client,
  { shops, payers, heard }: { shops: Shop[]; payers: Payer[]; heard: HeardRequest[] },
): Promise<string[]> {
  const wrong = [...client.faults, ...(await findViolations(context.db))];
  for (const { merchTxnRef, answer } of client.journal) {
    const { rows } = await sql<{ status: string }>`
      select status from orders where merch_txn_ref = ${merchTxnRef}`.execute(context.db);
    if (rows[0]?.status !== answer)
      wrong.push(`${merchTxnRef} was answered ${answer} and is ${rows[0]?.status}`);
  }
  for (const payer of payers) {
    const paid = client.journal.filter((entry) => entry.payer === payer && entry.answer === 'paid');
    const expectedDong = paid.reduce((dong, { amountDong }) => dong - amountDong, payer.startDong);
    const balanceDong = await readBalance(context.db, payer.wallet.accountId);
    if (balanceDong !== expectedDong)
      wrong.push(`a wallet holds ${balanceDong} dong, by the journal ${expectedDong}`);
  }
  return [...wrong, ...findUnheard(client, shops, heard)];
}

/** Every final result was heard at least once, and whatever was heard is signed and true. */
function findUnheard(client: Client, shops: Shop[], heard: HeardRequest[]): string[] {
  const wrong: string[] = [];
  const heardOf = new Map<string, Set<string>>();
  for (const request of heard) {
    const protocol = request.method === 'POST' ? 'rest' : 'classic-v1';
    const shop = shops.find(({ site }) => site.protocol === protocol) as Shop;
    const read = readHeard(request, shop.credentials);
    if (!read.ok) wrong.push(read.fault);
    else {
      const { merchTxnRef, responseCode, amountDong } = read.result;
      heardOf.set(merchTxnRef, (heardOf.get(merchTxnRef) ?? new Set()).add(`${responseCode} ${amountDong}`));
    }
  }
  for (const { merchTxnRef, amountDong, answer } of client.journal) {
    const expected = `${answer === 'paid' ? '00' : '24'} ${amountDong}`;
    const told = [...(heardOf.get(merchTxnRef) ?? [])].join(' and ');
    if (told !== expected) wrong.push(`${merchTxnRef}: the merchant heard "${told}", not "${expected}"`);
  }
  return wrong;
}
