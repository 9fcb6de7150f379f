// The test, as the owner and with triggers switched off, puts each fault into correct books. Verification
// must find it by name.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uuidv7 } from 'uuidv7';
import { givenOrder, givenSite, givenWallet } from '../../../tests/support/context.ts';
import {
  accountOf,
  asOwner,
  assertFound,
  between,
  found,
  verify,
  withBooks,
} from '../../../tests/support/verified-books.ts';
import { postSealedTransfers } from '../../books/ledger/index.ts';
import { inTransaction } from '../../ground/database/index.ts';
import { confirmPayment, expireDueOrders, startPayment } from '../payments/index.ts';
import { type Verification, verifyLedger } from './index.ts';

test('right books have no fault, and the second verification reads only what is new', () =>
  withBooks(async ({ context }) => {
    const first = await verify(context);
    assert.deepEqual(first.faults, []);
    assert.equal(first.rows.journal, 6);
    assert.equal(first.rows.payments, 4);
    assert.equal(first.rows.orders, 4);
    assert.equal(first.checkpoint.checkpointNo, 1n);

    const again = await verify(context);
    assert.deepEqual(again.faults, []);
    assert.equal(again.mode, 'new');
    assert.deepEqual([again.rows.journal, again.rows.payments, again.rows.orders], [0, 0, 0]);
    assert.deepEqual(again.checkpoint, first.checkpoint);

    await givenWallet(context);
    const third = await verify(context);
    assert.deepEqual([third.rows.journal, third.checkpoint.checkpointNo], [1, 2n]);

    const full = await verify(context, { full: true });
    assert.deepEqual(full.faults, []);
    assert.deepEqual([full.rows.journal, full.rows.payments, full.rows.orders], [7, 4, 4]);
  }));

test('an order that stays open for weeks keeps nothing behind it from being done with, and is judged when it ends', () =>
  withBooks(async ({ context, an }) => {
    const { site } = await givenSite(context);
    const inDays = (expiresInSeconds: number) => givenOrder(context, site, { expiresInSeconds });
    const open = await inDays(30 * 86_400);
    const started = { orderId: open.id, walletId: an.id, checkoutSessionId: null };
    const payment = (await startPayment(context, started)) as { id: string };
    await Promise.all(Array.from({ length: 12 }, () => inDays(300)));
    context.clock.advance(300);
    await expireDueOrders(context);
    assert.equal((await verify(context)).rows.orders, 17);
    for (let run = 0; run < 3; run += 1) {
      const { rows, faults } = await verify(context);
      assert.deepEqual([rows.orders, rows.payments, faults], [1, 1, []], 'the open ones alone');
    }
    assert.equal(await confirmPayment(context, payment.id), 'paid');
    await asOwner(context, 'delete from notifications where order_id = $1', [open.id]);
    assert.deepEqual(found(await verify(context)), [`paid_order_without_notification ${open.id}`]);
  }));

test('an outcome whose list of open rows was changed is found', () =>
  withBooks(async ({ context }) => {
    const { site } = await givenSite(context);
    await givenOrder(context, site, { expiresInSeconds: 30 * 86_400 });
    context.clock.advance(3_600);
    await verify(context);
    await asOwner(
      context,
      `update ledger_verifications set orders_open = '{}' where cardinality(orders_open) = 1`,
    );
    assertFound(await verify(context), 'checkpoint_tampered');
  }));

test('a changed amount in sealed history is found by a full verification, with the accounts and the payment', () =>
  withBooks(async ({ context, an, paymentId }) => {
    await verify(context);
    await asOwner(context, 'update transfers set amount_dong = amount_dong - 1 where id = $1', [paymentId]);
    assertFound(
      await verify(context, { full: true }),
      'sealed_history_changed 1',
      `balance_differs_from_journal ${an.accountId}`,
      `payment_differs_from_transfer ${paymentId}`,
    );
  }));

test('a deleted transfer is found, sealed or not', async () => {
  for (const sealFirst of [true, false]) {
    await withBooks(async ({ context, an, paymentId }) => {
      if (sealFirst) await verify(context);
      await asOwner(context, 'delete from transfers where id = $1', [paymentId]);
      assertFound(
        await verify(context, { full: sealFirst }),
        `balance_differs_from_journal ${an.accountId}`,
        `paid_payment_without_transfer ${paymentId}`,
        ...(sealFirst ? ['sealed_history_changed 1'] : []),
      );
    });
  }
});

test('an inserted transfer that moved no balance is found, and found again by the next verification', () =>
  withBooks(async ({ context, an, binh }) => {
    await verify(context);
    const id = uuidv7();
    await asOwner(
      context,
      `insert into transfers (id, environment, kind, debit_account_id, credit_account_id, amount_dong, reference, happened_at)
       values ($1, 'sandbox', 'payment', $2, $3, 5, 'x', now())`,
      [id, an.accountId, binh.accountId],
    );
    for (let run = 0; run < 2; run += 1) {
      assertFound(
        await verify(context),
        `balance_differs_from_journal ${an.accountId}`,
        `balance_differs_from_journal ${binh.accountId}`,
        `transfer_without_paid_payment ${id}`,
      );
    }
  }));

test('a row slipped into the sealed part of the journal is found by a full verification', () =>
  withBooks(async ({ context }) => {
    await verify(context);
    await asOwner(
      context,
      `with gone as (delete from transfers where journal_no = 2 returning *)
       insert into transfers (id, environment, kind, debit_account_id, credit_account_id, amount_dong, reference, happened_at, journal_no)
       select gen_random_uuid(), environment, kind, debit_account_id, credit_account_id, amount_dong, reference, happened_at, 2 from gone`,
    );
    assertFound(await verify(context, { full: true }), 'sealed_history_changed 1');
  }));

test('a changed balance is found, and with it a sum that is not zero', () =>
  withBooks(async ({ context, an }) => {
    await verify(context);
    await asOwner(context, 'update accounts set balance_dong = balance_dong + 1 where id = $1', [
      an.accountId,
    ]);
    assertFound(
      await verify(context),
      `balance_differs_from_journal ${an.accountId}`,
      'environment_sum_not_zero sandbox',
    );
    assert.deepEqual((await verify(context, { environment: 'live' })).faults, []);
  }));

test('balances swapped between two accounts are found though their sum is right', () =>
  withBooks(async ({ context, an, binh }) => {
    await verify(context);
    await asOwner(
      context,
      `update accounts a set balance_dong = b.balance_dong from accounts b
       where (a.id = $1 and b.id = $2) or (a.id = $2 and b.id = $1)`,
      [an.accountId, binh.accountId],
    );
    assert.deepEqual(
      found(await verify(context)),
      [
        `balance_differs_from_journal ${an.accountId}`,
        `balance_differs_from_journal ${binh.accountId}`,
      ].sort(),
    );
  }));

test('a paid payment without its transfer is found', () =>
  withBooks(async ({ context, an, orderId }) => {
    await verify(context);
    const id = uuidv7();
    await asOwner(
      context,
      `insert into payments (id, order_id, environment, wallet_id, status, amount_dong, fee_dong, vat_dong,
         credit_account_id, confirmation_class, created_at, final_at)
       select $1, order_id, environment, $2, 'paid', amount_dong, fee_dong, vat_dong, credit_account_id,
         'A', created_at, final_at from payments where order_id = $3`,
      [id, an.id, orderId],
    );
    assertFound(
      await verify(context),
      `paid_payment_without_transfer ${id}`,
      `wallet_total_differs ${an.id}`,
    );
  }));

test('a transfer without its paid payment is found, and the order that it had paid', () =>
  withBooks(async ({ context, paymentId, orderId }) => {
    await asOwner(context, `update payments set status = 'cancelled' where id = $1`, [paymentId]);
    assertFound(
      await verify(context),
      `transfer_without_paid_payment ${paymentId}`,
      `paid_order_without_paid_payment ${orderId}`,
    );
  }));

test('a payment posted a second time under another id is found', () =>
  withBooks(async ({ context, paymentId }) => {
    await verify(context);
    const id = uuidv7();
    await asOwner(
      context,
      `insert into transfers (id, environment, kind, debit_account_id, credit_account_id, amount_dong, reference, happened_at)
       select $1, environment, kind, debit_account_id, credit_account_id, amount_dong, reference, happened_at
       from transfers where id = $2`,
      [id, paymentId],
    );
    assertFound(await verify(context), `payment_posted_twice ${id}`);
  }));

test('an order whose payment paid another one is found from both sides', () =>
  withBooks(async ({ context, paymentId, orderId }) => {
    await asOwner(context, 'update orders set result_payment_id = gen_random_uuid() where id = $1', [
      orderId,
    ]);
    assertFound(
      await verify(context),
      `paid_order_without_paid_payment ${orderId}`,
      `paid_payment_without_paid_order ${paymentId}`,
    );
  }));

test('a paid order without its notification is found until it has one, and not after', () =>
  withBooks(async ({ context, orderId }) => {
    await asOwner(context, `create table kept as select * from notifications where order_id = '${orderId}'`);
    await asOwner(context, 'delete from notifications where order_id = $1', [orderId]);
    for (let run = 0; run < 2; run += 1) {
      assert.deepEqual(found(await verify(context)), [`paid_order_without_notification ${orderId}`]);
    }
    await asOwner(context, 'insert into notifications select * from kept');
    assert.deepEqual((await verify(context)).faults, []);
  }));

test('a wrong total of a day, and one of a month, are found; a wallet that forgot both, by reading all', () =>
  withBooks(async ({ context, an, binh }) => {
    await verify(context);
    await asOwner(context, 'update wallets set paid_day_dong = paid_day_dong - 1 where id = $1', [an.id]);
    await asOwner(context, 'update wallets set paid_month_dong = paid_day_dong where id = $1', [binh.id]);
    const told = ({ faults }: Verification) =>
      faults
        .map(({ fault, subject, detail }) => [fault, subject, detail.replace(/^.*, (?=day|month)/, '')])
        .sort();
    assert.deepEqual(
      told(await verify(context)),
      [
        ['wallet_total_differs', an.id, 'day of 2026-11-24: total 199999, paid 200000'],
        ['wallet_total_differs', binh.id, 'month of 2026-11-01: total 200000, paid 400000'],
      ].sort(),
    );
    await asOwner(
      context,
      'update wallets set totals_day = null, paid_day_dong = 0, paid_month_dong = 0 where id = $1',
      [an.id],
    );
    await asOwner(context, 'update wallets set paid_month_dong = 400000 where id = $1', [binh.id]);
    assertFound(await verify(context, { full: true }), `wallet_total_differs ${an.id}`);
  }));

test('wallets above the guarantee are found', () =>
  withBooks(async ({ context }) => {
    await verify(context);
    // Money leaves the guarantee for the operator's own account: every balance still fits its journal.
    await asOwner(
      context,
      `with moved as (insert into transfers (id, environment, kind, debit_account_id, credit_account_id, amount_dong, reference, happened_at)
         values (gen_random_uuid(), 'sandbox', 'sweep', ${accountOf('bank_operating')}, ${accountOf('bank_guarantee')}, 12000000, 'x', now()))
       update accounts set balance_dong = balance_dong + case kind when 'bank_guarantee' then 12000000 else -12000000 end
       where environment = 'sandbox' and kind in ('bank_guarantee', 'bank_operating')`,
    );
    assert.deepEqual(
      found(await verify(context)).map((fault) => fault.replace(/ [0-9a-f-]{36}$/, '')),
      ['guarantee_too_low sandbox', 'transfer_not_sealed'],
    );
  }));

test('a transfer that crosses environments is found, and found again by the next verification', () =>
  withBooks(async ({ context, an }) => {
    const live = await givenWallet(context, { environment: 'live', balanceDong: 0n });
    await verify(context);
    const id = uuidv7();
    await asOwner(
      context,
      `with moved as (insert into transfers (id, environment, kind, debit_account_id, credit_account_id, amount_dong, reference, happened_at)
         values ('${id}', 'sandbox', 'adjustment', '${an.accountId}', '${live.accountId}', 7, 'x', now()))
       update accounts set balance_dong = balance_dong + case id when '${an.accountId}' then -7 else 7 end
       where id in ('${an.accountId}', '${live.accountId}')`,
    );
    for (let run = 0; run < 2; run += 1) {
      assertFound(
        await verify(context),
        `transfer_crosses_environments ${id}`,
        'environment_sum_not_zero sandbox',
        'environment_sum_not_zero live',
      );
    }
  }));

test('lines of an account that does not exist are found', () =>
  withBooks(async ({ context }) => {
    const id = uuidv7();
    await asOwner(
      context,
      `insert into transfers (id, environment, kind, debit_account_id, credit_account_id, amount_dong, reference, happened_at)
       values ($1, 'sandbox', 'adjustment', gen_random_uuid(), gen_random_uuid(), 7, 'x', now())`,
      [id],
    );
    assertFound(await verify(context), `account_missing ${id}`);
  }));

test('a payment whose wallet is of another environment is found', () =>
  withBooks(async ({ context, an, paymentId }) => {
    await asOwner(context, `update wallets set environment = 'live' where id = $1`, [an.id]);
    assertFound(await verify(context), `payment_crosses_environments ${paymentId}`);
  }));

test('two verifications do not run at once, and one that is ended midway loses nothing', () =>
  withBooks(async ({ context }) => {
    const ending = new AbortController();
    const first = verifyLedger(context, {
      rest: 0,
      signal: ending.signal,
      onProgress: ({ phase }) => {
        if (phase === 'payments') ending.abort();
      },
    });
    await assert.rejects(first, { name: 'AbortError' });
    const next = await verify(context);
    assert.deepEqual([next.mode, next.faults], ['full', []]);

    const outcomes = await Promise.allSettled([verify(context), verify(context)]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.equal((await verify(context)).mode, 'new');
  }));

test('a transaction that is posting is waited for: its rows are sealed with the others or not at all', () =>
  withBooks(async ({ context, an, binh, paymentId }) => {
    const [posted, mayCommit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = inTransaction(context.db, async (tx) => {
      await postSealedTransfers(context, tx, [
        { ...between(context, an, binh), kind: 'adjustment', linkedTransferId: paymentId },
      ]);
      posted.resolve();
      await mayCommit.promise;
    });
    await posted.promise;
    // Drawn after the slow one's number, committed before it.
    await givenWallet(context);
    const verification = verify(context);
    await new Promise((resolve) => setTimeout(resolve, 300));
    mayCommit.resolve();
    await slow;
    const { faults, rows } = await verification;
    assert.deepEqual([faults, rows.journal], [[], 8]);
  }));
