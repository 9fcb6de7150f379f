// All that is known of a payment, read in one statement: its order, the payer's wallet with the money in it,
// the code that was sent. A reading without a lock only decides what the buyer is shown; the posting decides
// again.

import { type RawBuilder, sql } from 'kysely';
import { balanceColumns } from '../../books/ledger/index.ts';
import { type DbOrTx, rowReader, selectList, type Tx } from '../../ground/database/index.ts';
import { type MerchantSite, type SiteRow, siteColumns, toSite } from '../merchants/index.ts';
import { type Order, orderColumns, toOrder } from '../orders/index.ts';
import { type PaidTotals, paidTotalsColumns, type Wallet, walletColumns } from '../wallets/index.ts';
import type { Payment } from './payment.ts';
import { type Confirmation, confirmationColumns, paymentColumns } from './payment-queries.ts';

export type PaymentRecord = {
  order: Order;
  /** Null: none yet. */
  payment: Payment | null;
  /** The payer's; null: nobody has signed in. */
  payer: Payer | null;
  /** The code that was sent; null: none. */
  confirmation: Confirmation | null;
};

/** A wallet with what it has paid and what is in it. */
export type Payer = { wallet: Wallet; paid: PaidTotals; balanceDong: bigint };

/** Of orders as `o`, payments as `p`, wallets as `w`, their accounts as `a`, confirmations as `c`. */
export const recordList: RawBuilder<unknown> = sql.join([
  selectList(orderColumns, { from: 'o', as: 'order' }),
  selectList(paymentColumns, { from: 'p', as: 'payment' }),
  selectList(walletColumns, { from: 'w', as: 'wallet' }),
  selectList(paidTotalsColumns, { from: 'w', as: 'wallet' }),
  selectList(balanceColumns, { from: 'a', as: 'wallet' }),
  selectList(confirmationColumns, { from: 'c', as: 'confirmation' }),
]);

const siteList = selectList(siteColumns, { from: 's', as: 'site' });

/** To be appended to `from orders o …` once `p` is there: the wallet of this id, its account, the payment's code. */
export function joinPayer(walletId: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    left join wallets w on w.id = ${walletId}
    left join accounts a on a.id = w.account_id
    left join confirmations c on c.payment_id = p.id`;
}

const readOrder = rowReader(orderColumns, { as: 'order', key: 'id' });
const readPayment = rowReader(paymentColumns, { as: 'payment', key: 'id' });
const readWallet = rowReader(walletColumns, { as: 'wallet', key: 'id' });
const readPaid = rowReader(paidTotalsColumns, { as: 'wallet', key: 'paidDayDong' });
const readBalance = rowReader(balanceColumns, { as: 'wallet', key: 'balanceDong' });
const readConfirmation = rowReader(confirmationColumns, { as: 'confirmation', key: 'paymentId' });
const readSite = rowReader<SiteRow>(siteColumns, { as: 'site', key: 'merchantSite' });

export function toRecord(row: Record<string, unknown>): PaymentRecord {
  const order = readOrder(row);
  if (!order) throw new Error('a payment was read without its order');
  const wallet = readWallet(row);
  const paid = readPaid(row);
  const balance = readBalance(row);
  return {
    order: toOrder(order),
    payment: readPayment(row),
    payer: wallet && paid && balance && { wallet, paid, ...balance },
    confirmation: readConfirmation(row),
  };
}

export type Attempted = PaymentRecord & { payment: Payment; payer: Payer };

export async function getAttempted(db: DbOrTx, paymentId: string): Promise<Attempted> {
  const { rows } = await sql<Record<string, unknown>>`
    select ${recordList} from payments p join orders o on o.id = p.order_id ${joinPayer(sql`p.wallet_id`)}
    where p.id = ${paymentId}`.execute(db);
  const record = rows[0] && toRecord(rows[0]);
  if (!record?.payment || !record.payer) throw new Error(`payment ${paymentId} does not exist`);
  return { ...record, payment: record.payment, payer: record.payer };
}

/**
 * The same with the payment's row locked. It takes two statements, so that the second reads what is true
 * after the lock is taken.
 */
export async function lockAttempted(tx: Tx, paymentId: string): Promise<Attempted> {
  const [, attempted] = await Promise.all([
    sql`select from payments where id = ${paymentId} for no key update`.execute(tx),
    getAttempted(tx, paymentId),
  ]);
  return attempted;
}

/** Locks the order that this wallet is about to pay. The site is read from its table, not from memory. */
export async function lockForStart(
  tx: Tx,
  input: { orderId: string; walletId: string },
): Promise<{ order: Order; payer: Payer; site: MerchantSite }> {
  const { rows } = await sql<Record<string, unknown>>`
    select ${recordList}, ${siteList}
    from orders o
    join merchant_sites s on s.merchant_site = o.merchant_site
    join merchants m on m.id = s.merchant_id
    left join payments p on false
    ${joinPayer(sql`${input.walletId}::uuid`)}
    where o.id = ${input.orderId} for no key update of o`.execute(tx);
  const [row] = rows;
  if (!row) throw new Error(`order ${input.orderId} does not exist`);
  const { order, payer } = toRecord(row);
  const site = readSite(row);
  if (!payer || !site)
    throw new Error(`wallet ${input.walletId} or the site of ${order.publicId} does not exist`);
  return { order, payer, site: toSite(site) };
}
