// The real side of a simulation: a database, gateway processes upon it, and wallets and sites that the model knows.

import { sql } from 'kysely';
import { getSystemAccountId } from '../../src/books/ledger/index.ts';
import type { NewSite } from '../../src/business/merchants/index.ts';
import type { NewWallet } from '../../src/business/wallets/index.ts';
import { openPool } from '../../src/ground/database/index.ts';
import { givenSite, givenWallet, liftCodesPerHour, type TestContext } from '../support/context.ts';
import type { Mutant } from '../support/mutant.ts';
import { until } from '../support/notification-fixtures.ts';
import type { OwnServer } from '../support/own-server.ts';
import { startWorker, type Worker } from '../support/worker.ts';
import type { Model, ModelSite, ModelWallet } from './model.ts';

export type Stage = {
  seed: number;
  context: TestContext;
  model: Model;
  /** Null where nothing but the processes may fail. */
  server: OwnServer | null;
  /** The first is the one that is killed. */
  workers: [Worker, Worker];
  /** A gateway in which no more than three postings may wait, two to a batch. */
  crowded: Worker;
  counts: Map<string, number>;
  /** What has failed, and where: `kill at posting.in_transaction`. */
  crashes: Set<string>;
  asOwner(text: string, values: unknown[]): Promise<unknown>;
  /** Puts another process in the place of the first, which is dead. */
  replaceFirst(): Promise<void>;
  /** Waits until no statement of a gateway runs and no transaction is open, and every process has its connections. */
  settleDown(): Promise<void>;
  stop(): Promise<void>;
};

const connectionsMax = 6;
const policies = { perPaymentDong: 50_000_000n, dailyDong: 100_000_000n, monthlyDong: 100_000_000n };

const wallets: (Partial<NewWallet> & { balanceDong: bigint })[] = [
  { balanceDong: 10_000_000n },
  { balanceDong: 8_000_000n, limitDailyDong: 6_000_000n },
  { balanceDong: 100_000_000n },
  { balanceDong: 20_000_000n, limitMonthlyDong: 25_000_000n },
  { balanceDong: 2_000_000n, limitPerPaymentDong: 3_000_000n },
  { balanceDong: 30_000_000n, limitDailyDong: 15_000_000n, limitMonthlyDong: 60_000_000n },
];

const sites: Partial<NewSite>[] = [
  { name: 'Một phần trăm', notifyUrl: 'http://127.0.0.1:9/webhook' },
  {
    name: 'Phí cố định',
    protocol: 'classic-v1',
    creditAccountKind: 'merchant_collection',
    fee: { ratePpm: 8_333n, fixedDong: 1_100n, vatRatePpm: 80_000n },
  },
  { name: 'Có mức', amountMinDong: 10_000n, amountMaxDong: 20_000_000n, fee: {} },
];

export async function setStage(
  seed: number,
  context: TestContext,
  { server = null, mutant = null }: { server?: OwnServer | null; mutant?: Mutant | null } = {},
): Promise<Stage> {
  const model = await createModel(context);
  const settings = () => ({ url: context.url, max: connectionsMax, now: context.clock.now() });
  await liftCodesPerHour(context);
  const start = () => startWorker(settings(), mutant);
  const shortQueue = { queueMax: 3, batchMax: 2, inFlightMax: 1 };
  const [first, second, crowded] = await Promise.all([
    start(),
    start(),
    startWorker({ ...settings(), postingQueue: shortQueue }, mutant),
  ]);
  let spare = server === null ? null : start();
  const owner = openPool(context.ownerUrl, { max: 1 });

  const stage: Stage = {
    seed,
    context,
    model,
    server,
    workers: [first, second],
    crowded,
    counts: new Map(),
    crashes: new Set(),
    asOwner: (text, values) => owner.query(text, values),
    async replaceFirst() {
      await stage.workers[0].stop();
      stage.workers[0] = await (spare ?? start());
      spare = start();
      await stage.workers[0].setClock(context.clock.now());
    },
    async settleDown() {
      await until('the gateways are at rest', () => isAtRest(context).catch(() => false));
      for (const worker of [...stage.workers, crowded]) {
        await until('a gateway has its connections', () =>
          worker.prepare([]).then(
            () => true,
            () => false,
          ),
        );
      }
    },
    async stop() {
      await Promise.all([...stage.workers, crowded].map((worker) => worker.stop()));
      await spare?.then((worker) => worker.stop());
      await owner.end();
      await context.drop();
    },
  };
  return stage;
}

async function isAtRest(context: TestContext): Promise<boolean> {
  const { rows } = await sql<{ busy: number }>`
    select count(*)::int as busy from pg_stat_activity
    where datname = current_database() and application_name = 'vipay test worker' and state <> 'idle'`.execute(
    context.db,
  );
  return rows[0]?.busy === 0;
}

async function createModel(context: TestContext): Promise<Model> {
  const modelSites: ModelSite[] = [];
  for (const given of sites)
    modelSites.push({ site: (await givenSite(context, given)).site, active: true, earnedDong: 0n });
  const modelWallets: ModelWallet[] = [];
  for (const given of wallets) {
    const { id, phone, accountId } = await givenWallet(context, given);
    modelWallets.push({
      id,
      phone,
      accountId,
      status: 'active',
      accountOpen: true,
      limits: {
        perPaymentDong: given.limitPerPaymentDong ?? policies.perPaymentDong,
        dailyDong: given.limitDailyDong ?? policies.dailyDong,
        monthlyDong: given.limitMonthlyDong ?? policies.monthlyDong,
      },
      balanceDong: given.balanceDong,
      paidDong: new Map(),
      otpFailures: 0,
      otpLockedUntilMs: null,
    });
  }
  const account = (kind: 'bank_guarantee' | 'fees' | 'vat_payable') =>
    getSystemAccountId(context.db, 'sandbox', kind);
  return {
    nowMs: context.clock.now().getTime(),
    wallets: modelWallets,
    sites: modelSites,
    orders: new Map(),
    payments: new Map(),
    topUps: new Map(),
    guaranteeDong: -wallets.reduce((sum, { balanceDong }) => sum + balanceDong, 0n),
    feesDong: 0n,
    vatDong: 0n,
    accounts: {
      guarantee: await account('bank_guarantee'),
      fees: await account('fees'),
      vat: await account('vat_payable'),
    },
  };
}
