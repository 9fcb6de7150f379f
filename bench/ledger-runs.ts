// What is measured: payments through the ledger alone, through the whole posting, and the journal rows put in raw.

import { uuidv7 } from 'uuidv7';
import {
  getFeeAccounts,
  postTransfers,
  type Transfer,
  type TransferResult,
} from '../src/books/ledger/index.ts';
import { formatPaymentId, postPayments } from '../src/business/payments/index.ts';
import { createContext } from '../src/create-context.ts';
import type { Context } from '../src/ground/context.ts';
import {
  createGroupCommit,
  type Database,
  inPipelinedTransaction,
  openDatabase,
} from '../src/ground/database/index.ts';
import { createLogger } from '../src/ground/log/index.ts';
import { generateKeyRingSetting } from '../src/ground/secrets/index.ts';
import type { DatabaseUrls } from './ledger-ground.ts';
import { amountDong, countPayments, environment, feeDong, vatDong } from './ledger-seed.ts';
import { type Rate, runFor } from './rate.ts';

/** As many as the gateway opens. */
const connectionsMax = 10;
const rawRowsPerStatement = 1_000;
const rawLanes = 2;

export type Load = { callers: number; seconds: number };

/** One run: the rate, and how many cores this process (load and gateway in one) was busy with. */
export type RunRate = Rate & { nodeCores: number; batchMean: number | null };

export type Books = {
  /** The running role's, as the gateway's own. */
  db: Database;
  owner: Database;
  /** Payments that were answered as posted, and that the journal must hold beyond those it began with. */
  posted: number;
  /** The ledger alone: key check, overdraft check, four balances and a journal row each, in shared commits. */
  runLedger(load: Load, merchants: 'hot' | 'spread'): Promise<RunRate>;
  /** The whole posting of started payments: order, payment, limits, notification and the ledger in one commit. */
  runWhole(load: Load, paymentIds: string[]): Promise<RunRate>;
  /** Journal rows into an equal table, as the owner, a thousand each statement, with nothing decided. Rows per second. */
  runRaw(seconds: number): Promise<number>;
  close(): Promise<void>;
};

/** Opens a seeded database as the running role, and as its owner beside it. */
export async function openBooks({ url, ownerUrl }: DatabaseUrls): Promise<Books> {
  const db = openDatabase(url, { max: connectionsMax, purpose: 'page' });
  const owner = openDatabase(ownerUrl, { max: rawLanes });
  const context = createContext(
    { publicUrl: 'http://127.0.0.1', argon2: { memoryKib: 128, passes: 1, parallelism: 1 } },
    { db, secretKey: generateKeyRingSetting(), log: createLogger('error') },
  );
  const makePayment = await createPaymentMaker(db);
  const books: Books = {
    db,
    owner,
    posted: await countPayments(db),
    async runLedger(load, merchants) {
      const ledger = createLedgerQueue(db);
      const rate = await withNodeCores(() =>
        runFor(load.seconds, load.callers, async () => {
          const result = await ledger.submit(makePayment(merchants));
          if (!result.ok || result.repeated) throw new Error(`a transfer: ${JSON.stringify(result)}`);
        }),
      );
      books.posted += rate.count;
      return { ...rate, batchMean: rate.count / ledger.batches };
    },
    async runWhole(load, paymentIds) {
      const rate = await withNodeCores(() => runWhole(context, load, paymentIds));
      books.posted += rate.count;
      return { ...rate, batchMean: null };
    },
    runRaw: (seconds) => runRaw(owner, seconds, makePayment),
    async close() {
      await db.destroy();
      await owner.destroy();
    },
  };
  return books;
}

type PaymentMaker = (merchants: 'hot' | 'spread') => Transfer;

/** A payment of any buyer, to the first merchant or to any, as the posting hands it to the ledger. */
async function createPaymentMaker(db: Database): Promise<PaymentMaker> {
  const idsOf = async (sql: string) => (await db.pool.query<{ id: string }>(sql)).rows.map(({ id }) => id);
  const buyers = await idsOf(`select account_id as id from wallets order by id`);
  const sites = await idsOf(
    `select credit_account_id as id from merchant_sites order by created_at, merchant_site`,
  );
  const feeAccounts = (await getFeeAccounts(db)).get(environment);
  if (!feeAccounts) throw new Error('the books have no fee accounts');
  const oneOf = (ids: string[]) => ids[Math.floor(Math.random() * ids.length)] ?? '';
  return (merchants) => {
    const id = uuidv7();
    return {
      id,
      environment,
      kind: 'payment',
      debitAccountId: oneOf(buyers),
      creditAccountId: merchants === 'hot' ? (sites[0] ?? '') : oneOf(sites),
      amountDong,
      fee: { ...feeAccounts, feeDong, vatDong },
      linkedTransferId: null,
      reference: formatPaymentId(id),
      happenedAt: new Date(),
    };
  };
}

function createLedgerQueue(db: Database) {
  const queue = createGroupCommit<Transfer, TransferResult>({
    runBatch: (batch) =>
      inPipelinedTransaction(db, async (tx) => ({ result: await postTransfers(tx, batch), writes: [] })),
    observe: () => {
      ledger.batches += 1;
    },
  });
  const ledger = { batches: 0, submit: queue.submit };
  return ledger;
}

async function runWhole(context: Context, load: Load, paymentIds: string[]): Promise<Rate> {
  let next = 0;
  const pay = async () => {
    const paymentId = paymentIds[next++] ?? '';
    const [result] = await postPayments(context, [{ paymentId, confirmed: { confirmationClass: 'A' } }]);
    if (result?.outcome !== 'paid' || result.repeated)
      throw new Error(`a payment: ${JSON.stringify(result)}`);
  };
  return runFor(load.seconds, load.callers, pay, paymentIds.length);
}

async function runRaw(owner: Database, seconds: number, makePayment: PaymentMaker): Promise<number> {
  await owner.pool.query('drop table if exists raw_transfers');
  await owner.pool.query('create table raw_transfers (like transfers including all)');
  const rate = await runFor(seconds, rawLanes, async () => {
    const rows = Array.from({ length: rawRowsPerStatement }, () => makePayment('hot'));
    const column = <T>(read: (row: Transfer) => T): T[] => rows.map(read);
    await owner.pool.query(
      `insert into raw_transfers (id, environment, kind, debit_account_id, credit_account_id, amount_dong,
         fee_account_id, fee_dong, vat_account_id, vat_dong, reference, happened_at)
       select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::bigint[], $7::uuid[], $8::bigint[],
         $9::uuid[], $10::bigint[], $11::text[], $12::timestamptz[])`,
      [
        column((row) => row.id),
        column((row) => row.environment),
        column((row) => row.kind),
        column((row) => row.debitAccountId),
        column((row) => row.creditAccountId),
        column((row) => String(row.amountDong)),
        column((row) => row.fee?.feeAccountId ?? null),
        column((row) => String(row.fee?.feeDong ?? 0n)),
        column((row) => row.fee?.vatAccountId ?? null),
        column((row) => String(row.fee?.vatDong ?? 0n)),
        column((row) => row.reference),
        column((row) => row.happenedAt.toISOString()),
      ],
    );
  });
  await owner.pool.query('drop table raw_transfers');
  return rate.perSecond * rawRowsPerStatement;
}

async function withNodeCores(run: () => Promise<Rate>): Promise<Rate & { nodeCores: number }> {
  const before = { cpu: process.cpuUsage(), at: performance.now() };
  const rate = await run();
  const { user, system } = process.cpuUsage(before.cpu);
  return { ...rate, nodeCores: (user + system) / 1000 / (performance.now() - before.at) };
}
