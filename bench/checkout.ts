// The checkout, as buyers and shops meet it: bytes of each page, and whole checkouts per second over HTTP on the
// loopback – order by REST, the checkout's page, signing in, confirming, the result – with PIN hashing at its real
// cost and at next to none. The shop's server is told of each result while this runs, as it would be.

import http from 'node:http';
import { sql } from 'kysely';
import { checkBooks } from '../src/books/ledger/index.ts';
import type { Context } from '../src/ground/context.ts';
import { toCheckoutFigures } from './checkout-figures.ts';
import { measurePages, type PageBytes, pageFaults } from './checkout-pages.ts';
import { writeCheckoutReport } from './checkout-report.ts';
import { type CheckoutRound, runRound } from './checkout-rounds.ts';
import {
  type CheckoutStage,
  nextToNoCost,
  openStage,
  pin,
  realCost,
  untilNothingIsOwed,
} from './checkout-stage.ts';
import { openGround } from './gateway.ts';
import { type Receiver, startReceiver } from './receiver.ts';

/** The median of five moves half as much from run to run as that of three. */
const rounds = { quick: 3, full: 5 };

export async function benchCheckout({ quick }: { quick: boolean }) {
  const plan = quick ? { seconds: 3, levels: [1] } : { seconds: 6, levels: [1, 4, 16] };
  const receiver = await startReceiver();
  const grounds = [await openGround(), await openGround()] as const;
  try {
    const notifyUrl = receiver.url;
    const cheap = await openStage(grounds[0], { cost: nextToNoCost, notifyUrl });
    const real = await openStage(grounds[1], { cost: realCost, notifyUrl });
    const pages = await walkPages(real);
    const measured: CheckoutRound[] = [];
    const count = quick ? rounds.quick : rounds.full;
    for (let round = 0; round < count; round += 1) measured.push(await runRound({ cheap, real }, plan));
    const final = await Promise.all([cheap, real].map((stage) => deliverRest(stage, receiver)));

    const paid = measured.reduce((sum, round) => sum + round.paid, countPaid(pages));
    const faults = [...pageFaults(pages), ...(await findFaults([cheap, real], { paid, receiver, final }))];
    const data = { postgres: cheap.ground.postgres, checkout: toCheckoutFigures(measured), pages, paid };
    const text = writeCheckoutReport(data);
    return { text, docs: () => text, data, faults };
  } finally {
    receiver.close();
    for (const ground of grounds) await ground.close();
  }
}

async function walkPages(stage: CheckoutStage): Promise<PageBytes[]> {
  const gateway = await stage.ground.startGateway(stage.cost);
  const agent = new http.Agent({ keepAlive: true });
  try {
    const shop = { publicUrl: gateway.publicUrl, apiKey: stage.apiKey, agent };
    const { context, ground, pagesPhone: phone, poorPhone } = stage;
    return await measurePages(context, ground.owner, shop, { phone, poorPhone, pin });
  } finally {
    agent.destroy();
    await gateway.stop();
  }
}

/** A gateway runs until the shop has heard what it is still owed; returns how many orders have a result. */
async function deliverRest(stage: CheckoutStage, receiver: Receiver): Promise<number> {
  const gateway = await stage.ground.startGateway(stage.cost);
  await untilNothingIsOwed(stage);
  await gateway.stop();
  await receiver.settled();
  return countFinalOrders(stage.context);
}

function countPaid(pages: PageBytes[]): number {
  return pages.filter(({ page }) => page.startsWith('result: paid')).length;
}

async function countFinalOrders(context: Context): Promise<number> {
  const { rows } = await sql<{
    count: number;
  }>`select count(*)::int as count from orders where final_at is not null`.execute(context.db);
  return rows[0]?.count ?? 0;
}

/** What the buyers saw, what the tables say, what the shop heard: all the same, or no figure counts. */
async function findFaults(
  stages: CheckoutStage[],
  seen: { paid: number; receiver: Receiver; final: number[] },
): Promise<string[]> {
  const faults: string[] = [];
  let [orders, transfers] = [0, 0];
  for (const { context } of stages) {
    const { rows } = await sql<{ orders: number; transfers: number }>`
      select (select count(*)::int from orders where status = 'paid') as orders,
        (select count(*)::int from transfers where kind = 'payment') as transfers`.execute(context.db);
    orders += rows[0]?.orders ?? 0;
    transfers += rows[0]?.transfers ?? 0;
    for (const { environment, fault, detail } of await checkBooks(context.db)) {
      faults.push(`books of ${environment}: ${fault}, ${detail}`);
    }
  }
  const final = seen.final.reduce((sum, count) => sum + count, 0);
  if (orders !== seen.paid) faults.push(`buyers saw ${seen.paid} paid orders, the tables hold ${orders}`);
  if (transfers !== seen.paid) faults.push(`${seen.paid} paid orders, ${transfers} transfers`);
  if (seen.receiver.orders.size !== final) {
    faults.push(`${final} orders have a result, the shop heard of ${seen.receiver.orders.size}`);
  }
  return faults;
}
