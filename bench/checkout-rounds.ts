// One round of the checkout's benchmark: each run once, all beside what HTTP alone and hashing alone do in the same
// round. A run that is not paid to the end fails the whole.

import http from 'node:http';
import type { Context } from '../src/ground/context.ts';
import { Buyer, placeOrder, type Shop, send } from './buyer.ts';
import { type CheckoutStage, pin, untilNothingIsOwed } from './checkout-stage.ts';
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

/** `levels`: how many buyers at once are measured beside those of the headlines. */
export type RoundPlan = { seconds: number; levels: readonly number[] };

/**
 * How many buyers at once the figures of the headlines are from, and how many ask for `healthz` and place orders
 * beside: enough to keep both processors busy. With fewer, the programs wait for one another, and what they do
 * together (postings, claims, writes to a socket) is done for one or two at a time.
 */
export const busyLevel = 64;
/** With hashing: while some of them are past it, the others keep the two computations busy that run at a time. */
export const hashingLevel = 32;
/** A gateway that has just begun runs code that is not yet compiled; it gets faster for some thousand requests. */
const warmUpSeconds = 10;

export type CheckoutStages = { cheap: CheckoutStage; real: CheckoutStage };

export async function runRound(
  { cheap, real }: CheckoutStages,
  { seconds, levels }: RoundPlan,
): Promise<CheckoutRound> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: busyLevel });
  let paid = 0;
  const checkouts = async (urls: string[], stage: CheckoutStage, lanes: number, time = seconds) => {
    const shops = urls.map((publicUrl): Shop => ({ publicUrl, apiKey: stage.apiKey, agent }));
    const rate = await runFor(time, lanes, (lane) =>
      payOnce(shops[lane % shops.length] as Shop, stage.phones, lane),
    );
    paid += rate.count;
    return rate;
  };
  const atLevels = async (url: string, stage: CheckoutStage, busiest: number) => {
    await checkouts([url], stage, busiest, warmUpSeconds);
    await untilNothingIsOwed(stage);
    const rates = new Map<number, Rate>();
    for (const lanes of levels.filter((level) => level < busiest))
      rates.set(lanes, await checkouts([url], stage, lanes));
    return rates;
  };
  /**
   * The headline's run between two measurements of what it is held against: these machines get faster and slower
   * within a minute. What the shop has not heard yet is delivered before the second.
   */
  const between = async (
    measure: (seconds: number) => Promise<number>,
    url: string,
    stage: CheckoutStage,
  ) => {
    const lanes = stage === real ? hashingLevel : busyLevel;
    const before = await measure(seconds / 2);
    const rate = await checkouts([url], stage, lanes);
    await untilNothingIsOwed(stage);
    const after = await measure(seconds / 2);
    return { lanes, rate, beside: (before + after) / 2 };
  };
  try {
    const withHashing = await real.ground.startGateway(real.cost);
    const included = await atLevels(withHashing.publicUrl, real, hashingLevel);
    const hashing = await between((time) => measureHashing(real.context, time), withHashing.publicUrl, real);
    included.set(hashing.lanes, hashing.rate);
    await withHashing.stop();

    const first = await cheap.ground.startGateway(cheap.cost);
    const url = first.publicUrl;
    const excluded = await atLevels(url, cheap, busyLevel);
    const plain = await between((time) => measureHealthz(agent, url, time), url, cheap);
    excluded.set(plain.lanes, plain.rate);
    const orders = await runFor(seconds, busyLevel, async () => {
      await placeOrder({ publicUrl: url, apiKey: cheap.apiKey, agent }, amountDong);
    });
    const second = await cheap.ground.startGateway(cheap.cost, { place: 1 });
    await checkouts([second.publicUrl], cheap, busyLevel, warmUpSeconds / 2);
    const twoProcesses = await checkouts([url, second.publicUrl], cheap, busyLevel);
    await second.stop();
    await first.stop();
    return {
      healthzPerSecond: plain.beside,
      hashesPerSecond: hashing.beside,
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

/**
 * One buyer from the order to the page that says "paid". Each lane has a wallet and an address of its own, as buyers
 * do.
 */
async function payOnce(shop: Shop, phones: string[], lane: number): Promise<void> {
  const { checkoutUrl } = await placeOrder(shop, amountDong);
  const buyer = new Buyer(shop.agent, checkoutUrl, `203.0.113.${lane + 1}`);
  await buyer.open();
  await buyer.press('sign-in', { phone: phones[lane % phones.length] ?? '', pin });
  const result = await buyer.press('confirm');
  if (!result.raw.includes('response_code=00')) throw new Error('the result page leads to no paid result');
}

/** Bare HTTP of a gateway that does nothing else. */
async function measureHealthz(agent: http.Agent, url: string, seconds: number): Promise<number> {
  const ask = async () => void (await send(agent, `${url}/healthz`, { method: 'GET' }));
  return (await runFor(seconds, busyLevel, ask)).perSecond;
}

/** PIN hashes per second of this machine, at the real cost, as many at a time as the gateway allows itself. */
async function measureHashing(context: Context, seconds: number): Promise<number> {
  return (await runFor(seconds, 2, async () => void (await context.pinHasher.hash(pin)))).perSecond;
}
