// The answers that callers get when the database fails during a posting: the truth, "busy" (nothing was
// posted) or "not known yet", within a time limit, and never a guess.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { sql } from 'kysely';
import {
  createTestContext,
  givenSite,
  givenWallet,
  type TestContext,
} from '../../../tests/support/context.ts';
import { type Cut, type CuttingProxy, startCuttingProxy } from '../../../tests/support/cutting-proxy.ts';
import { findViolations } from '../../../tests/support/find-violations.ts';
import { until } from '../../../tests/support/notification-fixtures.ts';
import { givenPayments, postByPin, type ReadyPayment } from '../../../tests/support/posting-fixtures.ts';
import { readBalance } from '../../books/ledger/index.ts';
import type { Context, NamedPoint } from '../../ground/context.ts';
import { openDatabase, openPool } from '../../ground/database/index.ts';
import type { MerchantSite } from '../merchants/index.ts';
import type { Wallet } from '../wallets/index.ts';

let context: TestContext;
let site: MerchantSite;
let owner: ReturnType<typeof openPool>;
let proxy: CuttingProxy;
/** The same gateway, connected through the proxy. */
let distant: Context;

before(async () => {
  context = await createTestContext();
  site = (await givenSite(context, { notifyUrl: 'http://127.0.0.1:9/webhook' })).site;
  owner = openPool(context.ownerUrl, { max: 2 });
  await owner.query('create sequence faults');
  await owner.query('grant usage on sequence faults to public');
  const url = new URL(context.url);
  proxy = await startCuttingProxy(Number(url.port));
  url.port = String(proxy.port);
  distant = { ...context, db: openDatabase(url.href, { max: 4 }) };
});
afterEach(async () => {
  await owner.query('drop function if exists fail() cascade');
});
after(async () => {
  assert.deepEqual(await findViolations(context.db), []);
  await distant.db.destroy();
  await proxy.close();
  await owner.end();
  await context.drop();
});

type Given = { wallet: Wallet; ready: ReadyPayment[] };

async function givenThree(): Promise<Given> {
  const wallet = await givenWallet(context, { balanceDong: 1_000_000n });
  const ready = await givenPayments(
    context,
    site,
    Array.from({ length: 3 }, () => ({ wallet, amountDong: 100_000n })),
  );
  return { wallet, ready };
}

const debitedFrom = async ({ wallet }: Given) =>
  1_000_000n - (await readBalance(context.db, wallet.accountId));

/** Every journal row fails by this statement, the first `times`; `at_commit`: not before the commit. */
async function failJournal(
  statement: string,
  times: number,
  when = 'now',
  on = 'insert on transfers',
): Promise<void> {
  await owner.query(`alter sequence faults restart`);
  await owner.query(
    `create function fail() returns trigger language plpgsql as $$ begin
       if nextval('faults') <= ${times} then ${statement}; end if; return null; end $$`,
  );
  const deferred = when === 'at_commit' ? 'deferrable initially deferred' : '';
  await owner.query(
    `create constraint trigger faulty after ${on} ${deferred} for each row execute function fail()`,
  );
}

const raise = (code: string) => `raise exception 'planted' using errcode = '${code}'`;
/** Of the same role, so that it may. */
const terminateOthers = () =>
  sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and usename = current_user and pid <> pg_backend_pid()`.execute(
    context.db,
  );

const points: NamedPoint[] = [
  'posting.before_locks',
  'posting.locked',
  'posting.decided',
  'posting.in_transaction',
  'posting.after_commit',
];
for (const point of points) {
  test(`with every connection cut at ${point} the batch is paid once, and its callers are told so`, async () => {
    const given = await givenThree();
    let isCut = false;
    const reach = async (reached: NamedPoint) => {
      if (reached !== point || isCut) return;
      isCut = true;
      await terminateOthers();
      await until('they are gone', async () => {
        const { rows } = await sql<{ gone: boolean }>`
          select count(*) = 0 as gone from pg_stat_activity
          where datname = current_database() and usename = current_user and pid <> pg_backend_pid()`.execute(
          context.db,
        );
        return rows[0]?.gone === true;
      });
    };
    const told = await postByPin({ ...context, reach }, given.ready);
    assert.deepEqual(told, ['paid', 'paid', 'paid']);
    assert.equal(await debitedFrom(given), 300_000n);
  });
}

for (const cut of ['before_commit', 'at_commit', 'after_commit'] satisfies Cut[]) {
  test(`with the connection cut ${cut} the truth is asked for: paid once, and told so`, async () => {
    const given = await givenThree();
    const before = proxy.cuts;
    proxy.cutNext(cut);
    const told = await postByPin(distant, given.ready);
    assert.equal(proxy.cuts, before + 1);
    assert.ok(
      told.every((word) => word === 'paid' || word === 'repeated'),
      told.join(),
    );
    assert.equal(await debitedFrom(given), 300_000n);
  });

  test(`with the database away after a cut ${cut} callers are told "unknown" soon, and the truth later`, async () => {
    const given = await givenThree();
    proxy.cutNext(cut, true);
    const startedAt = performance.now();
    assert.deepEqual(await postByPin(distant, given.ready), ['unknown', 'unknown', 'unknown']);
    assert.ok(performance.now() - startedAt < 5_000);
    if (cut === 'after_commit') assert.equal(await debitedFrom(given), 300_000n);
    proxy.accept();
    const later = await postByPin(distant, given.ready);
    if (cut === 'before_commit') assert.deepEqual(later, ['paid', 'paid', 'paid']);
    if (cut === 'after_commit') assert.deepEqual(later, ['repeated', 'repeated', 'repeated']);
    assert.equal(await debitedFrom(given), 300_000n);
  });
}

test('with the database away from the start callers are told "busy" soon: nothing is posted; then it is', async () => {
  const given = await givenThree();
  const closed = await startCuttingProxy(1);
  const url = new URL(context.url);
  url.port = String(closed.port);
  const db = openDatabase(url.href, { max: 2 });
  try {
    const away = { ...context, db };
    const startedAt = performance.now();
    assert.deepEqual(await postByPin(away, given.ready), ['busy', 'busy', 'busy']);
    assert.ok(performance.now() - startedAt < 5_000);
    assert.equal(await debitedFrom(given), 0n);
    closed.target(Number(new URL(context.url).port));
    assert.deepEqual(await postByPin(away, given.ready), ['paid', 'paid', 'paid']);
  } finally {
    await db.destroy();
    await closed.close();
  }
});

for (const { what, code } of [
  { what: 'deadlocks', code: '40P01' },
  { what: 'serialisation failures', code: '40001' },
]) {
  for (const when of ['now', 'at_commit']) {
    test(`two ${what} (${when}) are nobody's concern: the batch is tried again and paid`, async () => {
      const given = await givenThree();
      await failJournal(raise(code), 2, when);
      assert.deepEqual(await postByPin(context, given.ready), ['paid', 'paid', 'paid']);
      assert.equal(await debitedFrom(given), 300_000n);
    });
  }
}

for (const when of ['now', 'at_commit']) {
  test(`out of disk (${when}): "busy" in bounded tries, nothing posted; with room again it is paid`, async () => {
    const given = await givenThree();
    await failJournal(raise('53100'), 1_000_000, when);
    const startedAt = performance.now();
    assert.deepEqual(await postByPin(context, given.ready), ['busy', 'busy', 'busy']);
    assert.ok(performance.now() - startedAt < 5_000);
    assert.equal(await debitedFrom(given), 0n);
    await owner.query('drop function fail() cascade');
    assert.deepEqual(await postByPin(context, given.ready), ['paid', 'paid', 'paid']);
  });
}

test('a server that ends the connection at every commit: nobody can say, "unknown"; later it is paid once', async () => {
  const given = await givenThree();
  // On a table the running role writes by itself: as another role it may not be ended.
  const end = 'perform pg_terminate_backend(pg_backend_pid())';
  await failJournal(end, 1_000_000, 'at_commit', 'insert on notifications');
  assert.deepEqual(await postByPin(context, given.ready), ['unknown', 'unknown', 'unknown']);
  await owner.query('drop function fail() cascade');
  assert.deepEqual(await postByPin(context, given.ready), ['paid', 'paid', 'paid']);
  assert.equal(await debitedFrom(given), 300_000n);
});

test('an order that somebody holds is told "busy", and keeps nobody else of its batch waiting for more than the limit', async () => {
  const { ready } = await givenThree();
  const [held] = ready;
  assert.ok(held);
  const holder = await owner.connect();
  try {
    await holder.query('begin');
    await holder.query(
      'select from orders where id = (select order_id from payments where id = $1) for update',
      [held.paymentId],
    );
    assert.deepEqual(await postByPin(context, ready), ['busy', 'paid', 'paid']);
  } finally {
    await holder.query('rollback');
    holder.release();
  }
  assert.deepEqual(await postByPin(context, [held]), ['paid']);
});

test('a payment the database itself refuses fails alone, and the nineteen of its batch are paid', async () => {
  const wallet = await givenWallet(context, { balanceDong: 1_000_000n });
  const ready = await givenPayments(
    context,
    site,
    Array.from({ length: 20 }, (_, index) => ({ wallet, amountDong: index === 13 ? 13_000n : 10_000n })),
  );
  await failJournal(`if new.amount_dong = 13000 then ${raise('23514')}; end if`, 1_000_000);
  const told = await postByPin(context, ready);
  assert.deepEqual(
    told,
    ready.map((_, index) => (index === 13 ? 'failed' : 'paid')),
  );
  assert.equal(await readBalance(context.db, wallet.accountId), 810_000n);
});

test('a database that does not answer: "unknown" when the time is over, the connection is free; later it is paid', async () => {
  const given = await givenThree();
  const small = openDatabase(context.url, { max: 1 });
  const client = await owner.connect();
  try {
    await client.query('begin; lock table transfers in access exclusive mode');
    const impatient = { ...context, db: small, postingQueue: { answerMsMax: 100 } };
    assert.deepEqual(await postByPin(impatient, given.ready), ['unknown', 'unknown', 'unknown']);
    // The only connection was held by the batch, which would wait for the table still.
    await small.pool.query('select 1');
    await client.query('commit');
  } finally {
    client.release();
    await small.destroy();
  }
  const later = await postByPin(context, given.ready);
  assert.ok(
    later.every((word) => word === 'paid' || word === 'repeated'),
    later.join(),
  );
  assert.equal(await debitedFrom(given), 300_000n);
});
