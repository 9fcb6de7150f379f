// The ledger is verified while payments and transfers are being posted: no fault is seen that is none, planted ones
// are found, and posting keeps its pace. Rates are only compared within this run, in turns.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { uuidv7 } from 'uuidv7';
import { getSystemAccountId, postSealedTransfers, type Transfer } from '../../src/books/ledger/index.ts';
import { postPayments } from '../../src/business/payments/index.ts';
import { verifyLedger } from '../../src/business/verification/index.ts';
import { inTransaction, openPool } from '../../src/ground/database/index.ts';
import {
  createTestContext,
  givenSite,
  givenWallet,
  type TestContext,
  testSecretKey,
} from '../support/context.ts';
import { seedJournal, seedPayments } from './seed.ts';

/** What posting must keep of its rate while it is verified. */
const keptMin = 0.8;
const roundsMax = 8;
const windowMs = 1_500;
const callers = 48;
const journalRows = 200_000;

const folder = mkdtempSync(join(tmpdir(), 'vipay-verify-'));
let context: TestContext;
let paymentIds: string[];
let load: ReturnType<typeof startLoad>;

before(async () => {
  context = await createTestContext({ max: 12 });
  const { site } = await givenSite(context, { notifyUrl: 'http://127.0.0.1:9/webhook' });
  const wallets = [];
  for (let count = 0; count < 20; count += 1)
    wallets.push(await givenWallet(context, { balanceDong: 90_000_000n }));
  const owner = openPool(context.ownerUrl, { max: 1 });
  try {
    await seedJournal(owner, { rows: journalRows, accounts: 2_000 });
    paymentIds = await seedPayments(owner, { site, wallets, count: 40_000 });
  } finally {
    await owner.end();
  }
  load = startLoad(wallets.map((wallet) => wallet.accountId));
});
after(async () => {
  await load.stop();
  await context.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** Callers that post one after the other: payments, and now and then transfers between wallets and the guarantee. */
function startLoad(walletAccounts: string[]) {
  let stopped = false;
  let posted = 0;
  let next = 0;
  const top = getSystemAccountId(context.db, 'sandbox', 'bank_guarantee');
  const clearing = getSystemAccountId(context.db, 'sandbox', 'bank_clearing');
  const run = async (caller: number) => {
    for (let turn = caller; !stopped; turn += 1) {
      const paymentId = turn % 4 === 0 ? undefined : paymentIds[next++];
      if (paymentId === undefined) {
        const guarantee = await top;
        const wallet = walletAccounts[turn % walletAccounts.length] ?? '';
        const isTopUp = turn % 8 === 0;
        const transfer: Transfer = {
          id: uuidv7(),
          environment: 'sandbox',
          kind: isTopUp ? 'top_up' : 'withdrawal',
          debitAccountId: isTopUp ? guarantee : wallet,
          creditAccountId: isTopUp ? wallet : await clearing,
          amountDong: 3n,
          fee: null,
          linkedTransferId: null,
          reference: 'load',
          happenedAt: context.clock.now(),
        };
        const [result] = await inTransaction(context.db, (tx) =>
          postSealedTransfers(context, tx, [transfer]),
        );
        assert.ok(result?.ok);
      } else {
        const [result] = await postPayments(context, [{ paymentId, confirmed: { confirmationClass: 'A' } }]);
        assert.equal(result?.outcome, 'paid');
      }
      posted += 1;
    }
  };
  const running = Promise.all(Array.from({ length: callers }, (_, caller) => run(caller)));
  return {
    /** Postings per second while `work` runs, and what it answers. */
    async measure<T>(work: () => Promise<T>): Promise<{ rate: number; answer: T }> {
      const [from, since] = [posted, performance.now()];
      const answer = await work();
      return { rate: ((posted - from) * 1000) / (performance.now() - since), answer };
    },
    async stop() {
      stopped = true;
      await running;
    },
  };
}

/** The command line as a process of its own, whose heap may hold 64 MiB, however many the rows. */
function vipay(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const file = resolve(import.meta.dirname, '../../cli/vipay.mjs');
  const env = {
    PATH: process.env.PATH,
    NODE_OPTIONS: '--max-old-space-size=64',
    DATABASE_URL: context.url,
    VIPAY_SECRET_KEY: testSecretKey,
    VIPAY_PUBLIC_URL: context.publicUrl,
    VIPAY_DATA_DIR: folder,
  };
  return new Promise((done) => {
    execFile(process.execPath, [file, ...args], { env }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });
}

test('beside a running verification posting keeps four fifths of its pace, and no fault is seen', async (t) => {
  let best = 0;
  for (let round = 1; round <= roundsMax && best < keptMin; round += 1) {
    const alone = await load.measure(() => wait(windowMs));
    const ending = new AbortController();
    const beside = await load.measure(async () => {
      const timer = setTimeout(() => ending.abort(), windowMs);
      const verification = verifyLedger(context, { full: true, signal: ending.signal });
      await assert.rejects(verification, { name: 'AbortError' });
      clearTimeout(timer);
    });
    const afterwards = await load.measure(() => wait(windowMs));
    // A machine that others use is compared with the mean of before and after.
    const ratio = beside.rate / ((alone.rate + afterwards.rate) / 2);
    t.diagnostic(
      `round ${round}: ${Math.round(alone.rate)}/s alone, ${Math.round(beside.rate)}/s beside (${ratio.toFixed(2)})`,
    );
    best = Math.max(best, ratio);
  }
  assert.ok(best >= keptMin, `posting kept ${best.toFixed(2)} of its rate at best`);
});

test('200.000 rows are verified under load by a process of 64 MiB, and not read a second time', async (t) => {
  const { rate, answer } = await load.measure(() => vipay('ledger', 'verify', '--no-rest', '--json'));
  assert.equal(answer.code, 0, answer.stderr);
  assert.match(answer.stderr, /^On database [^\n]+\n$/);
  const told = JSON.parse(answer.stdout) as { right: boolean; rows_read: { journal: number } };
  assert.equal(told.right, true);
  assert.ok(told.rows_read.journal > journalRows);
  t.diagnostic(`${told.rows_read.journal} rows, ${Math.round(rate)} postings/s beside it`);

  const again = await verifyLedger(context, { rest: 0 });
  assert.deepEqual([again.mode, again.faults], ['new', []]);
  assert.ok(again.rows.journal < journalRows / 2, `${again.rows.journal} rows were read again`);
});

test('faults planted under load are found under load', async () => {
  const owner = openPool(context.ownerUrl, { max: 1 });
  try {
    const { rows } = await owner.query<{ id: string }>(
      `update accounts set balance_dong = balance_dong + 1 where id =
         (select id from accounts where kind = 'wallet' order by id limit 1) returning id`,
    );
    const { faults } = await verifyLedger(context, { rest: 0 });
    assert.deepEqual(
      faults.map(({ fault, subject }) => [fault, subject]),
      [
        ['environment_sum_not_zero', 'sandbox'],
        ['balance_differs_from_journal', rows[0]?.id],
      ],
    );
  } finally {
    await owner.end();
  }
});
