// One round of the checkout's benchmark: each run once, all beside what HTTP alone and hashing alone do in the same
// round. A run that is not paid to the end fails the whole.

import http from 'node:http';
import type { Context } from '../src/ground/context.ts';
import { Buyer, placeOrder, type Shop, send } from './buyer.ts';
import { type CheckoutStage, nextToNoCost, pin, realCost } from './checkout-stage.ts';
import type { Ground } from './gateway.ts';
import { type Rate, runFor } from './rate.ts';

/** In class A, which asks for no code, a wallet may pay five million of these orders a day. */
const amountDong = 1_000;

export type CheckoutRound = {
  healthzPerSecond: number;
  hashesPerSecond: number;
  /** Whole checkouts, by how many buyers at once. */
  excluded: Map<number, Rate>;
  included: Map<number, Rate>;
  /** Orders by REST alone. */
  orders: Rate;
  /** The same checkouts by two gateway processes on one database. */
  twoProcesses: Rate;
  /** Whole checkouts that were paid in this round. */
  paid: number;
};

export type RoundPlan = { seconds: number; levels: readonly number[] };

/** How many buyers at once the figures of the headlines are from. */
export const busyLevel = 16;
const httpLanes = 16;

export async function runRound(
  ground: Ground,
  stage: CheckoutStage,
  { seconds, levels }: RoundPlan,
): Promise<CheckoutRound> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const shopAt = (publicUrl: string): Shop => ({ publicUrl, apiKey: stage.apiKey, agent });
  let paid = 0;
  const checkouts = async (shops: Shop[], phones: string[], lanes: number): Promise<Rate> => {
    const rate = await runFor(seconds, lanes, (lane) =>
      payOnce(shops[lane % shops.length] as Shop, phones, lane),
    );
    paid += rate.count;
    return rate;
  };
  const first = shopAt(ground.publicUrl);
  try {
    const hashesPerSecond = await measureHashing(stage.context, seconds / 2);

    const cheap = await ground.startGateway(nextToNoCost);
    const warm = await runFor(0.5, 4, (lane) => payOnce(first, stage.cheapPhones, lane));
    paid += warm.count;
    const healthz = await runFor(seconds / 2, httpLanes, async () => {
      await send(agent, `${ground.publicUrl}/healthz`, { method: 'GET' });
    });
    const excluded = new Map<number, Rate>();
    for (const lanes of levels) excluded.set(lanes, await checkouts([first], stage.cheapPhones, lanes));
    const orders = await runFor(seconds, httpLanes, async () => {
      await placeOrder(first, amountDong);
    });
    const second = await ground.startGateway(nextToNoCost, { place: 1 });
    const twoProcesses = await checkouts([first, shopAt(second.publicUrl)], stage.cheapPhones, busyLevel);
    await second.stop();
    await cheap.stop();

    const real = await ground.startGateway(realCost);
    const included = new Map<number, Rate>();
    for (const lanes of levels) included.set(lanes, await checkouts([first], stage.phones, lanes));
    await real.stop();
    return {
      healthzPerSecond: healthz.perSecond,
      hashesPerSecond,
      excluded,
      included,
      orders,
      twoProcesses,
      paid,
    };
  } finally {
    agent.destroy();
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

/** PIN hashes per second of this machine, at the real cost, as many at a time as the gateway allows itself. */
async function measureHashing(context: Context, seconds: number): Promise<number> {
  return (await runFor(seconds, 2, async () => void (await context.pinHasher.hash(pin)))).perSecond;
}
