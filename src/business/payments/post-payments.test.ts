// The port to the money under load: each payment of a batch is decided by itself, in the order of arrival,
// and gets its own answer, which does not depend on the others'.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { uuidv7 } from 'uuidv7';
import {
  createTestContext,
  givenSite,
  givenWallet,
  type TestContext,
} from '../../../tests/support/context.ts';
import { findViolations } from '../../../tests/support/find-violations.ts';
import {
  byPin,
  givenOtherPayment,
  givenPayments,
  postByPin,
  type ReadyPayment,
  wordOf,
} from '../../../tests/support/posting-fixtures.ts';
import { openAccount, postTransfers, readBalance, type Transfer } from '../../books/ledger/index.ts';
import type { Context } from '../../ground/context.ts';
import { inTransaction, openPool } from '../../ground/database/index.ts';
import type { MerchantSite } from '../merchants/index.ts';
import { findOrder } from '../orders/index.ts';
import { readWalletTotals } from '../wallets/index.ts';
import { cancelOrder, findPayment, type PostingRequest, postPayments } from './index.ts';

let context: TestContext;
let site: MerchantSite;

before(async () => {
  context = await createTestContext();
  site = (await givenSite(context, { notifyUrl: 'http://127.0.0.1:9/webhook' })).site;
});
after(async () => {
  assert.deepEqual(await findViolations(context.db), []);
  await context.drop();
});

/** A context with a queue of its own, which counts its batches. */
function withQueue(postingQueue: NonNullable<Context['postingQueue']>) {
  const counted = { batches: 0 };
  const own: Context = {
    ...context,
    postingQueue,
    reach: async (point) => {
      if (point === 'posting.before_locks') counted.batches += 1;
    },
  };
  return { own, counted };
}

async function asOwner(text: string, values: unknown[]): Promise<void> {
  const owner = openPool(context.ownerUrl, { max: 1 });
  await owner.query(text, values).finally(() => owner.end());
}

async function givenOne(amountDong = 200_000n, wallet?: Parameters<typeof givenWallet>[1]) {
  const [ready] = await givenPayments(context, site, [
    { wallet: await givenWallet(context, wallet), amountDong },
  ]);
  return ready as ReadyPayment;
}

const statusOf = async ({ paymentId }: ReadyPayment) => (await findPayment(context.db, paymentId))?.status;

for (const { how, queue, batches } of [
  { how: 'in one batch', queue: { inFlightMax: 1 }, batches: 1 },
  { how: 'in many batches, two at a time', queue: { batchMax: 3, inFlightMax: 2 }, batches: 7 },
]) {
  test(`one payment from twenty callers ${how} is paid once, and all twenty are told so`, async () => {
    const { own, counted } = withQueue(queue);
    const wallet = await givenWallet(context, { balanceDong: 300_000n });
    const [ready] = await givenPayments(context, site, [{ wallet, amountDong: 200_000n }]);
    const told = await Promise.all(Array.from({ length: 20 }, () => postByPin(own, [ready as ReadyPayment])));
    assert.deepEqual(told.flat().sort(), ['paid', ...Array(19).fill('repeated')]);
    assert.equal(counted.batches, batches);
    assert.equal(await readBalance(context.db, wallet.accountId), 100_000n);
  });
}

test("of a buyer's ten payments in one batch those are paid that fit, in the order they came", async () => {
  const { own, counted } = withQueue({});
  const wallet = await givenWallet(context, { balanceDong: 550_000n });
  const ready = await givenPayments(
    context,
    site,
    [200n, 300n, 100n, 40n, 40n, 10n, 1n, 9n, 1n, 500n].map((thousands) => ({
      wallet,
      amountDong: thousands * 1_000n,
    })),
  );
  const paid = 'paid';
  const no = 'refused 51';
  assert.deepEqual(await postByPin(own, ready), [paid, paid, no, paid, no, paid, no, no, no, no]);
  assert.equal(counted.batches, 1);
  assert.equal(await readBalance(context.db, wallet.accountId), 0n);
});

test('limits and balance meet in one batch: the limit speaks first, and is used up to the dong', async () => {
  const wallet = await givenWallet(context, { balanceDong: 350_000n, limitDailyDong: 300_000n });
  const other = await givenWallet(context, { balanceDong: 150_000n, limitPerPaymentDong: 120_000n });
  const ready = await givenPayments(context, site, [
    { wallet, amountDong: 200_000n },
    { wallet: other, amountDong: 130_000n },
    { wallet, amountDong: 200_000n },
    { wallet: other, amountDong: 120_000n },
    { wallet, amountDong: 100_000n },
    { wallet: other, amountDong: 31_000n },
    { wallet, amountDong: 1_000n },
    { wallet: other, amountDong: 30_000n },
  ]);
  assert.deepEqual(await postByPin(withQueue({}).own, ready), [
    'paid',
    'refused 61',
    'refused 65',
    'paid',
    'paid',
    'refused 51',
    'refused 65',
    'paid',
  ]);
});

test('what the day has grown by in the batch asks the next payment for a code', async () => {
  const wallet = await givenWallet(context, { balanceDong: 20_000_000n });
  const ready = await givenPayments(
    context,
    site,
    [3_000_000n, 3_000_000n, 2_000_000n].map((amountDong) => ({ wallet, amountDong })),
  );
  assert.deepEqual(await postByPin(context, ready), ['paid', 'class_risen', 'paid']);
  assert.equal(await statusOf(ready[1] as ReadyPayment), 'started');
});

test('every reason against a payment in one batch: each gets its own answer, and the good ones are paid', async () => {
  const { own, counted } = withQueue({ inFlightMax: 1 });
  const good = await givenWallet(context);
  const ready = await givenPayments(
    context,
    site,
    Array.from({ length: 5 }, () => ({ wallet: good, amountDong: 10_000n })),
  );
  const [first, second, third, fourth, fifth] = ready.map(byPin) as [
    PostingRequest,
    PostingRequest,
    PostingRequest,
    PostingRequest,
    PostingRequest,
  ];
  const overdraft = await givenOne(200_000n, { balanceDong: 199_999n });
  const cancelled = await givenOne();
  await cancelOrder(context, cancelled.orderId);
  const expired = await givenOne();
  await sql`update orders set expires_at = ${context.clock.now()} where id = ${expired.orderId}`.execute(
    context.owner,
  );
  const closedWallet = await givenOne();
  const locked = await givenOne();
  const suspended = (await givenSite(context, { notifyUrl: 'http://127.0.0.1:9/webhook' })).site;
  const [ofSuspended] = await givenPayments(context, suspended, [
    { wallet: await givenWallet(context), amountDong: 10_000n },
  ]);
  await sql`update merchant_sites set status = 'suspended' where merchant_site = ${suspended.merchantSite}`.execute(
    context.owner,
  );
  const setWallet = (status: string, { paymentId }: ReadyPayment) =>
    sql`update wallets set status = ${status} where id = (select wallet_id from payments where id = ${paymentId})`.execute(
      context.owner,
    );
  await setWallet('closed', closedWallet);
  await setWallet('locked', locked);
  const risen = await givenOne(5_000_001n);
  const replaced = await givenOne(6_000_000n);
  const limited = await givenOne(200_000n, { limitDailyDong: 199_999n });

  const told = await postPayments(own, [
    first,
    byPin(overdraft),
    byPin(await givenOtherPayment(context, ready[0] as ReadyPayment, await givenWallet(context))),
    byPin(cancelled),
    second,
    byPin(expired),
    byPin(closedWallet),
    byPin(locked),
    byPin(ofSuspended as ReadyPayment),
    third,
    byPin(risen),
    {
      paymentId: replaced.paymentId,
      confirmed: { confirmationClass: 'B', codeHash: Buffer.alloc(32) },
    },
    byPin(limited),
    first,
    fourth,
    byPin(overdraft),
    fifth,
  ]);
  assert.deepEqual(told.map(wordOf), [
    'paid',
    'refused 51',
    'too_late',
    'too_late',
    'paid',
    'too_late',
    'refused 09',
    'refused 12',
    'refused 04',
    'paid',
    'class_risen',
    'code_replaced',
    'refused 65',
    'repeated',
    'paid',
    'too_late',
    'paid',
  ]);
  assert.equal(counted.batches, 1);
  assert.equal((await findOrder(context.db, expired.orderId))?.status, 'expired');
  assert.equal(await readBalance(context.db, good.accountId), 10_000_000n - 50_000n);
});

test('of two payments of one order the refused one stays refused when the other pays in the same batch', async () => {
  const poor = await givenOne(200_000n, { balanceDong: 0n });
  const rich = await givenOtherPayment(context, poor, await givenWallet(context));
  const late = await givenOtherPayment(context, poor, await givenWallet(context));
  assert.deepEqual(await postByPin(context, [poor, rich, late]), ['refused 51', 'paid', 'too_late']);
  assert.deepEqual(await Promise.all([poor, rich, late].map(statusOf)), ['refused', 'paid', 'cancelled']);
});

test('payments that no ledger can post fail by themselves, and the others of their batch are paid', async () => {
  const { own, counted } = withQueue({});
  const good = await givenWallet(context);
  const ready = await givenPayments(
    context,
    site,
    Array.from({ length: 3 }, () => ({ wallet: good, amountDong: 10_000n })),
  );
  const closedAccount = await givenOne();
  await asOwner(
    `update accounts set status = 'closed' where id =
       (select w.account_id from wallets w join payments p on p.wallet_id = w.id where p.id = $1)`,
    [closedAccount.paymentId],
  );
  const otherEnvironment = await givenOne();
  const live = await openAccount(context.db, {
    environment: 'live',
    kind: 'merchant_suspense',
    owner: uuidv7(),
    now: context.clock.now(),
  });
  // No hand can do this without taking the trigger away: who is credited is agreed when the payment starts.
  await asOwner('alter table payments disable trigger payments_stay_agreed', []);
  const setCredit = (accountId: string, { paymentId }: ReadyPayment) =>
    sql`update payments set credit_account_id = ${accountId} where id = ${paymentId}`.execute(context.owner);
  await setCredit(live, otherEnvironment);
  const noAccount = await givenOne();
  await setCredit(uuidv7(), noAccount);
  const toABank = await givenOne();
  const { rows } = await sql<{ id: string }>`
    select id from accounts where environment = 'sandbox' and kind = 'bank_collection'`.execute(context.db);
  await setCredit(rows[0]?.id ?? '', toABank);
  await asOwner('alter table payments enable trigger payments_stay_agreed', []);

  const told = await postByPin(own, [
    ready[0] as ReadyPayment,
    closedAccount,
    otherEnvironment,
    ready[1] as ReadyPayment,
    noAccount,
    toABank,
    { paymentId: uuidv7(), orderId: uuidv7() },
    ready[2] as ReadyPayment,
  ]);
  assert.deepEqual(told, ['paid', 'failed', 'failed', 'paid', 'failed', 'failed', 'failed', 'paid']);
  assert.equal(counted.batches, 1);
  assert.equal(await statusOf(closedAccount), 'started');
});

test('a thousand payments of a hundred buyers are one batch, and all are paid', async () => {
  const { own, counted } = withQueue({ batchMax: 1_000, inFlightMax: 1 });
  const wallets = await Promise.all(
    Array.from({ length: 100 }, () => givenWallet(context, { balanceDong: 100_000n })),
  );
  const ready = await givenPayments(
    context,
    site,
    Array.from({ length: 1_000 }, (_, index) => ({
      wallet: wallets[index % 100] as (typeof wallets)[number],
      amountDong: 10_000n,
    })),
  );
  assert.deepEqual(new Set(await postByPin(own, ready)), new Set(['paid']));
  assert.equal(counted.batches, 1);
  for (const wallet of wallets) assert.equal(await readBalance(context.db, wallet.accountId), 0n);
});

test('money that leaves the wallet while its payment is decided: it is decided again, and refused (51)', async () => {
  const wallet = await givenWallet(context, { balanceDong: 100_000n });
  const other = await givenWallet(context, { balanceDong: 0n });
  const ready = await givenPayments(context, site, [
    { wallet, amountDong: 60_000n },
    { wallet: await givenWallet(context), amountDong: 60_000n },
  ]);
  let decided = 0;
  const own: Context = {
    ...context,
    reach: async (point) => {
      if (point !== 'posting.decided') return;
      decided += 1;
      if (decided > 1) return;
      const away: Transfer = {
        id: uuidv7(),
        environment: 'sandbox',
        kind: 'adjustment',
        debitAccountId: wallet.accountId,
        creditAccountId: other.accountId,
        amountDong: 50_000n,
        fee: null,
        linkedTransferId: null,
        reference: 'meanwhile',
        happenedAt: context.clock.now(),
      };
      assert.deepEqual(await inTransaction(context.db, (tx) => postTransfers(tx, [away])), [
        { ok: true, repeated: false },
      ]);
    },
  };
  assert.deepEqual(await postByPin(own, ready), ['refused 51', 'paid']);
  assert.equal(decided, 2);
  assert.equal(await readBalance(context.db, wallet.accountId), 50_000n);
});

test('a wallet that has paid on a day this clock has not reached is told to try again, and the others pay', async () => {
  const ahead = await givenWallet(context, { balanceDong: 100_000n });
  const ready = await givenPayments(context, site, [
    { wallet: ahead, amountDong: 10_000n },
    { wallet: await givenWallet(context), amountDong: 10_000n },
  ]);
  await asOwner(
    `update wallets set totals_day = (now() at time zone 'Asia/Ho_Chi_Minh')::date + 3000 where id = $1`,
    [ahead.id],
  );
  assert.deepEqual(await postByPin(context, ready), ['busy', 'paid']);
  await asOwner('update wallets set totals_day = null where id = $1', [ahead.id]);
  assert.deepEqual(await postByPin(context, ready), ['paid', 'repeated']);
});

test('the totals of a day and a month begin anew with the next', async () => {
  const wallet = await givenWallet(context, { balanceDong: 1_000_000n });
  let now = new Date('2027-01-30T16:59:00Z');
  const own: Context = { ...context, clock: { now: () => now } };
  const pay = async (amountDong: bigint) => {
    const ready = await givenPayments(own, site, [{ wallet, amountDong }]);
    assert.deepEqual(await postByPin(own, ready), ['paid']);
    return readWalletTotals(own.db, wallet.id, now);
  };
  assert.deepEqual(await pay(10_000n), { dayDong: 10_000n, monthDong: 10_000n });
  assert.deepEqual(await pay(1_000n), { dayDong: 11_000n, monthDong: 11_000n });
  now = new Date('2027-01-30T17:00:00Z');
  assert.deepEqual(await readWalletTotals(own.db, wallet.id, now), { dayDong: 0n, monthDong: 11_000n });
  assert.deepEqual(await pay(20_000n), { dayDong: 20_000n, monthDong: 31_000n });
  now = new Date('2027-01-31T17:00:00Z');
  assert.deepEqual(await readWalletTotals(own.db, wallet.id, now), { dayDong: 0n, monthDong: 0n });
  assert.deepEqual(await pay(5_000n), { dayDong: 5_000n, monthDong: 5_000n });
});
