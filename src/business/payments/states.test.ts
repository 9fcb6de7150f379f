// States move only as the state machine allows, in the database too. Each move is tried by the owner of the
// tables, whom no grant stops.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { uuidv7 } from 'uuidv7';
import {
  createTestContext,
  givenOrder,
  givenPayment,
  givenSite,
  givenWallet,
  type TestContext,
} from '../../../tests/support/context.ts';
import { inTransaction } from '../../ground/database/index.ts';
import type { MerchantSite } from '../merchants/index.ts';
import type { Wallet } from '../wallets/index.ts';
import { abandonPayment, findPayment } from './index.ts';
import { assertMove, type PaymentStatus } from './payment.ts';
import { updatePaymentCancelled, updatePaymentConfirming, updatePaymentRefused } from './payment-queries.ts';

let context: TestContext;
let site: MerchantSite;
let wallet: Wallet;

before(async () => {
  context = await createTestContext();
  ({ site } = await givenSite(context));
  wallet = await givenWallet(context);
});
after(() => context.drop());

const asOwner = (statement: string, values: unknown[] = []) => context.owner.pool.query(statement, values);
const forbidden = { code: '23514', message: /^move_forbidden/ };

async function givenStarted(): Promise<{ orderId: string; paymentId: string }> {
  const order = await givenOrder(context, site);
  const payment = await givenPayment(context, { order, wallet });
  return { orderId: order.id, paymentId: payment.id };
}

const payments: PaymentStatus[] = ['started', 'confirming', 'paid', 'refused', 'cancelled', 'expired'];
const setPayment = (id: string, status: PaymentStatus) =>
  asOwner(
    `update payments set status = $2, final_at = case when $2 in ('started', 'confirming') then null else created_at end,
       refusal_code = case when $2 = 'refused' then '51' end where id = $1`,
    [id, status],
  );

function isAllowed(from: PaymentStatus, to: PaymentStatus): boolean {
  if (from === to) return true;
  try {
    assertMove(from, to);
    return true;
  } catch {
    return false;
  }
}

test('of the thirty-six moves of a payment the database allows those that the state machine does', async () => {
  for (const from of payments) {
    for (const to of payments) {
      const { paymentId } = await givenStarted();
      if (from !== 'started') await setPayment(paymentId, from);
      const move = setPayment(paymentId, to);
      if (isAllowed(from, to)) await move;
      else await assert.rejects(move, forbidden, `${from} to ${to}`);
    }
  }
});

const orders = ['open', 'paid', 'failed', 'cancelled', 'expired'] as const;
const codes = { open: null, paid: '00', failed: '51', cancelled: '24', expired: '11' };
const setOrder = (id: string, status: (typeof orders)[number]) =>
  asOwner(
    `update orders set status = $2, response_code = $3, final_at = case when $2 = 'open' then null else created_at end
     where id = $1`,
    [id, status, codes[status]],
  );

test('an order leaves open once, and no result becomes another', async () => {
  for (const from of orders) {
    for (const to of orders) {
      const { id } = await givenOrder(context, site);
      if (from !== 'open') await setOrder(id, from);
      const move = setOrder(id, to);
      if (from === 'open' || from === to) await move;
      else await assert.rejects(move, forbidden, `${from} to ${to}`);
    }
  }
});

test('neither is born in a state that has to be reached', async () => {
  const { orderId, paymentId } = await givenStarted();
  const copy = (table: string, id: string, changes: string) =>
    asOwner(
      `insert into ${table} select (jsonb_populate_record(t, jsonb_build_object('id', $2::uuid) || ${changes})).* from ${table} t where id = $1`,
      [id, uuidv7()],
    );
  await assert.rejects(
    copy(
      'orders',
      orderId,
      `'{"merch_txn_ref": "born", "status": "paid", "response_code": "00", "final_at": "2026-01-01"}'`,
    ),
    forbidden,
  );
  for (const status of payments.filter((status) => status !== 'started' && status !== 'refused')) {
    const final = status === 'confirming' ? 'null' : '"2026-01-01"';
    const born = asOwner(
      `insert into payments (id, order_id, environment, wallet_id, status, amount_dong, fee_dong, vat_dong, credit_account_id,
         confirmation_class, created_at, final_at)
       select $2, order_id, environment, wallet_id, $3, amount_dong, fee_dong, vat_dong, credit_account_id, 'A', created_at,
         ($4::jsonb #>> '{}')::timestamptz from payments where id = $1`,
      [paymentId, uuidv7(), status, final],
    );
    await assert.rejects(born, forbidden, status);
  }
});

test('what was agreed never changes, not of an open order and not of a final one', async () => {
  const { orderId, paymentId } = await givenStarted();
  const other = await givenStarted();
  const richer = await givenWallet(context);
  const unpaid = await givenOrder(context, site);
  const elsewhere = await givenSite(context);
  const attempts = [
    `update orders set amount_dong = amount_dong + 1 where id = '${orderId}'`,
    `update orders set merch_txn_ref = 'another' where id = '${orderId}'`,
    `update orders set environment = 'live' where id = '${orderId}'`,
    `update orders set id = gen_random_uuid() where id = '${unpaid.id}'`,
    `update orders set merchant_site = '${elsewhere.site.merchantSite}' where id = '${orderId}'`,
    `update payments set amount_dong = amount_dong + 1 where id = '${paymentId}'`,
    `update payments set fee_dong = 0 where id = '${paymentId}'`,
    `update payments set vat_dong = vat_dong + 1 where id = '${paymentId}'`,
    `update payments set wallet_id = '${richer.id}' where id = '${paymentId}'`,
    `update payments set order_id = '${other.orderId}' where id = '${paymentId}'`,
    `update payments set credit_account_id = '${richer.accountId}' where id = '${paymentId}'`,
    `update payments set id = gen_random_uuid() where id = '${paymentId}'`,
    `update payments set environment = 'live' where id = '${paymentId}'`,
    // With what a posting sets beside it.
    `update payments set status = 'paid', final_at = created_at, amount_dong = 1 where id = '${paymentId}'`,
    `update orders set status = 'paid', response_code = '00', final_at = created_at, amount_dong = 1 where id = '${orderId}'`,
  ];
  for (const state of ['under way', 'final']) {
    if (state === 'final') {
      await setPayment(paymentId, 'paid');
      await setOrder(orderId, 'paid');
      attempts.push(
        `update orders set response_code = '07' where id = '${orderId}'`,
        `update orders set final_at = final_at + interval '1 second' where id = '${orderId}'`,
        `update orders set result_payment_id = '${paymentId}' where id = '${orderId}'`,
        `update orders set transaction_no = '1' where id = '${orderId}'`,
        `update payments set confirmation_class = 'B' where id = '${paymentId}'`,
        `update payments set final_at = final_at + interval '1 second' where id = '${paymentId}'`,
      );
    }
    for (const attempt of attempts) await assert.rejects(asOwner(attempt), forbidden, `${state}: ${attempt}`);
  }
});

test('a revoked key stays revoked, and an end that is set comes no later', async () => {
  await asOwner(`update site_keys set status = 'retiring', expires_at = created_at + interval '1 day'`);
  await assert.rejects(asOwner(`update site_keys set status = 'active'`), forbidden);
  await assert.rejects(asOwner('update site_keys set expires_at = null'), forbidden);
  await assert.rejects(asOwner(`update site_keys set expires_at = expires_at + interval '1 day'`), forbidden);
  await asOwner(`update site_keys set status = 'revoked', expires_at = created_at`);
  await assert.rejects(asOwner(`update site_keys set status = 'retiring'`), forbidden);
});

test('each use case that moves a payment finds it under way, or fails and moves nothing', async () => {
  const { paymentId } = await givenStarted();
  const now = context.clock.now();
  await abandonPayment(context, paymentId);
  for (const move of [
    (tx: Parameters<typeof updatePaymentCancelled>[0]) => updatePaymentCancelled(tx, paymentId, now),
    (tx: Parameters<typeof updatePaymentCancelled>[0]) => updatePaymentConfirming(tx, paymentId, 'B', now),
    (tx: Parameters<typeof updatePaymentCancelled>[0]) =>
      updatePaymentRefused(tx, paymentId, { code: '51', detail: null }, now),
  ]) {
    await assert.rejects(inTransaction(context.db, move), /was not under way/);
  }
  await abandonPayment(context, paymentId);
  assert.equal((await findPayment(context.db, paymentId))?.status, 'cancelled');
});
