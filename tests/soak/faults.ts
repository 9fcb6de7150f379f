// What goes wrong during a soak, one after the other in two lanes: in one what the database does, in the other what
// happens to processes, clocks and merchants. Which fault comes when, and how hard, is drawn from the seed.

import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { SoakStage } from './soak-stage.ts';
import { stoodStillSince } from './stillness.ts';

export type FaultName =
  | 'connections cut'
  | 'connections refused'
  | 'commit cut'
  | 'sessions ended by the server'
  | 'order row held'
  | 'wallets held, queue full'
  | 'read-only server'
  | 'failover'
  | 'database crash'
  | 'gateway killed'
  | 'gateway restarted'
  | 'clock ahead'
  | 'clock behind'
  | 'jobs cut off'
  | 'merchant slow'
  | 'merchant wrong'
  | 'merchant down'
  | 'merchant mixed'
  /** By nobody: seen by stillness.ts. */
  | 'everything stood still';

/** `toMs` null: still going on. */
export type Injected = { name: FaultName; fromMs: number; toMs: number | null };

type Fault = (stage: SoakStage, random: SeededRandom) => Promise<void>;

const databaseFaults: Partial<Record<FaultName, Fault>> = {
  'connections cut': async ({ proxies }, random) => random.pick(proxies).cutAll(),
  'connections refused': async ({ proxies }, random) => {
    const proxy = random.pick(proxies);
    proxy.cutNext('before_commit', true);
    await delay(random.integer(500, 3_000));
    proxy.accept();
  },
  'commit cut': async ({ proxies }, random) => {
    for (let count = random.integer(1, 4); count > 0; count -= 1) {
      const proxy = random.pick(proxies);
      proxy.cutNext(random.pick(['before_commit', 'at_commit', 'after_commit']));
      await delay(random.integer(100, 500));
      proxy.accept();
    }
  },
  'sessions ended by the server': async ({ servers }, random) => {
    const share = random.integer(1, 3);
    await asAdmin(servers.primary().adminUrl, [
      `select pg_terminate_backend(pid) from pg_stat_activity
       where usename = 'vipay_app' and application_name <> 'vipay soak' and pid % ${share} = 0`,
    ]);
  },
  'order row held': (stage, random) =>
    hold(
      stage,
      random.integer(500, 4_000),
      'select id from orders order by created_at desc limit 3 for update',
    ),
  'wallets held, queue full': (stage, random) =>
    hold(stage, random.integer(1_500, 2_800), 'select id from wallets for update'),
  'read-only server': async ({ servers }, random) => {
    const { adminUrl } = servers.primary();
    await asAdmin(adminUrl, ['alter database vipay set default_transaction_read_only = on', endOthers]);
    await delay(random.integer(1_000, 3_000));
    await asAdmin(adminUrl, ['alter database vipay reset default_transaction_read_only', endOthers]);
  },
  failover: async (stage, random) => {
    await stage.servers.failOver().catch((error: unknown) => {
      stage.leadToPrimary();
      throw error;
    });
    // The address still leads to the server of before, a standby now, until somebody changes it.
    const former =
      stage.servers.primary() === stage.servers.first() ? stage.servers.second() : stage.servers.first();
    for (const proxy of stage.proxies) proxy.target(former.port);
    await delay(random.integer(500, 2_000));
    stage.leadToPrimary();
    for (const proxy of stage.proxies) proxy.cutAll();
  },
  'database crash': async (stage) => {
    await stage.servers.crash();
    stage.leadToPrimary();
  },
};

const otherFaults: Partial<Record<FaultName, Fault>> = {
  'gateway killed': async ({ gateways: [, second] }, random) => {
    await second.kill();
    await delay(random.integer(0, 1_000));
    await second.start();
  },
  'gateway restarted': async ({ gateways: [, second] }) => {
    await second.stop().finally(() => second.start());
  },
  // It is noticed at once: an order that were taken by such a clock would still be open when everything has come to rest.
  'clock ahead': (stage, random) => moveClock(stage, random, random.integer(3_000, 3_600_000)),
  'clock behind': (stage, random) => moveClock(stage, random, -random.integer(3_000, 3_600_000)),
  'jobs cut off': async ({ servers, context }, random) => {
    for (let count = random.integer(2, 5); count > 0; count -= 1) {
      await addJobs(context).catch(() => undefined);
      await delay(random.integer(0, 40));
      await asAdmin(servers.primary().adminUrl, [
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'vipay jobs'",
      ]);
      await delay(random.integer(50, 400));
    }
  },
  'merchant slow': (stage, random) => changeMood(stage, 'slowly', random.integer(2_000, 6_000)),
  'merchant wrong': (stage, random) => changeMood(stage, 'wrongly', random.integer(1_000, 4_000)),
  'merchant down': (stage, random) => changeMood(stage, 'down', random.integer(1_000, 5_000)),
  'merchant mixed': (stage, random) => changeMood(stage, 'mixed', random.integer(3_000, 8_000)),
};

/** Both lanes, until `isOver`; each fault comes once before one comes again. What a fault throws is a finding. */
export async function injectFaults(
  stage: SoakStage,
  random: SeededRandom,
  { isOver, pauseMsMax }: { isOver: () => boolean; pauseMsMax: number },
  injected: Injected[],
): Promise<string[]> {
  const findings: string[] = [];
  const runLane = async (faults: Partial<Record<FaultName, Fault>>) => {
    let waiting: FaultName[] = [];
    while (!isOver()) {
      if (waiting.length === 0) waiting = random.shuffle(Object.keys(faults) as FaultName[]);
      const name = waiting.pop() as FaultName;
      const entry: Injected = { name, fromMs: Date.now(), toMs: null };
      injected.push(entry);
      await faults[name]?.(stage, random).catch(async (error: unknown) => {
        if (!isExplained(error) && !(await stoodStillSince(entry.fromMs, injected)))
          findings.push(`the fault "${name}" failed: ${(error as Error).stack}`);
      });
      entry.toMs = Date.now();
      await delay(random.integer(pauseMsMax >> 2, pauseMsMax));
    }
  };
  await Promise.all([runLane(databaseFaults), runLane(otherFaults)]);
  return findings;
}

/** Everything that comes by the clock, now. */
export async function addJobs({ owner }: Pick<SoakStage['context'], 'owner'>): Promise<void> {
  await owner.pool.query(
    `select graphile_worker.add_job(name) from unnest(array['expire_orders', 'clean_up', 'tell_of_locks', 'watch_results']) as name`,
  );
}

const endOthers = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = 'vipay' and application_name not like 'vipay soak%' and application_name <> 'vipay attendance'`;

/** An idle session that forgot to commit. */
async function hold({ servers }: SoakStage, ms: number, statement: string): Promise<void> {
  const url = new URL(servers.primary().adminUrl);
  url.pathname = '/vipay';
  const client = new pg.Client({ connectionString: url.href });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('begin');
    await client.query(statement);
    await delay(ms);
  } finally {
    await client.end();
  }
}

async function moveClock({ gateways }: SoakStage, random: SeededRandom, aheadMs: number): Promise<void> {
  const gateway = random.pick(gateways);
  gateway.moveClock(aheadMs);
  await delay(random.integer(1_500, 3_500));
  gateway.moveClock(0);
}

async function changeMood(
  { merchant }: SoakStage,
  mood: SoakStage['merchant']['mood'],
  ms: number,
): Promise<void> {
  merchant.mood = mood;
  await delay(ms);
  merchant.mood = 'well';
}

async function asAdmin(adminUrl: string, statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The other lane may take the database away from this one. */
export function isExplained(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return (
    /^(?:57P|08|ECONN|EPIPE|25006|55P03)/.test(code ?? '') || /Connection terminated/.test(message ?? '')
  );
}
