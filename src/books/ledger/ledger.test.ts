// The ledger against a real database: every refusal, idempotency, opposite transfers, and what the database
// itself does not let anybody do.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { uuidv7 } from 'uuidv7';
import { createTestContext, type TestContext } from '../../../tests/support/context.ts';
import { inTransaction, openPool } from '../../ground/database/index.ts';
import {
  type AccountKind,
  checkBooks,
  getSystemAccountId,
  listEntries,
  openAccount,
  openSystemAccounts,
  postTransfers,
  readBalance,
  type Transfer,
  type TransferRefusal,
} from './index.ts';

let context: TestContext;
let guarantee: string;

/** The role that owns the schema: an administrator's hand, not the gateway's. */
async function asOwner(text: string, values: unknown[] = []): Promise<void> {
  const owner = openPool(context.ownerUrl, { max: 1 });
  await owner.query(text, values).finally(() => owner.end());
}

before(async () => {
  context = await createTestContext();
  const now = context.clock.now();
  await openSystemAccounts(context.db, 'sandbox', now);
  await openSystemAccounts(context.db, 'live', now);
  guarantee = await getSystemAccountId(context.db, 'sandbox', 'bank_guarantee');
});
after(async () => {
  assert.deepEqual(await checkBooks(context.db), []);
  await context.drop();
});

function transfer(changes: Partial<Transfer>): Transfer {
  return {
    id: uuidv7(),
    environment: 'sandbox',
    kind: 'top_up',
    debitAccountId: guarantee,
    creditAccountId: guarantee,
    amountDong: 1_000n,
    fee: null,
    linkedTransferId: null,
    reference: 'test',
    happenedAt: context.clock.now(),
    ...changes,
  };
}

const post = (...transfers: Transfer[]) => inTransaction(context.db, (tx) => postTransfers(tx, transfers));

async function givenAccount(
  kind: AccountKind,
  balanceDong = 0n,
  environment: 'sandbox' | 'live' = 'sandbox',
) {
  const id = await openAccount(context.db, { environment, kind, owner: uuidv7(), now: context.clock.now() });
  if (balanceDong > 0n) {
    const [result] = await post(transfer({ creditAccountId: id, amountDong: balanceDong }));
    assert.ok(result?.ok);
  }
  return id;
}

test('a payment row moves the gross amount, and takes fee and VAT from the credited account', async () => {
  const wallet = await givenAccount('wallet', 100_000n);
  const merchant = await givenAccount('merchant_suspense');
  const fees = await getSystemAccountId(context.db, 'sandbox', 'fees');
  const vat = await getSystemAccountId(context.db, 'sandbox', 'vat_payable');
  const feesBefore = await readBalance(context.db, fees);
  const [result] = await post(
    transfer({
      kind: 'payment',
      debitAccountId: wallet,
      creditAccountId: merchant,
      amountDong: 100_000n,
      fee: { feeAccountId: fees, feeDong: 1_100n, vatAccountId: vat, vatDong: 110n },
    }),
  );
  assert.deepEqual(result, { ok: true, repeated: false });
  assert.equal(await readBalance(context.db, wallet), 0n);
  assert.equal(await readBalance(context.db, merchant), 98_790n);
  assert.equal((await readBalance(context.db, fees)) - feesBefore, 1_100n);
  const lines = await listEntries(context.db, merchant);
  assert.deepEqual(
    lines.map((line) => line.changeDong),
    [100_000n, -1_100n, -110n],
  );
});

test('an account reads its lines page by page, none twice and none left out', async () => {
  const wallet = await givenAccount('wallet');
  for (let n = 1n; n <= 7n; n++) await post(transfer({ creditAccountId: wallet, amountDong: n }));
  const seen: bigint[] = [];
  let after: { journalNo: bigint; lineNo: number } | undefined;
  for (;;) {
    const page = await listEntries(context.db, wallet, { limit: 2, ...(after && { after }) });
    if (page.length === 0) break;
    seen.push(...page.map((line) => line.changeDong));
    after = page.at(-1);
  }
  assert.deepEqual(seen, [1n, 2n, 3n, 4n, 5n, 6n, 7n]);
});

test('a posting that commits late stands behind what was listed, whatever its id and its number', async () => {
  const wallet = await givenAccount('wallet');
  const early = transfer({ creditAccountId: wallet, amountDong: 1n });
  await post(transfer({ creditAccountId: wallet, amountDong: 2n }));
  // Its number is drawn, and it has not committed: nobody may go past it.
  const held = Promise.withResolvers<void>();
  const written = Promise.withResolvers<void>();
  const late = inTransaction(context.db, async (tx) => {
    await postTransfers(tx, [early]);
    written.resolve();
    await held.promise;
  });
  await written.promise;
  // Elsewhere money moves meanwhile, with a higher number.
  const live = {
    environment: 'live' as const,
    debitAccountId: await getSystemAccountId(context.db, 'live', 'bank_guarantee'),
    creditAccountId: await givenAccount('wallet', 0n, 'live'),
  };
  const listing = listEntries(context.db, wallet);
  const movedMeanwhile = post(transfer({ ...live, amountDong: 3n })).then(() => 'moved');
  assert.equal(await Promise.race([listing.then(() => 'listed'), movedMeanwhile]), 'moved');
  held.resolve();
  await late;
  const page = await listing;
  const last = page.at(-1);
  const behind = await listEntries(context.db, wallet, last ? { after: last } : {});
  assert.deepEqual(
    [...page, ...behind].map((line) => line.changeDong),
    [2n, 1n],
  );
});

test("fees' lines are listed as every account's are", async () => {
  const fees = await getSystemAccountId(context.db, 'sandbox', 'fees');
  const lines = await listEntries(context.db, fees);
  assert.ok(lines.length > 0);
  const sum = lines.reduce((total, line) => total + line.changeDong, 0n);
  assert.equal(sum, await readBalance(context.db, fees));
});

test('each reason against a transfer has its own refusal, and none moves a dong', async () => {
  const wallet = await givenAccount('wallet', 1_000n);
  const other = await givenAccount('wallet');
  const live = await givenAccount('wallet', 0n, 'live');
  const closed = await givenAccount('wallet');
  await asOwner(`update accounts set status = 'closed' where id = $1`, [closed]);
  const fee = (feeDong: bigint) => ({ feeAccountId: other, feeDong, vatAccountId: other, vatDong: 0n });
  const cases: [TransferRefusal, Partial<Transfer>][] = [
    ['amount_not_positive', { amountDong: 0n }],
    ['amount_not_positive', { amountDong: -1n }],
    ['amount_above_maximum', { amountDong: 10_000_000_000_000n }],
    ['accounts_are_the_same', { creditAccountId: wallet }],
    ['fee_above_amount', { amountDong: 10n, fee: fee(11n) }],
    ['fee_above_amount', { amountDong: 10n, fee: fee(-1n) }],
    ['account_not_found', { creditAccountId: uuidv7() }],
    ['account_in_other_environment', { creditAccountId: live }],
    ['account_in_other_environment', { environment: 'live' }],
    ['account_closed', { creditAccountId: closed }],
    ['balance_insufficient', { amountDong: 1_001n }],
  ];
  for (const [refusal, changes] of cases) {
    const [result] = await post(transfer({ debitAccountId: wallet, creditAccountId: other, ...changes }));
    assert.deepEqual(
      result,
      { ok: false, refusal },
      JSON.stringify(changes, (_, v) => (typeof v === 'bigint' ? String(v) : v)),
    );
  }
  assert.equal(await readBalance(context.db, wallet), 1_000n);
  assert.equal(await readBalance(context.db, other), 0n);
  const [exact] = await post(
    transfer({ debitAccountId: wallet, creditAccountId: other, amountDong: 1_000n }),
  );
  assert.ok(exact?.ok);
});

test('the same transfer again changes nothing; the same id with another content is refused', async () => {
  const wallet = await givenAccount('wallet');
  const first = transfer({ creditAccountId: wallet });
  assert.deepEqual(await post(first, first), [
    { ok: true, repeated: false },
    { ok: true, repeated: true },
  ]);
  assert.deepEqual(await post(first), [{ ok: true, repeated: true }]);
  assert.deepEqual(await post({ ...first, amountDong: 2_000n }), [
    { ok: false, refusal: 'transfer_id_reused' },
  ]);
  assert.equal(await readBalance(context.db, wallet), 1_000n);
});

test('a batch is decided in its order: what one transfer brings, the next may spend; a refusal refuses only itself', async () => {
  const one = await givenAccount('wallet', 500n);
  const two = await givenAccount('wallet');
  const results = await post(
    transfer({ debitAccountId: two, creditAccountId: one, amountDong: 1n }),
    transfer({ debitAccountId: one, creditAccountId: two, amountDong: 400n }),
    transfer({ debitAccountId: one, creditAccountId: two, amountDong: 101n }),
    transfer({ debitAccountId: two, creditAccountId: one, amountDong: 399n }),
  );
  assert.deepEqual(
    results.map((result) => (result.ok ? 'ok' : result.refusal)),
    ['balance_insufficient', 'ok', 'balance_insufficient', 'ok'],
  );
  assert.equal(await readBalance(context.db, one), 499n);
});

test('opposite transfers at the same moment neither deadlock nor lose a dong', async () => {
  const one = await givenAccount('wallet', 1_000n);
  const two = await givenAccount('wallet', 1_000n);
  const there = { debitAccountId: one, creditAccountId: two, amountDong: 7n };
  const back = { debitAccountId: two, creditAccountId: one, amountDong: 7n };
  await Promise.all(Array.from({ length: 60 }, (_, n) => post(transfer(n % 2 === 0 ? there : back))));
  assert.equal(await readBalance(context.db, one), 1_000n);
  assert.equal(await readBalance(context.db, two), 1_000n);
});

test('the same transfer from twenty callers at once is posted once', async () => {
  const wallet = await givenAccount('wallet');
  const same = transfer({ creditAccountId: wallet, amountDong: 5n });
  const results = await Promise.all(Array.from({ length: 20 }, () => post(same)));
  assert.equal(results.filter(([result]) => result?.ok && !result.repeated).length, 1);
  assert.ok(results.every(([result]) => result?.ok));
  assert.equal(await readBalance(context.db, wallet), 5n);
});

test('the running role writes neither history nor balances by itself, and cannot make itself able to', async () => {
  const wallet = await givenAccount('wallet', 1_000n);
  const attempts = [
    'update transfers set amount_dong = 1',
    'delete from transfers',
    'truncate transfers',
    `insert into transfers select * from transfers limit 1`,
    'alter table transfers disable trigger all',
    'drop trigger transfers_append_only on transfers',
    'drop table transfers',
    'delete from accounts',
    'truncate accounts cascade',
    `update accounts set balance_dong = 0 where id = '${wallet}'`,
    `update accounts set status = 'closed' where id = '${wallet}'`,
    `insert into accounts (id, environment, kind, owner, balance_dong, created_at) values (gen_random_uuid(), 'sandbox', 'wallet', 'x', 5, now())`,
    'alter table accounts drop constraint accounts_balance_on_its_side',
    `create or replace function ledger_post() returns void language sql as 'select 1'`,
    'drop function ledger_read_accounts(uuid[], uuid[])',
    'alter function refuse_change_of_history() owner to current_user',
    'set role vipay_owner',
    'set session_replication_role = replica',
    `update pg_class set relacl = null where relname = 'transfers'`,
    'create schema other',
    'create table public.accounts_too (id int)',
  ];
  for (const attempt of attempts)
    await assert.rejects(context.db.pool.query(attempt), { code: /^(42501|42809|22023|2BP01)$/ }, attempt);
  assert.equal(await readBalance(context.db, wallet), 1_000n);
});

test("the ledger's functions refuse what may never be, and write nothing of it", async () => {
  const wallet = await givenAccount('wallet', 1_000n);
  const live = await givenAccount('wallet', 0n, 'live');
  const closed = await givenAccount('wallet');
  await asOwner(`update accounts set status = 'closed' where id = $1`, [closed]);
  const postRaw = (
    changes: Partial<Record<'environment' | 'debit' | 'credit' | 'feeAccount', string>> & {
      amount?: string;
      fee?: string;
    },
  ) =>
    context.db.pool.query(
      `select ledger_post(array[gen_random_uuid()], array[$1], array['payment'], array[$2::uuid], array[$3::uuid], array[$4::bigint],
        array[$5::uuid], array[$6::bigint], array[null::uuid], array[0::bigint], array[null::uuid], array['x'], array[now()])`,
      [
        changes.environment ?? 'sandbox',
        changes.debit ?? wallet,
        changes.credit ?? guarantee,
        changes.amount ?? '1',
        changes.feeAccount ?? null,
        changes.fee ?? '0',
      ],
    );
  const before = await context.db.pool.query('select count(*) from transfers');
  for (const [what, changes] of [
    ['another environment', { credit: live }],
    ['both of another environment', { environment: 'live' }],
    ['a closed account', { credit: closed }],
    ['a missing account', { credit: uuidv7() }],
    ['more than there is', { amount: '1001' }],
    ['nothing', { amount: '0' }],
    ['less than nothing', { amount: '-5' }],
    ['a fee above the amount', { amount: '5', fee: '6', feeAccount: wallet }],
    ['a fee without an account', { amount: '5', fee: '5' }],
    ['itself', { credit: wallet }],
  ] as const) {
    await assert.rejects(postRaw(changes), { code: /^(23514|23502|40001)$/ }, what);
  }
  assert.deepEqual((await context.db.pool.query('select count(*) from transfers')).rows, before.rows);
  assert.equal(await readBalance(context.db, wallet), 1_000n);
});

test('even the owner of the schema cannot change history without taking the trigger away', async () => {
  const owner = openPool(context.ownerUrl, { max: 1 });
  try {
    for (const attempt of [
      'update transfers set amount_dong = 1',
      'delete from transfers',
      'truncate transfers',
    ]) {
      await assert.rejects(owner.query(attempt), /history_is_append_only/, attempt);
    }
  } finally {
    await owner.end();
  }
});

test('a balance that was changed behind the journal is found', async () => {
  const wallet = await givenAccount('wallet', 1_000n);
  await asOwner('update accounts set balance_dong = 999 where id = $1', [wallet]);
  const faults = (await checkBooks(context.db)).map((fault) => fault.fault);
  assert.deepEqual(faults, ['sum_not_zero', 'balance_differs_from_journal']);
  await asOwner('update accounts set balance_dong = 1000 where id = $1', [wallet]);
});
