// What must be true of every database at rest, whatever happened before: the books are right, and order, payment,
// transfer and notification say the same. Each finding is one sentence.

import { sql } from 'kysely';
import { checkBooks } from '../../src/books/ledger/index.ts';
import type { DbOrTx } from '../../src/ground/database/index.ts';

/** Empty: nothing is wrong. */
export async function findViolations(db: DbOrTx): Promise<string[]> {
  const books = await checkBooks(db);
  return [
    ...books.map(({ fault, detail }) => `books: ${fault}, ${detail}`),
    ...(await findOrderViolations(db)),
    ...(await findPaymentViolations(db)),
    ...(await findTotalsViolations(db)),
  ];
}

/** A paid order has one paid payment, a final one has one notification and nothing under way. */
async function findOrderViolations(db: DbOrTx): Promise<string[]> {
  const { rows } = await sql<{ violation: string }>`
    select format('order %s is %s with %s paid payments, %s under way, %s notifications, result of payment %s',
      o.id, o.status, n.paid, n.live, n.notifications, o.result_payment_id) as violation
    from orders o
    cross join lateral (select
      (select count(*) from payments p where p.order_id = o.id and p.status = 'paid') as paid,
      (select count(*) from payments p where p.order_id = o.id and p.status in ('started', 'confirming')) as live,
      (select count(*) from notifications where order_id = o.id) as notifications) n
    where n.paid <> (o.status = 'paid')::int
      or n.notifications <> (o.status <> 'open')::int
      or (o.status <> 'open' and n.live > 0)
      or (o.status = 'paid' and not exists (select from payments p where p.id = o.result_payment_id
        and p.status = 'paid' and p.order_id = o.id and p.transaction_no::text = o.transaction_no))
    order by o.id limit 20`.execute(db);
  return rows.map((row) => row.violation);
}

/** A paid payment is one transfer of its amount from its wallet, and every payment transfer is a paid payment. */
async function findPaymentViolations(db: DbOrTx): Promise<string[]> {
  const { rows } = await sql<{ violation: string }>`
    select format('payment %s is %s with %s transfers of its amount', p.id, p.status, n.transfers) as violation
    from payments p
    join wallets w on w.id = p.wallet_id
    cross join lateral (select count(*) as transfers from transfers t
      where t.kind = 'payment' and t.reference = 'pay_' || replace(p.id::text, '-', '')
        and t.debit_account_id = w.account_id and t.amount_dong = p.amount_dong) n
    where n.transfers <> (p.status = 'paid')::int
    union all
    select format('transfer %s (%s) belongs to no payment', t.id, t.reference)
    from transfers t where t.kind = 'payment' and not exists (
      select from payments p where t.reference = 'pay_' || replace(p.id::text, '-', ''))
    union all
    select format('payment %s was paid by code and its code is not spent', p.id)
    from payments p join confirmations c on c.payment_id = p.id
    where p.status = 'paid' and p.confirmation_class = 'B' and c.spent_at is null
    limit 20`.execute(db);
  return rows.map((row) => row.violation);
}

/** A wallet's last day is the sum of what it paid that day in Vietnam; no day is above its own limit. */
async function findTotalsViolations(db: DbOrTx): Promise<string[]> {
  const { rows } = await sql<{ violation: string }>`
    with paid as (
      select wallet_id, (final_at at time zone 'Asia/Ho_Chi_Minh')::date as day, sum(amount_dong) as paid_dong
      from payments where status = 'paid' group by 1, 2),
    totals as (select id as wallet_id, totals_day as day, paid_day_dong as paid_dong from wallets where totals_day is not null)
    select format('wallet %s: total of %s is %s dong, paid %s, limit %s', w.id, day, t.paid_dong, p.paid_dong,
      w.limit_daily_dong) as violation
    from paid p full join totals t using (wallet_id, day) join wallets w on w.id = wallet_id
    where (coalesce(w.totals_day <= day, true) and coalesce(t.paid_dong, 0) <> coalesce(p.paid_dong, 0)) or p.paid_dong > w.limit_daily_dong
    limit 20`.execute(db);
  return rows.map((row) => row.violation);
}
