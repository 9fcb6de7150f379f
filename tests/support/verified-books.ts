// Right books for the tests of verification, and the hand that plants faults in them.

import assert from 'node:assert/strict';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Transfer } from '../../src/books/ledger/index.ts';
import { confirmPayment } from '../../src/business/payments/index.ts';
import {
  type Verification,
  type VerifyOptions,
  verifyLedger,
} from '../../src/business/verification/index.ts';
import type { Wallet } from '../../src/business/wallets/index.ts';
import {
  createTestContext,
  givenOrder,
  givenPayment,
  givenSite,
  givenWallet,
  type TestContext,
} from './context.ts';

export type Books = { context: TestContext; an: Wallet; binh: Wallet; paymentId: string; orderId: string };

/** Two wallets have paid twice each, on two days; the clock is past every id. */
export async function givenBooks(): Promise<Books> {
  const context = await createTestContext();
  const { site } = await givenSite(context, { notifyUrl: 'http://127.0.0.1:9/webhook' });
  const [an, binh] = [await givenWallet(context), await givenWallet(context, { balanceDong: 3_000_000n })];
  const paid: { paymentId: string; orderId: string }[] = [];
  for (const wallet of [an, binh, an, binh]) {
    const order = await givenOrder(context, site);
    const payment = await givenPayment(context, { order, wallet });
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

export async function asOwner(context: TestContext, text: string, values: unknown[] = []): Promise<void> {
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

export const verify = (context: TestContext, options: VerifyOptions = {}) =>
  verifyLedger(context, { rest: 0, ...options });

/** `name subject` of each fault. */
export const found = ({ faults }: Verification) =>
  faults.map(({ fault, subject }) => `${fault} ${subject}`).sort();

export function assertFound(verification: Verification, ...expected: string[]): void {
  const names = found(verification);
  for (const each of expected) {
    assert.ok(
      names.some((name) => name === each || name.startsWith(`${each} `)),
      `${each} was not found, but ${names.join(', ')}`,
    );
  }
  assert.ok(verification.faultCount >= BigInt(expected.length));
}

export async function withBooks(work: (books: Books) => Promise<void>): Promise<void> {
  const books = await givenBooks();
  try {
    await work(books);
  } finally {
    await books.context.drop();
  }
}

export const accountOf = (kind: string) =>
  `(select id from accounts where environment = 'sandbox' and kind = '${kind}' limit 1)`;

export const between = (context: TestContext, from: Wallet, to: Wallet): Transfer => ({
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
