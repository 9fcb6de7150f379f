// The ground of a soak: two PostgreSQL servers of which one copies the other, two gateways that reach the primary each
// through a proxy of its own, a shop of every dialect with the merchants' server behind them, and wallets.

import { openDatabase } from '../../src/ground/database/index.ts';
import { payToTopOfClassA } from '../races/race.ts';
import {
  createContextOn,
  givenOrder,
  givenSite,
  givenWallet,
  liftCodesPerHour,
  type TestContext,
  testSecretKey,
} from '../support/context.ts';
import { type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.ts';
import { findFreePort } from '../support/gateway-process.ts';
import { type ReplicatedServers, startReplicatedServers } from '../support/replicated-servers.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { type MoodyMerchant, startMoodyMerchant } from './merchant-moods.ts';
import type { Shop } from './shop-clerk.ts';
import { createSoakedGateway, type LogLine, type SoakedGateway } from './soaked-gateway.ts';

export type Purses = { pin: string; code: string; guesses: string; poor: string };

export type SoakStage = {
  servers: ReplicatedServers;
  /** On the primary, past the gateways' proxies; its clock is this machine's. */
  context: TestContext;
  /** The first is never killed: its memory is watched. */
  gateways: [SoakedGateway, SoakedGateway];
  /** Before the gateway of the same place. */
  proxies: [CuttingProxy, CuttingProxy];
  merchant: MoodyMerchant;
  shops: Shop[];
  /** For each lane of buyers its own, so that the newest code of a phone is the one it waits for. */
  purses: Purses[];
  /** New connections of everybody lead to the primary as it is now. */
  leadToPrimary(): void;
  /** Ends everything, whatever cannot be ended in order: that is in the answer. */
  stop(): Promise<string[]>;
};

const balanceDong = 60_000_000n;
const topOfClassADong = 5_000_000n;
/** Such a queue is filled by a handful of buyers. */
const shortQueue = '4';

export async function openSoakStage(
  random: SeededRandom,
  options: { lanes: number; orderSeconds: number },
  onLine: (line: LogLine) => void,
): Promise<SoakStage> {
  const ends: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    const findings: string[] = [];
    for (const end of ends.splice(0).reverse())
      await end().catch((error: unknown) => findings.push(`at the end: ${(error as Error).stack}`));
    return findings;
  };
  try {
    const servers = await startReplicatedServers();
    // A process that ends without coming to its end leaves no server behind; gateways end by themselves then.
    process.once('exit', servers.endAtOnce);
    ends.push(async () => {
      await servers.remove();
      process.off('exit', servers.endAtOnce);
    });
    const context = openContext(servers);
    ends.push(() => context.drop());
    await liftCodesPerHour(context);
    const merchant = await startMoodyMerchant(random);
    ends.push(() => merchant.close());
    const shops: Shop[] = [];
    for (const protocol of ['rest', 'classic-v1', 'classic-v2'] as const)
      shops.push(
        await givenSite(context, { protocol, notifyUrl: merchant.url, merchantSite: `soak_${shops.length}` }),
      );
    merchant.believe(shops);
    const purses: Purses[] = [];
    for (let lane = 0; lane < options.lanes; lane += 1)
      purses.push(await fillPurses(context, shops[0] as Shop));

    // Not earlier: a slow machine takes longer to fill the purses.
    await setOrderSeconds(context, options.orderSeconds);

    const proxies: [CuttingProxy, CuttingProxy] = [
      await startCuttingProxy(servers.primary().port),
      await startCuttingProxy(servers.primary().port),
    ];
    ends.push(() => Promise.all(proxies.map((proxy) => proxy.close())));
    const ports = [await findFreePort(), await findFreePort()] as const;
    const gatewayAt = (place: 0 | 1) => {
      const env = gatewaySettings(servers, proxies[place], ports[0]);
      const name = ['first', 'second'][place] ?? '';
      const more: Record<string, string> = place === 1 ? { SOAK_SHORT_QUEUE: shortQueue } : {};
      const gateway = createSoakedGateway({ name, port: ports[place], env: { ...env, ...more } }, onLine);
      ends.push(() => gateway.stop().finally(() => gateway.remove()));
      return gateway;
    };
    const gateways: [SoakedGateway, SoakedGateway] = [gatewayAt(0), gatewayAt(1)];
    await Promise.all(gateways.map((gateway) => gateway.start()));
    const leadToPrimary = () => {
      for (const proxy of [...proxies, servers.proxy]) proxy.target(servers.primary().port);
    };
    return { servers, context, gateways, proxies, merchant, shops, purses, leadToPrimary, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function openContext(servers: ReplicatedServers): TestContext {
  const through = new URL(servers.first().ownerUrl);
  through.port = new URL(servers.url).port;
  const ownerUrl = through.href;
  const db = openDatabase(servers.url, { max: 8, purpose: 'command', applicationName: 'vipay soak' });
  const owner = openDatabase(ownerUrl, { max: 4, purpose: 'command', applicationName: 'vipay soak owner' });
  const drop = async () => {
    await db.destroy();
    await owner.destroy();
  };
  const context = createContextOn({ db, url: servers.url, ownerUrl, owner, drop });
  const { set, advance } = context.clock;
  return { ...context, clock: { now: () => new Date(), set, advance } };
}

/** A soak has no quarter of an hour to wait for each order that nobody pays. */
async function setOrderSeconds({ owner }: TestContext, seconds: number): Promise<void> {
  await owner.pool.query(
    `insert into policies (rule, valid_from, value, source)
     select rule, '2026-01-01T00:00:00+07:00', $1, 'test'
     from unnest(array['order.valid_seconds', 'order.valid_min_seconds']) as rule`,
    [seconds],
  );
}

async function fillPurses(context: TestContext, { site }: Shop): Promise<Purses> {
  const [pin, code, guesses, poor] = [
    await givenWallet(context, { balanceDong }),
    await givenWallet(context, { balanceDong }),
    await givenWallet(context, { balanceDong }),
    await givenWallet(context, { balanceDong: 0n }),
  ];
  for (const wallet of [code, guesses])
    await payToTopOfClassA(context, await givenOrder(context, site, { amountDong: topOfClassADong }), wallet);
  return { pin: pin.phone, code: code.phone, guesses: guesses.phone, poor: poor.phone };
}

function gatewaySettings(
  servers: ReplicatedServers,
  proxy: CuttingProxy,
  publicPort: number,
): Record<string, string> {
  const through = (url: string) => {
    const changed = new URL(url);
    changed.port = String(proxy.port);
    return changed.href;
  };
  return {
    DATABASE_URL: through(servers.first().url),
    VIPAY_MIGRATION_DATABASE_URL: through(servers.first().ownerUrl),
    VIPAY_DEMO: '0',
    VIPAY_PUBLIC_URL: `http://localhost:${publicPort}`,
    VIPAY_SECRET_KEY: testSecretKey,
    VIPAY_ALLOW_LOOPBACK_CALLBACKS: '1',
    // Buyers come from many homes, through a proxy that says from which.
    VIPAY_TRUSTED_PROXIES: '127.0.0.1',
    // What a PIN costs is not what is looked at here.
    VIPAY_ARGON2_MEMORY_KIB: '128',
    VIPAY_ARGON2_PASSES: '1',
  };
}
