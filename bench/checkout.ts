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
import { type CheckoutStage, openStage, pin, realCost } from './checkout-stage.ts';
import { type Ground, openGround } from './gateway.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const rounds = 3;

export async function benchCheckout({ quick }: { quick: boolean }) {
  const plan = quick ? { seconds: 1.5, levels: [1, 16] } : { seconds: 4, levels: [1, 4, 16] };
  const ground = await openGround();
  const receiver = await startReceiver();
  try {
    const stage = await openStage(ground, receiver.url);
    const pages = await walkPages(ground, stage);
    const measured: CheckoutRound[] = [];
    for (let round = 0; round < rounds; round += 1) measured.push(await runRound(ground, stage, plan));
    const gateway = await ground.startGateway(realCost);
    await receiver.waitFor(await countFinalOrders(stage.context));
    await gateway.stop();

    const paid = measured.reduce((sum, round) => sum + round.paid, countPaid(pages));
    const faults = [...pageFaults(pages), ...(await findFaults(stage.context, paid, receiver))];
    const data = { postgres: ground.postgres, checkout: toCheckoutFigures(measured), pages, paid };
    const text = writeCheckoutReport(data);
    return { text, docs: () => text, data, faults };
  } finally {
    receiver.close();
    await ground.close();
  }
}

async function walkPages(ground: Ground, stage: CheckoutStage): Promise<PageBytes[]> {
  const gateway = await ground.startGateway(realCost);
  const agent = new http.Agent({ keepAlive: true });
  try {
    const shop = { publicUrl: ground.publicUrl, apiKey: stage.apiKey, agent };
    const { pagesPhone: phone, poorPhone } = stage;
    return await measurePages(stage.context, ground.owner, shop, { phone, poorPhone, pin });
  } finally {
    agent.destroy();
    await gateway.stop();
  }
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
async function findFaults(context: Context, paid: number, receiver: Receiver): Promise<string[]> {
  const { rows } = await sql<{ orders: number; transfers: number; final: number }>`
    select (select count(*)::int from orders where status = 'paid') as orders,
      (select count(*)::int from transfers where kind = 'payment') as transfers,
      (select count(*)::int from orders where final_at is not null) as final`.execute(context.db);
  const [tables] = rows;
  const faults = (await checkBooks(context.db)).map(
    ({ environment, fault, detail }) => `books of ${environment}: ${fault}, ${detail}`,
  );
  if (tables?.orders !== paid)
    faults.push(`buyers saw ${paid} paid orders, the table holds ${tables?.orders}`);
  if (tables?.transfers !== paid) faults.push(`${paid} paid orders, ${tables?.transfers} transfers`);
  if (receiver.orders.size !== tables?.final) {
    faults.push(`${tables?.final} orders have a result, the shop heard of ${receiver.orders.size}`);
  }
  return faults;
}
