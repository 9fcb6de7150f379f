// The test, as the owner and with triggers switched off, puts each fault into correct books. Verification
// must find it by name.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import {
  createTestContext,
  givenOrder,
  givenSite,
  givenWallet,
  type TestContext,
} from '../../../tests/support/context.ts';
import {
  getSystemAccountId,
  postSealedTransfers,
  postTransfers,
  type SystemAccountKind,
  type Transfer,
} from '../../books/ledger/index.ts';
import { inTransaction } from '../../ground/database/index.ts';
import { createKeyRing } from '../../ground/secrets/index.ts';
import { confirmPayment, expireDueOrders, startPayment } from '../payments/index.ts';
import type { Wallet } from '../wallets/index.ts';
import { type Verification, type VerifyOptions, verifyLedger } from './index.ts';

type Books = { context: TestContext; an: Wallet; binh: Wallet; paymentId: string; orderId: string };

/** Two wallets have paid twice each, on two days; the clock is past every id. */
async function givenBooks(): Promise<Books> {
  const context = await createTestContext();
  const { site } = await givenSite(context, { notifyUrl: 'http://127.0.0.1:9/webhook' });
  const [an, binh] = [await givenWallet(context), await givenWallet(context, { balanceDong: 3_000_000n })];
  const paid: { paymentId: string; orderId: string }[] = [];
  for (const wallet of [an, binh, an, binh]) {
    const order = await givenOrder(context, site);
    const payment = await startPayment(context, {
      orderId: order.id,
      walletId: wallet.id,
      checkoutSessionId: null,
    });
    assert.ok(payment);
    assert.equal(await confirmPayment(context, payment.id), 'paid');
    paid.push({ paymentId: payment.id, orderId: order.id });
    if (paid.length === 2) context.clock.advance(20 * 3600);
  }
  context.clock.set(new Date(Math.max(Date.now(), context.clock.now().getTime()) + 3 * 3_600_000));
  return { context, an, binh, ...(paid[0] as { paymentId: string; orderId: string }) };
}

const guardedTables = [
  'transfers',
  'ledger_checkpoints',
  'ledger_verifications',
  'orders',
  'payments',
  'wallets',
  'merchant_sites',
];

async function asOwner(context: TestContext, text: string, values: unknown[] = []): Promise<void> {
  const owner = new pg.Client({ connectionString: context.ownerUrl });
  await owner.connect();
  try {
    for (const table of guardedTables) {
      await owner.query(`alter table ${table} disable trigger user`);
    }
    const { rowCount } = await owner.query(text, values);
    assert.notEqual(rowCount, 0, 'nothing was planted');
  } finally {
    await owner.end();
  }
}

const verify = (context: TestContext, options: VerifyOptions = {}) =>
  verifyLedger(context, { rest: 0, ...options });

/** `name subject` of each fault. */
const found = ({ faults }: Verification) => faults.map(({ fault, subject }) => `${fault} ${subject}`).sort();

function assertFound(verification: Verification, ...expected: string[]): void {
  const names = found(verification);
  for (const each of expected) {
    assert.ok(
      names.some((name) => name === each || name.startsWith(`${each} `)),
      `${each} was not found, but ${names.join(', ')}`,
    );
  }
  assert.ok(verification.faultCount >= BigInt(expected.length));
}

async function withBooks(work: (books: Books) => Promise<void>): Promise<void> {
  const books = await givenBooks();
  try {
    await work(books);
  } finally {
    await books.context.drop();
  }
}

const accountOf = (kind: string) =>
  `(select id from accounts where environment = 'sandbox' and kind = '${kind}' limit 1)`;

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

test('a checkpoint that was changed, or removed, is found by every verification', () =>
  withBooks(async ({ context }) => {
    await verify(context);
    await givenWallet(context);
    await verify(context);
    await asOwner(context, 'create table kept as select * from ledger_checkpoints');
    for (const tampering of [
      'update ledger_checkpoints set chain_hash = sha256(chain_hash) where checkpoint_no = 1',
      'update ledger_checkpoints set row_count = row_count + 1 where checkpoint_no = 1',
      'delete from ledger_checkpoints where checkpoint_no = 1',
      'delete from ledger_checkpoints where checkpoint_no = 2',
    ]) {
      await asOwner(context, tampering);
      assertFound(await verify(context), 'checkpoint_tampered');
      await asOwner(context, 'delete from ledger_checkpoints');
      await asOwner(context, 'insert into ledger_checkpoints select * from kept');
    }
  }));

test('kept sums that were changed, with the balance they explain, are found by every verification', () =>
  withBooks(async ({ context, an, binh }) => {
    await verify(context);
    for (const table of [
      'accounts set balance_dong = balance_dong',
      'ledger_sealed_sums set sum_dong = sum_dong',
    ]) {
      const id = table.startsWith('accounts') ? 'id' : 'account_id';
      await asOwner(
        context,
        `update ${table} + case ${id} when '${an.accountId}' then -9 else 9 end where ${id} in ('${an.accountId}', '${binh.accountId}')`,
      );
    }
    for (let run = 0; run < 2; run += 1) {
      assertFound(
        await verify(context),
        'sealed_sums_tampered',
        `balance_differs_from_journal ${an.accountId}`,
        `balance_differs_from_journal ${binh.accountId}`,
      );
    }
  }));

test('history and checkpoints rewritten together do not fit the seal, for want of the key', () =>
  withBooks(async ({ context, paymentId }) => {
    await verify(context);
    await asOwner(context, 'update transfers set reference = reference || $2 where id = $1', [
      paymentId,
      '!',
    ]);
    // All that a thief of the database can do: verify with another key.
    await asOwner(context, 'delete from ledger_checkpoints');
    await asOwner(context, 'delete from ledger_verifications');
    await asOwner(context, 'delete from ledger_sealed_sums');
    const keyRing = createKeyRing([{ id: 'k1', bytes: Buffer.alloc(32, 9) }]);
    await verifyLedger({ ...context, keyRing }, { rest: 0 });
    assertFound(await verify(context), 'checkpoint_tampered 1');
  }));

test('the running role can neither write nor change checkpoints, sums and outcomes', () =>
  withBooks(async ({ context }) => {
    await verify(context);
    for (const statement of [
      'update ledger_checkpoints set row_count = 9',
      'delete from ledger_checkpoints',
      'insert into ledger_checkpoints select * from ledger_checkpoints',
      'update ledger_sealed_sums set sum_dong = 9',
      'delete from ledger_sealed_sums',
      `insert into ledger_sealed_sums values (gen_random_uuid(), 9)`,
      'update ledger_verifications set fault_count = 0',
      'delete from ledger_verifications',
      'truncate ledger_checkpoints',
    ]) {
      await assert.rejects(context.db.pool.query(statement), /permission denied/, statement);
    }
    await assert.rejects(
      context.db.pool.query(`select ledger_seal(9, 6, 7, 1, '', '{}', now(), '')`),
      /checkpoint_does_not_follow/,
    );
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

const between = (context: TestContext, from: Wallet, to: Wallet): Transfer => ({
  id: uuidv7(),
  environment: 'sandbox',
  kind: 'adjustment',
  debitAccountId: from.accountId,
  creditAccountId: to.accountId,
  amountDong: 3n,
  fee: null,
  linkedTransferId: null,
  reference: 'x',
  happenedAt: context.clock.now(),
});

/** What a thief with a login posts: through the ledger's own function, so that balances and journal fit. */
const postAsThief = (context: TestContext, transfer: Transfer) =>
  inTransaction(context.db, (tx) => postTransfers(tx, [transfer]));

test('money minted through the ledger itself is found, for want of the seal: a top-up, an adjustment', () =>
  withBooks(async ({ context, an, binh, paymentId }) => {
    assert.deepEqual((await verify(context)).faults, []);
    const guarantee = await getSystemAccountId(context.db, 'sandbox', 'bank_guarantee');
    const minted = { ...between(context, an, binh), kind: 'top_up' as const, debitAccountId: guarantee };
    const moved = { ...between(context, an, binh), linkedTransferId: paymentId };
    await postAsThief(context, minted);
    await postAsThief(context, moved);
    const seal = (transferId: string, bytes: Buffer) =>
      context.db.pool.query('insert into transfer_seals (transfer_id, seal) values ($1, $2)', [
        transferId,
        bytes,
      ]);
    const { rows } = await context.db.pool.query<{ seal: Buffer }>('select seal from transfer_seals limit 1');
    await seal(minted.id, rows[0]?.seal ?? Buffer.alloc(32));
    for (const options of [{}, {}, { full: true }]) {
      assert.deepEqual(
        found(await verify(context, options)),
        [`transfer_not_sealed ${minted.id}`, `transfer_not_sealed ${moved.id}`].sort(),
      );
    }
  }));

test('each kind of transfer joins the accounts of its kind, and names the transfer it belongs to', () =>
  withBooks(async ({ context, an, binh, paymentId }) => {
    const account = (kind: SystemAccountKind) => getSystemAccountId(context.db, 'sandbox', kind);
    const [guarantee, fees] = [await account('bank_guarantee'), await account('fees')];
    const clearing = await account('bank_clearing');
    const site = await context.db.pool.query<{ id: string }>(
      'select credit_account_id as id from merchant_sites',
    );
    const suspense = site.rows[0]?.id ?? '';
    const sealed = async (changes: Partial<Transfer>) => {
      const transfer = { ...between(context, an, binh), ...changes };
      const [result] = await inTransaction(context.db, (tx) => postSealedTransfers(context, tx, [transfer]));
      assert.deepEqual(result, { ok: true, repeated: false }, transfer.kind);
      return transfer.id;
    };
    const right = [
      await sealed({ kind: 'withdrawal', creditAccountId: clearing }),
      await sealed({ kind: 'refund', debitAccountId: suspense, linkedTransferId: paymentId }),
      await sealed({ linkedTransferId: paymentId }),
    ];
    const sent = right[0] ?? null;
    await sealed({
      kind: 'withdrawal',
      debitAccountId: clearing,
      creditAccountId: guarantee,
      amountDong: 1n,
      linkedTransferId: sent,
    });
    assert.deepEqual(found(await verify(context)), []);

    const wrongAccounts = [
      await sealed({ kind: 'top_up' }),
      await sealed({ kind: 'withdrawal', creditAccountId: guarantee }),
      await sealed({ kind: 'refund', debitAccountId: an.accountId, linkedTransferId: paymentId }),
      await sealed({ kind: 'sweep', debitAccountId: suspense, creditAccountId: an.accountId }),
      await sealed({ kind: 'collection_payout', debitAccountId: suspense, creditAccountId: clearing }),
      await sealed({ kind: 'vat_payment', debitAccountId: fees, creditAccountId: clearing }),
      await sealed({ kind: 'settlement', debitAccountId: suspense, creditAccountId: clearing }),
      // A fee of what is no payment, and one that goes to a holder.
      await sealed({
        linkedTransferId: paymentId,
        fee: { feeAccountId: fees, feeDong: 1n, vatAccountId: fees, vatDong: 0n },
      }),
    ];
    const notLinked = [
      await sealed({}),
      await sealed({ linkedTransferId: uuidv7() }),
      await sealed({ kind: 'refund', debitAccountId: suspense }),
      await sealed({ kind: 'refund', debitAccountId: suspense, linkedTransferId: sent }),
      await sealed({
        kind: 'withdrawal',
        debitAccountId: clearing,
        creditAccountId: an.accountId,
        amountDong: 1n,
      }),
    ];
    assert.deepEqual(
      found(await verify(context)),
      [
        ...wrongAccounts.map((id) => `transfer_of_wrong_accounts ${id}`),
        ...notLinked.map((id) => `transfer_not_linked ${id}`),
      ].sort(),
    );
  }));

test('behind a forged checkpoint, or a forged outcome, everything is read all the same', () =>
  withBooks(async ({ context, an, binh }) => {
    await verify(context);
    const minted = { ...between(context, an, binh), id: uuidv7(), linkedTransferId: null };
    await postAsThief(context, minted);
    await context.db.pool.query(
      `select ledger_seal(2, 6, (select max(journal_no) + 1000000 from transfers), 1, '\\x00', '{}', now(), '\\x00')`,
    );
    const late = { ...between(context, an, binh), id: uuidv7() };
    await postAsThief(context, late);
    for (let run = 0; run < 2; run += 1) {
      const verification = await verify(context);
      assertFound(
        verification,
        'checkpoint_tampered 2',
        `transfer_not_sealed ${minted.id}`,
        `transfer_not_sealed ${late.id}`,
      );
      assert.equal(verification.rows.journal, 8);
    }
  }));

test('a forged outcome, of books never verified, hides no payment', () =>
  withBooks(async ({ context, paymentId }) => {
    await asOwner(context, `update payments set status = 'cancelled' where id = $1`, [paymentId]);
    await context.db.pool.query(
      `insert into ledger_verifications (id, started_at, ended_at, mode, fault_count, faults, payments_upto, orders_upto,
         checkpoint_no, sums_hash, seal)
       values ($1, now(), now(), 'full', 0, '[]', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 0,
         sha256(''), '\\x00')`,
      [uuidv7()],
    );
    const verification = await verify(context);
    assertFound(verification, 'checkpoint_tampered', `transfer_without_paid_payment ${paymentId}`);
    assert.equal(verification.rows.payments, 4);
  }));
