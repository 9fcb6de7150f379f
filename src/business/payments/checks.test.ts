// What the tables themselves refuse, whoever writes: words that nobody knows, and columns of one row that contradict
// each other. Each row is tried by the owner of the tables, whom no grant stops, and is taken back.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import {
  createTestContext,
  givenOrder,
  givenPayment,
  givenSite,
  givenWallet,
  type TestContext,
} from '../../../tests/support/context.ts';

let context: TestContext;
let orderId: string;
let paymentId: string;
let walletId: string;

before(async () => {
  context = await createTestContext();
  const { site } = await givenSite(context);
  const wallet = await givenWallet(context);
  const order = await givenOrder(context, site);
  const payment = await givenPayment(context, { order, wallet });
  [orderId, paymentId, walletId] = [order.id, payment.id, wallet.id];
});
after(() => context.drop());

/** The constraint that refuses the statement; null: none does, and it wrote a row. */
async function findRefusal(statement: string, values: unknown[] = []): Promise<string | null> {
  const client = await context.owner.pool.connect();
  try {
    await client.query('begin');
    const { rowCount } = await client.query(statement, values);
    assert.ok(rowCount, `it wrote no row: ${statement}`);
    return null;
  } catch (error) {
    assert.ok(error instanceof pg.DatabaseError && error.code === '23514', String(error));
    return error.constraint ?? error.message;
  } finally {
    await client.query('rollback');
    client.release();
  }
}

const times = [null, '2026-01-01T00:00:00Z'];

test('an order is final exactly when it has a time and a result, and is paid exactly when its result says so', async () => {
  let sound = 0;
  for (const status of ['open', 'paid', 'failed', 'cancelled', 'expired', 'unknown', '']) {
    for (const finalAt of times) {
      for (const code of [null, '00', '07', '24', '']) {
        const isOpen = status === 'open';
        const isSound =
          ['open', 'paid', 'failed', 'cancelled', 'expired'].includes(status) &&
          isOpen === (finalAt === null) &&
          isOpen === (code === null) &&
          (status === 'paid') === (code === '00' || code === '07');
        const refusal = await findRefusal(
          'update orders set status = $2, final_at = $3, response_code = $4 where id = $1',
          [orderId, status, finalAt, code],
        );
        assert.equal(refusal, isSound ? null : 'orders_status_known', `${status}, ${finalAt}, ${code}`);
        sound += Number(isSound);
      }
    }
  }
  // Open; paid with either code; the three others with either of two.
  assert.equal(sound, 9);
});

test('a payment is final exactly when it has a time, and refused exactly when it has a code', async () => {
  let sound = 0;
  for (const status of ['started', 'confirming', 'paid', 'refused', 'cancelled', 'expired', 'unknown', '']) {
    for (const finalAt of times) {
      for (const code of [null, '51']) {
        const isUnderWay = status === 'started' || status === 'confirming';
        const hasItsTime = isUnderWay === (finalAt === null) && status !== 'unknown' && status !== '';
        const isSound = hasItsTime && (status === 'refused') === (code !== null);
        const refusal = await findRefusal(
          'update payments set status = $2, final_at = $3, refusal_code = $4 where id = $1',
          [paymentId, status, finalAt, code],
        );
        const what = `${status}, ${finalAt}, ${code}`;
        if (isSound) assert.equal(refusal, null, what);
        else assert.match(refusal ?? 'nothing', /^payments_(status_known|refused_has_code)$/, what);
        sound += Number(isSound);
      }
    }
  }
  assert.equal(sound, 6);
});

test('a result waits exactly when it has the time of its next attempt', async () => {
  let sound = 0;
  for (const status of ['pending', 'delivered', 'exhausted', 'skipped', 'unknown', '']) {
    for (const next of times) {
      const isSound = (status === 'pending') === (next !== null) && status !== 'unknown' && status !== '';
      const refusal = await findRefusal(
        `insert into notifications (id, order_id, merchant_site, environment, status, next_attempt_at, created_at)
           select gen_random_uuid(), id, merchant_site, environment, $2, $3, created_at from orders where id = $1`,
        [orderId, status, next],
      );
      assert.equal(refusal, isSound ? null : 'notifications_status_known', `${status}, ${next}`);
      sound += Number(isSound);
    }
  }
  assert.equal(sound, 4);
});

test('an account stands on the side of its kind', async () => {
  const debit = ['bank_guarantee', 'bank_collection', 'bank_operating'];
  const credit = [
    'wallet',
    'merchant_suspense',
    'merchant_collection',
    'merchant_payable',
    'unidentified_receipts',
    'vat_payable',
    'fees',
  ];
  for (const kind of [...debit, ...credit, 'bank_clearing', 'bank', '']) {
    for (const balance of [-1, 0, 1]) {
      const isKnown = kind !== 'bank' && kind !== '';
      const isSound =
        isKnown && (kind === 'bank_clearing' || (debit.includes(kind) ? balance <= 0 : balance >= 0));
      const refusal = await findRefusal(
        `insert into accounts (id, environment, kind, owner, balance_dong, created_at)
           values (gen_random_uuid(), 'live', $1, 'checks', $2, now())`,
        [kind, balance],
      );
      if (isSound) assert.equal(refusal, null, `${kind} ${balance}`);
      else
        assert.match(
          refusal ?? 'nothing',
          isKnown ? /balance_on_its_side$/ : /^accounts_/,
          `${kind} ${balance}`,
        );
    }
  }
});

test('a limit that is set is not negative, whichever of the three it is', async () => {
  const columns = ['limit_per_payment_dong', 'limit_daily_dong', 'limit_monthly_dong'];
  for (const set of columns.flatMap((column) => [
    [column],
    columns.filter((other) => other !== column),
    columns,
  ])) {
    for (const [value, refused] of [
      [-1, 'wallets_limits_not_negative'],
      [0, null],
      [5, null],
    ] as const) {
      const changes = columns.map(
        (column) => `${column} = ${!set.includes(column) ? 'null' : column === set[0] ? value : 7}`,
      );
      const statement = `update wallets set ${changes.join(', ')} where id = $1`;
      assert.equal(await findRefusal(statement, [walletId]), refused, statement);
    }
  }
});

test('fee and VAT are not negative and within the amount', async () => {
  for (const [fee, vat, isSound] of [
    [0, 0, true],
    [60, 40, true],
    [100, 0, true],
    [60, 41, false],
    [-1, 5, false],
    [5, -1, false],
    [-1, -1, false],
  ] as const) {
    const refusal = await findRefusal(
      `insert into transfers (id, environment, kind, debit_account_id, credit_account_id, amount_dong, fee_account_id,
         fee_dong, vat_account_id, vat_dong, reference, happened_at)
       select gen_random_uuid(), p.environment, 'payment', w.account_id, p.credit_account_id, 100, p.credit_account_id, $2,
         p.credit_account_id, $3, 'checks', now() from payments p join wallets w on w.id = p.wallet_id where p.id = $1`,
      [paymentId, fee, vat],
    );
    assert.equal(refusal, isSound ? null : 'transfers_fee_within_amount', `${fee}, ${vat}`);
  }
});

test('words that nobody knows are refused, and so are keys that are empty or too long', async () => {
  const long = 'đ'.repeat(1025);
  for (const [constraint, statement] of [
    ['orders_environment_known', `update orders set environment = 'test' where id = '${orderId}'`],
    ['orders_words_fit', `update orders set merch_txn_ref = '' where id = '${orderId}'`],
    ['orders_words_fit', `update orders set order_no = '' where id = '${orderId}'`],
    ['orders_words_fit', `update orders set merch_txn_ref = '${long}' where id = '${orderId}'`],
    ['orders_words_fit', `update orders set order_no = '${long}' where id = '${orderId}'`],
    [null, `update orders set order_no = '${long.slice(1)}' where id = '${orderId}'`],
    ['payments_environment_known', `update payments set environment = 'test' where id = '${paymentId}'`],
    ['payments_class_known', `update payments set confirmation_class = 'E' where id = '${paymentId}'`],
    [null, `update payments set confirmation_class = 'D' where id = '${paymentId}'`],
    ['wallets_environment_known', `update wallets set environment = 'test' where id = '${walletId}'`],
    ['wallets_status_known', `update wallets set status = 'lost' where id = '${walletId}'`],
    ['accounts_environment_known', `update accounts set environment = 'test' where kind = 'fees'`],
    ['accounts_status_known', `update accounts set status = 'lost' where kind = 'fees'`],
    [
      'attempt_counters_scope_known',
      `insert into attempt_counters (scope, subject, attempts, window_ends_at) values ('city', 'x', 0, now())`,
    ],
    [
      'transfers_kind_known',
      `insert into transfers (id, environment, kind, debit_account_id, credit_account_id, amount_dong, reference, happened_at)
         select gen_random_uuid(), 'sandbox', 'gift', gen_random_uuid(), gen_random_uuid(), 1, 'checks', now()`,
    ],
    [
      'transfers_environment_known',
      `insert into transfers (id, environment, kind, debit_account_id, credit_account_id, amount_dong, reference, happened_at)
         select gen_random_uuid(), 'test', 'payment', gen_random_uuid(), gen_random_uuid(), 1, 'checks', now()`,
    ],
    [
      'notification_attempts_outcome_known',
      `insert into notification_attempts (id, notification_id, attempt_no, started_at, duration_ms, method, url, request_headers, outcome)
         values (gen_random_uuid(), gen_random_uuid(), 1, now(), 1, 'POST', 'https://shop.example', '{}', 'lost')`,
    ],
  ] as const) {
    assert.equal(await findRefusal(statement), constraint, statement);
  }
});

test('every check was held against the rows that were there before it', async () => {
  const { rows } = await context.owner.pool.query(
    `select conname from pg_constraint where connamespace = 'public'::regnamespace and not convalidated`,
  );
  assert.deepEqual(rows, []);
});
