// Runs the demo shop: samples/node/shop.ts, a program of its own as any merchant's, started again when it dies.
// It gets its own keys and nothing of ours: no secrets, no address of the database.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Context } from '../../ground/context.ts';
import type { Logger } from '../../ground/log/index.ts';
import type { ShopSite } from './shop-credentials.ts';

export type DemoShopOptions = {
  /** Where the shop and its buyers find this gateway; no path. */
  gatewayUrl: string;
  /** Where buyers find the shop; its path (/shop) is the prefix of its routes. */
  publicShopUrl: string;
  credentials: ShopSite[];
  /** The shop keeps its orders here, in demo-shop-orders.json. */
  dataDir: string;
  /** Before the first restart; doubled with every further one, up to 30 s. Default 250 ms. */
  restartDelayMs?: number;
};

export type DemoShop = {
  /** Null while the shop is not there: starting again, or stopped. Another one after each restart. */
  readonly port: number | null;
  /** The id of its process; null as above. */
  readonly pid: number | null;
  /** Where the proxy finds it, e.g. http://127.0.0.1:40123; null as above. */
  url(): string | null;
  stop(): Promise<void>;
};

const program = resolve(import.meta.dirname, '../../../samples/node/shop.ts');
const readyWithinMs = 15_000;
const stopWithinMs = 5_000;
const restartDelayMsMax = 30_000;
/** After so long without a fault the next restart is quick again. */
const steadyAfterMs = 60_000;

/** Resolves when the shop listens, or has failed to for the first time: the gateway goes on without it. */
export async function startDemoShop(
  context: Pick<Context, 'log'>,
  options: DemoShopOptions,
): Promise<DemoShop> {
  const { log } = context;
  const firstDelayMs = options.restartDelayMs ?? 250;
  let port: number | null = null;
  let child: ChildProcess | null = null;
  let stopping = false;
  let delayMs = firstDelayMs;
  let timer: NodeJS.Timeout | undefined;

  const run = async (): Promise<void> => {
    const startedAt = performance.now();
    const again = (facts: Record<string, unknown>) => {
      if (stopping) return;
      log.warn({ ...facts, restartInMs: delayMs }, 'the demo shop has stopped; starting it again');
      timer = setTimeout(() => void run(), delayMs);
      delayMs = Math.min(delayMs * 2, restartDelayMsMax);
    };
    let started: ChildProcess;
    try {
      started = spawnShop(options, log);
    } catch (error) {
      // The machine has no process, no memory or no file handle left for it.
      again({ err: error });
      return;
    }
    child = started;
    started.once('close', (code, signal) => {
      port = null;
      child = null;
      if (performance.now() - startedAt > steadyAfterMs) delayMs = firstDelayMs;
      again({ code, signal });
    });
    const listening = await readPort(started);
    if (child !== started) return;
    port = listening;
    if (listening === null) started.kill('SIGKILL');
  };
  await run();

  return {
    get port() {
      return port;
    },
    get pid() {
      return child?.pid ?? null;
    },
    url: () => (port === null ? null : `http://127.0.0.1:${port}`),
    async stop() {
      stopping = true;
      clearTimeout(timer);
      if (child) await end(child);
    },
  };
}

function spawnShop(options: DemoShopOptions, log: Logger): ChildProcess {
  const { gatewayUrl, publicShopUrl, credentials, dataDir } = options;
  const settings = { port: 0, publicUrl: publicShopUrl, gatewayUrl, sites: credentials };
  const child = spawn(process.execPath, [program], {
    // The pipe on its standard input tells the shop when we are gone, however we went.
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...inherited('PATH', 'TZ', 'LANG', 'TMPDIR', 'SystemRoot'),
      VIPAY_SHOP_CONFIG: JSON.stringify(settings),
      VIPAY_SHOP_DATA: join(dataDir, 'demo-shop-orders.json'),
    },
  });
  child.on('error', (error) => log.error({ err: error }, 'the demo shop could not be run'));
  // Without pipes there is no process either: too many files are open.
  if (!child.stdin || !child.stderr) throw new Error('the demo shop could not be run');
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stderr }).on('line', (line) =>
    log.warn({ line: line.slice(0, 500) }, 'the demo shop says'),
  );
  return child;
}

/** What a program needs of the machine; everything else in our environment is ours. */
function inherited(...names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** From its first line, {"listening": port}; null when it ends, or says nothing in time. */
function readPort(child: ChildProcess): Promise<number | null> {
  const { promise, resolve: settle } = Promise.withResolvers<number | null>();
  const timer = setTimeout(() => settle(null), readyWithinMs);
  child.once('close', () => settle(null));
  if (child.stdout) {
    // Read on after the first line: a full pipe would stop the shop.
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, digits] = /^\{"listening":\s*(\d{1,5})\}$/.exec(line) ?? [];
      if (digits !== undefined) settle(Number(digits));
    });
  }
  return promise.finally(() => clearTimeout(timer));
}

async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await closed;
  clearTimeout(timer);
}
