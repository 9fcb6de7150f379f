// The checkout, as buyers and shops meet it: bytes of each page, and whole checkouts per second over HTTP on the
// loopback – order by REST, the checkout's page, signing in, confirming, the result – with PIN hashing at its real
// cost and at next to none. The shop's server is told of each result while this runs, as it would be.

import http from 'node:http';
import { sql } from 'kysely';
import { uuidv7 } from 'uuidv7';
import { checkBooks } from '../src/books/ledger/index.ts';
import { createSite } from '../src/business/merchants/index.ts';
import { createWallet, topUpWallet } from '../src/business/wallets/index.ts';
import type { Context } from '../src/ground/context.ts';
import type { Database } from '../src/ground/database/index.ts';
import type { Argon2Cost } from '../src/ground/secrets/index.ts';
import { Buyer, placeOrder, type Shop, send } from './buyer.ts';
import { measurePages, pageFaults } from './checkout-pages.ts';
import { type CheckoutFigures, writeCheckoutReport } from './checkout-report.ts';
import { openGround } from './gateway.ts';
import { type Rate, runFor } from './rate.ts';
import { type Receiver, startReceiver } from './receiver.ts';

/** What VIPAY_ARGON2_… are when nobody sets them. */
const realCost: Argon2Cost = { memoryKib: 19_456, passes: 2, parallelism: 1 };
const nextToNoCost: Argon2Cost = { memoryKib: 128, passes: 1, parallelism: 1 };

const pin = '246810';
/** In class A, which asks for no code, a wallet may pay five million of these orders a day. */
const amountDong = 1_000;
const walletsPerCost = 16;
/** For the pages alone: what one of them pays puts it above class A for the day. */
const pagesPhone = '0970000000';
const poorPhone = '0980000000';

export async function benchCheckout({ quick }: { quick: boolean }) {
  const levels = quick ? [4] : [1, 4, 16];
  const seconds = quick ? 1.5 : 4;
  const ground = await openGround();
  const receiver = await startReceiver();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  try {
    const context = ground.contextAt(realCost);
    const cheapContext = ground.contextAt(nextToNoCost);
    const apiKey = await openShop(context, ground.owner, receiver.url);
    const shop: Shop = { publicUrl: ground.publicUrl, apiKey, agent };
    const kinds = [
      { pinHashing: 'included', cost: realCost, phones: await openWallets(context, '091') },
      { pinHashing: 'excluded', cost: nextToNoCost, phones: await openWallets(cheapContext, '092') },
    ] as const;
    await openWallet(context, pagesPhone, 50_000_000n);
    await openWallet(context, poorPhone, 0n);

    const runs: CheckoutFigures['runs'] = [];
    const argon2PerSecond = await measureHashing(context, seconds / 2);
    let healthzPerSecond = 0;
    let pages: CheckoutFigures['pages'] = [];
    let paid = 0;
    for (const { pinHashing, cost, phones } of kinds) {
      const gateway = await ground.startGateway(cost);
      const pay = (lane: number) => payOnce(shop, phones, lane);
      try {
        if (pinHashing === 'included') {
          pages = await measurePages(context, ground.owner, shop, { phone: pagesPhone, poorPhone, pin });
          paid += pages.filter(({ page }) => page.startsWith('result: paid')).length;
          healthzPerSecond = (await measureHealthz(shop, seconds / 2)).perSecond;
        }
        paid += (await runFor(0.5, 4, pay)).count;
        for (const concurrency of levels) {
          const rate = await runFor(seconds, concurrency, pay);
          runs.push({ pinHashing, concurrency, ...rate });
          paid += rate.count;
        }
        await receiver.waitFor(await countFinalOrders(context));
      } finally {
        await gateway.stop();
      }
    }
    const figures = { postgres: ground.postgres, pages, healthzPerSecond, argon2PerSecond, runs, paid };
    const faults = [...pageFaults(pages), ...(await findFaults(context, paid, receiver))];
    return { text: writeCheckoutReport(figures), data: figures, faults };
  } finally {
    agent.destroy();
    receiver.close();
    await ground.close();
  }
}

/** One buyer from the order to the page that says "paid". Each lane has wallets of its own, as buyers do. */
async function payOnce(shop: Shop, phones: string[], lane: number): Promise<void> {
  const { checkoutUrl } = await placeOrder(shop, amountDong);
  const buyer = new Buyer(shop.agent, checkoutUrl);
  await buyer.open();
  await buyer.press('sign-in', { phone: phones[lane % phones.length] ?? '', pin });
  const result = await buyer.press('confirm');
  if (!result.body.includes('response_code=00')) throw new Error('the result page leads to no paid result');
}

function measureHealthz(shop: Shop, seconds: number): Promise<Rate> {
  return runFor(seconds, 16, async () => {
    await send(shop.agent, `${shop.publicUrl}/healthz`, { method: 'GET' });
  });
}

/** PIN hashes per second of this machine, at the real cost, as many at a time as the gateway allows itself. */
async function measureHashing(context: Context, seconds: number): Promise<number> {
  return (await runFor(seconds, 2, async () => void (await context.pinHasher.hash(pin)))).perSecond;
}

/** All buyers come from one address here; the rule that counts attempts per address is lifted as an operator would. */
async function openShop(context: Context, owner: Database, notifyUrl: string): Promise<string> {
  await sql`insert into policies (rule, valid_from, value, source)
    values ('sign_in.address_attempts_max', ${context.clock.now()}, 1000000, 'benchmark')`.execute(owner);
  const made = await createSite(context, {
    environment: 'sandbox',
    protocol: 'rest',
    name: 'Cửa hàng Sen Đá',
    merchantSite: 'bench',
    notifyUrl,
    fee: { ratePpm: 11_000n, vatRatePpm: 100_000n },
  });
  if (!made.ok) throw new Error(JSON.stringify(made.error));
  return made.credentials.api_key ?? '';
}

async function openWallets(context: Context, prefix: string): Promise<string[]> {
  const phones = Array.from({ length: walletsPerCost }, (_, at) => prefix + String(at).padStart(7, '0'));
  await Promise.all(phones.map((phone) => openWallet(context, phone, 50_000_000n)));
  return phones;
}

async function openWallet(context: Context, phone: string, balanceDong: bigint): Promise<void> {
  const environment = 'sandbox';
  const holder = { environment, phone, holderName: 'Nguyễn Thị An', pin, identified: true } as const;
  const made = await createWallet(context, holder);
  if (!made.ok) throw new Error(made.error);
  if (balanceDong === 0n) return;
  const topped = await topUpWallet(context, {
    environment,
    phone,
    amountDong: balanceDong,
    transferId: uuidv7(),
  });
  if (!topped.ok) throw new Error(topped.error);
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
