// Rows that are read without a lock, or do not exist yet, change between the decision and the writing. The
// batch is decided again, and its answers are true.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PoolClient } from 'pg';
import { uuidv7 } from 'uuidv7';
import { createTestContext, type TestContext } from '../../../tests/support/context.ts';
import { type AccountName, givenLedger } from '../../../tests/support/ledger-model.ts';
import { until } from '../../../tests/support/notification-fixtures.ts';
import { inTransaction, openPool } from '../../ground/database/index.ts';
import {
  checkBooks,
  openSystemAccounts,
  postTransfers,
  readBalance,
  type Transfer,
  type TransferResult,
} from './index.ts';

let context: TestContext;
let owner: ReturnType<typeof openPool>;

before(async () => {
  context = await createTestContext();
  owner = openPool(context.ownerUrl, { max: 2 });
  await openSystemAccounts(context.db, 'sandbox', context.clock.now());
});
after(async () => {
  assert.deepEqual(await checkBooks(context.db), []);
  await owner.end();
  await context.drop();
});

const post = (transfers: Transfer[]) => inTransaction(context.db, (tx) => postTransfers(tx, transfers));

function payment(
  ids: Map<AccountName, string>,
  changes: { from: AccountName; to: AccountName } & Partial<Transfer>,
): Transfer {
  const { from, to, ...more } = changes;
  return {
    id: uuidv7(),
    environment: 'sandbox',
    kind: 'payment',
    debitAccountId: ids.get(from) ?? '',
    creditAccountId: ids.get(to) ?? '',
    amountDong: 100n,
    fee: {
      feeAccountId: ids.get('fees') ?? '',
      feeDong: 1n,
      vatAccountId: ids.get('vat_payable') ?? '',
      vatDong: 0n,
    },
    linkedTransferId: null,
    reference: 'race',
    happenedAt: context.clock.now(),
    ...more,
  };
}

async function givenFunded(): Promise<Map<AccountName, string>> {
  const { ids } = await givenLedger(context, owner);
  const topUps = (['wallet1', 'wallet2'] as const).map((to) =>
    payment(ids, { from: 'bank_guarantee', to, kind: 'top_up', fee: null, amountDong: 1_000n }),
  );
  for (const result of await post(topUps)) assert.ok(result.ok);
  return ids;
}

/** `first` is done and not committed until `then` waits for it; returns what `then` answered. */
async function during<T>(
  first: (client: PoolClient) => Promise<unknown>,
  then: () => Promise<T>,
): Promise<T> {
  const client = await owner.connect();
  try {
    await client.query('begin');
    await first(client);
    const answer = then();
    await until('it waits', async () => {
      const { rows } = await context.db.pool.query<{ count: bigint }>(
        `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return (rows[0]?.count ?? 0n) > 0n;
    });
    await client.query('commit');
    return await answer;
  } finally {
    client.release();
  }
}

const words = (results: TransferResult[]) =>
  results.map((result) => (result.ok ? (result.repeated ? 'repeated' : 'posted') : result.refusal));

test('an account closed after it was read refuses its own payment, and the others of the batch are posted', async () => {
  const ids = await givenFunded();
  const results = await during(
    (client) => client.query(`update accounts set status = 'closed' where id = $1`, [ids.get('suspense1')]),
    () =>
      post([
        payment(ids, { from: 'wallet1', to: 'suspense2' }),
        payment(ids, { from: 'wallet1', to: 'suspense1', amountDong: 900n }),
        payment(ids, { from: 'wallet1', to: 'suspense2', amountDong: 900n }),
        payment(ids, { from: 'wallet2', to: 'suspense2' }),
      ]),
  );
  // The refused 900 are there for the next one: decided again, in order.
  assert.deepEqual(words(results), ['posted', 'account_closed', 'posted', 'posted']);
  assert.equal(await readBalance(context.db, ids.get('wallet1') ?? ''), 0n);
  assert.equal(await readBalance(context.db, ids.get('suspense2') ?? ''), 1_097n);
});

test('an id posted meanwhile between other accounts refuses its transfer, and the others are posted', async () => {
  const ids = await givenFunded();
  const id = uuidv7();
  const results = await during(
    (client) =>
      client
        .query(
          `insert into transfers (id, environment, kind, debit_account_id, credit_account_id, amount_dong, reference, happened_at)
         values ($1, 'sandbox', 'adjustment', $2, $3, 5, 'race', now())`,
          [id, ids.get('bank_clearing'), ids.get('payable')],
        )
        .then(() =>
          client.query(
            `update accounts set balance_dong = balance_dong + case id when $1 then -5 else 5 end where id in ($1, $2)`,
            [ids.get('bank_clearing'), ids.get('payable')],
          ),
        ),
    () =>
      post([
        payment(ids, { from: 'wallet1', to: 'suspense1' }),
        payment(ids, { from: 'wallet1', to: 'suspense1', id }),
      ]),
  );
  assert.deepEqual(words(results), ['posted', 'transfer_id_reused']);
});

test('a bank account paid down meanwhile refuses what would put it on the other side', async () => {
  const ids = await givenFunded();
  const drawn = payment(ids, {
    from: 'bank_operating',
    to: 'suspense1',
    kind: 'adjustment',
    fee: null,
    amountDong: 100n,
  });
  const before = -(await readBalance(context.db, ids.get('bank_operating') ?? ''));
  if (before < 100n) assert.deepEqual(words(await post([drawn])), ['posted']);
  const held = -(await readBalance(context.db, ids.get('bank_operating') ?? ''));
  const results = await during(
    (client) =>
      client.query(
        `select ledger_post(array[$1::uuid], array['sandbox'], array['adjustment'], array[$2::uuid], array[$3::uuid], array[$4::bigint],
          array[null::uuid], array[0::bigint], array[null::uuid], array[0::bigint], array[null::uuid], array['race'], array[now()])`,
        [uuidv7(), ids.get('bank_clearing'), ids.get('bank_operating'), held],
      ),
    () =>
      post([
        payment(ids, { from: 'wallet1', to: 'bank_operating' }),
        payment(ids, { from: 'wallet1', to: 'suspense2' }),
      ]),
  );
  assert.deepEqual(words(results), ['balance_insufficient', 'posted']);
});

test('a payment and a refund out of its merchant in one batch are decided in their order', async () => {
  const ids = await givenFunded();
  const refund = (amountDong: bigint) =>
    payment(ids, { from: 'suspense1', to: 'wallet2', kind: 'refund', fee: null, amountDong });
  const results = await post([
    refund(1n),
    payment(ids, { from: 'wallet1', to: 'suspense1' }),
    refund(100n),
    refund(99n),
    refund(1n),
  ]);
  assert.deepEqual(words(results), [
    'balance_insufficient',
    'posted',
    'balance_insufficient',
    'posted',
    'balance_insufficient',
  ]);
});
