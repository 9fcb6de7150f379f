// A complete gateway in this process: its own database, every page and route, the notifications, and the demo shop
// as the program of its own that it is. The clock runs with the machine's and can be pushed forward.

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { createApp, startWork } from '../../src/app.ts';
import {
  type DemoShop,
  payingWallet,
  seedSandbox,
  startDemoShop,
  testPin,
} from '../../src/edges/sandbox/index.ts';
import { createTestContext, type TestContext } from './context.ts';

export type TestGateway = {
  /** `http://localhost:<port>`; the shop is at `${url}/shop`. */
  url: string;
  /** Its clock goes with the machine's; `advance` moves it ahead, for the gateway alone and not for the shop. */
  context: TestContext;
  app: FastifyInstance;
  /** Ends everything in the order main.ts does, and removes the database. */
  stop(): Promise<void>;
};

const portTriesMax = 5;

/** Ready when it answers: the three sites of the shop and the sandbox's wallets (PIN 246810) are there. */
export async function startTestGateway(options: { connectionsMax?: number } = {}): Promise<TestGateway> {
  const made = await createTestContext({ max: options.connectionsMax ?? 20 });
  const dataDir = await mkdtemp(join(tmpdir(), 'vipay-gateway-'));
  const started: (() => Promise<unknown>)[] = [made.drop, () => rm(dataDir, { recursive: true })];
  const stop = async () => {
    for (const end of started.splice(0).reverse()) await end();
  };
  try {
    let shop: DemoShop | null = null;
    const { app, context } = await listen({ ...made, clock: createMovingClock() }, () => shop?.url() ?? null);
    started.push(() => app.close());
    const { publicUrl: gatewayUrl } = context;
    const publicShopUrl = `${gatewayUrl}/shop`;
    const { credentials } = await seedSandbox(context, { shopBaseUrl: publicShopUrl, dataDir });
    const running = await startDemoShop(context, { gatewayUrl, publicShopUrl, credentials, dataDir });
    started.push(() => running.stop());
    shop = running;
    const work = await startWork(context, { allowLoopbackCallbacks: true }, context.url);
    started.push(() => work.stop());
    return { url: gatewayUrl, context, app, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The public address must be known before the server is: a port that was free a moment ago, tried again if taken. */
async function listen(
  made: TestContext,
  shopUrl: () => string | null,
): Promise<{ app: FastifyInstance; context: TestContext }> {
  for (let tries = 1; ; tries += 1) {
    const port = await findFreePort();
    const context = { ...made, publicUrl: `http://localhost:${port}` };
    const app = createApp(context, {
      sandbox: { shopUrl, testWallet: { phone: payingWallet.phone, pin: testPin } },
    });
    try {
      await app.listen({ port, host: '127.0.0.1' });
      return { app, context };
    } catch (error) {
      await app.close();
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries === portTriesMax) throw error;
    }
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function createMovingClock(): TestContext['clock'] {
  let aheadMs = 0;
  return {
    now: () => new Date(Date.now() + aheadMs),
    set: (at) => {
      aheadMs = new Date(at).getTime() - Date.now();
    },
    advance: (seconds) => {
      aheadMs += seconds * 1000;
    },
  };
}
