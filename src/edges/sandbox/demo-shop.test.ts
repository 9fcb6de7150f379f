// The real shop as a program of its own, on a whole gateway.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { testActor } from '../../../tests/support/actor.ts';
import { createTestContext, type TestContext } from '../../../tests/support/context.ts';
import { listen } from '../../../tests/support/merchant-endpoint.ts';
import { createApp } from '../../app.ts';
import { createSite } from '../../business/merchants/index.ts';
import { type DemoShop, seedSandbox, startDemoShop } from './index.ts';

let context: TestContext;
let dataDir: string;
let app: FastifyInstance;
let shop: DemoShop | null = null;

before(async () => {
  const { port, close } = await listen(createServer());
  await close();
  context = await createTestContext({ publicUrl: `http://localhost:${port}` });
  dataDir = await mkdtemp(join(tmpdir(), 'vipay-shop-'));
  app = createApp(context, {
    sandbox: { shopUrl: () => shop?.url() ?? null, testWallet: { phone: '', pin: '' } },
  });
  await app.listen({ port, host: '127.0.0.1' });
  shop = await openShop();
});

after(async () => {
  await shop?.stop();
  await app.close();
  await context.drop();
  await rm(dataDir, { recursive: true });
});

async function openShop(): Promise<DemoShop> {
  const publicShopUrl = `${context.publicUrl}/shop`;
  const { credentials } = await seedSandbox(context, { shopBaseUrl: publicShopUrl, dataDir });
  return startDemoShop(context, {
    ...{ gatewayUrl: context.publicUrl, publicShopUrl, credentials, dataDir, restartDelayMs: 20 },
  });
}

/** Buys through the proxy, follows the shop's redirect, and returns the checkout's path. */
async function buy(protocol: string): Promise<string> {
  const bought = await fetch(`${context.publicUrl}/shop/buy`, {
    method: 'POST',
    body: new URLSearchParams({ protocol, product: 'sen-nau', lang: 'vi' }),
    redirect: 'manual',
  });
  assert.equal(bought.status, 303, await bought.text());
  const location = bought.headers.get('location') ?? '';
  assert.ok(location.startsWith(`${context.publicUrl}/`), location);
  if (location.includes('/checkout/')) return new URL(location).pathname;
  const entered = await fetch(location, { redirect: 'manual' });
  const checkout = entered.headers.get('location') ?? '';
  assert.match(checkout, /\/checkout\//, `${protocol}: ${entered.status}`);
  return new URL(checkout, context.publicUrl).pathname;
}

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await holds()) return;
    await delay(50);
  }
  assert.fail(`never: ${what}`);
}

function shopPid(): number {
  assert.ok(shop?.pid, 'no shop runs');
  return shop.pid;
}

test('a stranger’s name that was pointed at this machine reads no inbox', async () => {
  for (const url of ['/sandbox/inbox', '/sandbox/inbox.json', '/', '/shop']) {
    const foreign = await app.inject({ url, headers: { host: 'evil.example', accept: 'application/json' } });
    assert.equal(foreign.statusCode, 421, url);
    assert.equal((await app.inject({ url, headers: { host: '127.0.0.1:8080' } })).statusCode, 200, url);
  }
});

test('an order of each protocol goes from the shop to a checkout', async () => {
  for (const protocol of ['classic-v1', 'classic-v2', 'rest']) {
    assert.match(await buy(protocol), /^\/checkout\/[\w.-]+$/);
  }
  const { rows } = await context.db.pool.query(
    `select merchant_site from orders where merchant_site in ('shop_v1', 'shop_v2', 'shop_rest') order by 1`,
  );
  assert.deepEqual(
    rows.map((row) => row.merchant_site),
    ['shop_rest', 'shop_v1', 'shop_v2'],
  );
});

test('the first order that the start page suggests is accepted as printed', async () => {
  const made = await createSite(context, testActor, {
    environment: 'sandbox',
    protocol: 'rest',
    name: 'My shop',
  });
  assert.ok(made.ok);
  const page = await (await fetch(`${context.publicUrl}/`)).text();
  const body = /-d &#39;([\s\S]*?)&#39;/.exec(page)?.[1]?.replaceAll('&quot;', '"') ?? '';
  const headers = [...page.matchAll(/-H &quot;([\w-]+): ([^&]+)&quot;/g)].map(([, name = '', value = '']) => [
    name,
    value.replace('sk_sandbox_...', made.credentials.api_key ?? ''),
  ]);
  const response = await fetch(`${context.publicUrl}/v3/orders`, {
    method: 'POST',
    headers: Object.fromEntries(headers),
    body,
  });
  assert.equal(response.status, 201, await response.text());
});

test('after its keys were lost the shop goes on with new ones', async () => {
  await shop?.stop();
  assert.equal(shop?.port, null);
  assert.equal((await fetch(`${context.publicUrl}/shop/`)).status, 503);
  await rm(join(dataDir, 'demo-shop.json'));
  shop = await openShop();
  for (const protocol of ['classic-v1', 'classic-v2', 'rest']) await buy(protocol);
});

test('a killed shop comes back with its orders', async () => {
  const before = shop?.port;
  process.kill(shopPid(), 'SIGKILL');
  await until(() => shop?.port !== before && shop?.port !== null, 'the shop listens again');
  const response = await fetch(`${context.publicUrl}/shop/orders.json`);
  assert.equal(response.status, 200);
  const { orders } = (await response.json()) as { orders: unknown[] };
  assert.equal(orders.length, 6);
});

test('the shop is told nothing of ours', { skip: !readdirSync('/').includes('proc') }, () => {
  const names = readFileSync(`/proc/${shopPid()}/environ`, 'utf8')
    .split('\0')
    .map((entry) => entry.split('=')[0] ?? '');
  assert.deepEqual(names.filter((name) => /^(VIPAY_|DATABASE|PG)/.test(name)).sort(), [
    'VIPAY_SHOP_CONFIG',
    'VIPAY_SHOP_DATA',
  ]);
});

test('a shop that cannot start does not hold the gateway up', async () => {
  const broken = await startDemoShop(context, {
    ...{
      gatewayUrl: context.publicUrl,
      publicShopUrl: `${context.publicUrl}/shop`,
      credentials: [],
      dataDir,
    },
    restartDelayMs: 60_000,
  });
  assert.equal(broken.port, null);
  assert.equal(broken.url(), null);
  await broken.stop();
});
