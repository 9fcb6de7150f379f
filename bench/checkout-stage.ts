// The shop and the wallets of the checkout's benchmark, on a database whose PINs are all hashed at one cost.

import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { uuidv7 } from 'uuidv7';
import { createSite } from '../src/business/merchants/index.ts';
import { createWallet, topUpWallet } from '../src/business/wallets/index.ts';
import type { Context } from '../src/ground/context.ts';
import type { Argon2Cost } from '../src/ground/secrets/index.ts';
import { testActor } from '../tests/support/actor.ts';
import type { Ground } from './gateway.ts';

/** What VIPAY_ARGON2_… are when nobody sets them. */
export const realCost: Argon2Cost = { memoryKib: 19_456, passes: 2, parallelism: 1 };
export const nextToNoCost: Argon2Cost = { memoryKib: 128, passes: 1, parallelism: 1 };

export const pin = '246810';
const walletsPerCost = 64;

export type CheckoutStage = {
  context: Context;
  apiKey: string;
  ground: Ground;
  /** The cost of every PIN hash on this stage. Each sign-in does the work of all costs that are in use. */
  cost: Argon2Cost;
  phones: string[];
  /** For the pages alone: what the first pays puts it above class A for the day. */
  pagesPhone: string;
  poorPhone: string;
};

export async function openStage(
  ground: Ground,
  { cost, notifyUrl }: { cost: Argon2Cost; notifyUrl: string },
): Promise<CheckoutStage> {
  const context = ground.contextAt(cost);
  const apiKey = await openShop(context, notifyUrl);
  const phones = await openWallets(context, '091');
  const [pagesPhone, poorPhone] = ['0970000000', '0980000000'];
  await openWallet(context, pagesPhone, 50_000_000n);
  await openWallet(context, poorPhone, 0n);
  return { ground, cost, context, apiKey, phones, pagesPhone, poorPhone };
}

async function openShop(context: Context, notifyUrl: string): Promise<string> {
  const made = await createSite(context, testActor, {
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
  const made = await createWallet(context, testActor, holder);
  if (!made.ok) throw new Error(made.error);
  if (balanceDong === 0n) return;
  const topped = await topUpWallet(context, testActor, {
    environment,
    phone,
    amountDong: balanceDong,
    transferId: uuidv7(),
  });
  if (!topped.ok) throw new Error(topped.error);
}

const deliverWithinMs = 30_000;

/** Until the gateway that runs has told the shop every result, or has had time enough for it. */
export async function untilNothingIsOwed({ context }: CheckoutStage): Promise<void> {
  const isOwed = async () => {
    const { rows } = await sql<{ isOwed: boolean }>`
      select exists (select from notifications where status = 'pending') as "isOwed"`.execute(context.db);
    return rows[0]?.isOwed === true;
  };
  const giveUpAt = performance.now() + deliverWithinMs;
  while ((await isOwed()) && performance.now() < giveUpAt) await delay(50);
}
