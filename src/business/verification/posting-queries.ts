// All SQL by which payments, orders and totals are held against the journal: pages in the order of their ids, each
// in a statement of its own. A posting writes all of it in one commit, so one snapshot shows all of it or nothing.

import { type RawBuilder, sql } from 'kysely';
import {
  type JournalRows,
  type LedgerFault,
  type LedgerFaultName,
  whereRows,
} from '../../books/ledger/index.ts';
import type { DbOrTx } from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';

/** What differs between a payment `p` with its wallet `w` and its transfer `t`; null: nothing. */
const difference = sql`nullif(concat_ws(', ',
  case when t.environment <> p.environment then 'environment' end,
  case when t.amount_dong <> p.amount_dong then 'amount ' || p.amount_dong || ' and ' || t.amount_dong end,
  case when t.fee_dong <> p.fee_dong then 'fee ' || p.fee_dong || ' and ' || t.fee_dong end,
  case when t.vat_dong <> p.vat_dong then 'VAT ' || p.vat_dong || ' and ' || t.vat_dong end,
  case when t.debit_account_id is distinct from w.account_id then 'wallet account' end,
  case when t.credit_account_id <> p.credit_account_id then 'credited account' end), '')`;

type Row = { id: string; environment: Environment; fault: LedgerFaultName; more: string | null };

/** Postings of payments that do not agree with their payment. */
export async function selectFaultyPostings(db: DbOrTx, given: JournalRows): Promise<LedgerFault[]> {
  const { rows } = await sql<Row>`
    select * from (
      select t.id, t.environment,
        case
          when o.id is not null then 'payment_posted_twice'
          when p.status is distinct from 'paid' then 'transfer_without_paid_payment'
          when ${difference} is not null then 'payment_differs_from_transfer'
        end as fault,
        case
          when o.id is not null then 'its reference is that of payment ' || o.id
          when p.id is null then 'there is no such payment'
          when p.status <> 'paid' then 'the payment is ' || p.status
          else ${difference}
        end as more
      from transfers t
      left join payments p on p.id = t.id
      left join wallets w on w.id = p.wallet_id
      -- The reference names the payment that moved the money. If it names another payment, that one was
      -- posted twice.
      left join transfers o on o.kind = 'payment' and o.id <> t.id and o.id = (case
        when t.reference ~ '^pay_[0-9a-f]{32}$' then substr(t.reference, 5) end)::uuid
      where t.kind = 'payment' and ${whereRows(given)}) judged
    where fault is not null`.execute(db);
  return rows.map((row) => ({ ...named(row), detail: `transfer ${row.id}: ${row.more}` }));
}

const named = ({ id, environment, fault }: Row) => ({ fault, environment, subject: id });

export type Page = {
  count: number;
  lastId: string | null;
  /** Those that are not final yet, or not right: the next verification has to look at them again. */
  unsettled: string[];
  wrong: Row[];
};

/** A page in the order of the ids, or rows by their ids. */
export type PageOf = { after: string; limit: number } | { ids: readonly string[] };

/** The rows of a page, as a subselect of that table. */
function rowsOf(table: 'payments' | 'orders', page: PageOf): RawBuilder<unknown> {
  return 'ids' in page
    ? sql`(select * from ${sql.table(table)} where id = any(${page.ids}::uuid[]) order by id)`
    : sql`(select * from ${sql.table(table)} where id > ${page.after}::uuid order by id limit ${page.limit})`;
}

/**
 * A page of a table whose rows are judged one by one. `judged` selects id, environment, is_final, fault (null: right)
 * and more, in the order of the ids.
 */
async function readPage(db: DbOrTx, judged: RawBuilder<unknown>): Promise<Page> {
  const { rows } = await sql<Page>`
    with judged as materialized (${judged})
    select count(*)::int as count, max(j.id::text collate "C") as "lastId",
      coalesce(array_agg(j.id::text order by j.id) filter (where not j.is_final or j.fault is not null), '{}') as unsettled,
      coalesce(json_agg(json_build_object('id', j.id, 'environment', j.environment, 'fault', j.fault, 'more', j.more)
        order by j.id) filter (where j.fault is not null), '[]') as wrong
    from judged j`.execute(db);
  return rows[0] ?? { count: 0, lastId: null, unsettled: [], wrong: [] };
}

export function readPaymentsPage(db: DbOrTx, page: PageOf): Promise<Page> {
  return readPage(
    db,
    sql`
    select p.id, p.environment, p.status not in ('started', 'confirming') as is_final,
      case
        when p.status = 'paid' and t.id is null then 'paid_payment_without_transfer'
        when p.status <> 'paid' and t.id is not null then 'transfer_without_paid_payment'
        when p.status = 'paid' and ${difference} is not null then 'payment_differs_from_transfer'
        when o.id is null or w.id is null or o.environment <> p.environment or w.environment <> p.environment
          then 'payment_crosses_environments'
        when p.status = 'paid' and (o.status <> 'paid' or o.result_payment_id is distinct from p.id
          or o.transaction_no is distinct from p.transaction_no::text or o.amount_dong <> p.amount_dong)
          then 'paid_payment_without_paid_order'
      end as fault,
      case
        when p.status <> 'paid' and t.id is not null then 'the payment is ' || p.status
        when p.status = 'paid' and ${difference} is not null then ${difference}
        else 'order ' || p.order_id || ', wallet ' || p.wallet_id
      end as more
    from ${rowsOf('payments', page)} p
    left join transfers t on t.id = p.id and t.kind = 'payment'
    left join wallets w on w.id = p.wallet_id
    left join orders o on o.id = p.order_id`,
  );
}

export function readOrdersPage(db: DbOrTx, page: PageOf): Promise<Page> {
  return readPage(
    db,
    sql`
    select o.id, o.environment, o.status <> 'open' as is_final,
      case
        when o.status = 'paid' and (p.status is distinct from 'paid' or p.order_id <> o.id)
          then 'paid_order_without_paid_payment'
        when o.status = 'paid' and n.id is null then 'paid_order_without_notification'
      end as fault,
      coalesce('payment ' || o.result_payment_id || ' is ' || p.status, 'no payment') as more
    from ${rowsOf('orders', page)} o
    left join payments p on p.id = o.result_payment_id
    left join notifications n on n.order_id = o.id`,
  );
}

export type TotalsPage = {
  count: number;
  lastId: string | null;
  wrong: {
    id: string;
    environment: Environment;
    period: string;
    start: string;
    totalDong: string;
    paidDong: string;
  }[];
};

/**
 * A page of wallets: the totals they carry, of their last day and its month in GMT+7, beside what they paid then and
 * since. With `since` (a day), only wallets whose last day is then or later.
 */
export async function readTotalsPage(
  db: DbOrTx,
  page: { after: string; limit: number; since: string | null },
): Promise<TotalsPage> {
  const { rows } = await sql<TotalsPage>`
    with page as materialized (
      select w.id, w.environment, coalesce(w.totals_day, '-infinity'::date) as day, w.paid_day_dong, w.paid_month_dong,
        case when w.totals_day is null then '-infinity'::date else date_trunc('month', w.totals_day)::date end as month
      from wallets w
      where w.id > ${page.after}::uuid and (${page.since}::date is null or w.totals_day >= ${page.since}::date)
      order by w.id limit ${page.limit}),
    paid as materialized (
      select g.id, sum(p.amount_dong) filter (where p.final_at >= g.day::timestamp at time zone 'Asia/Ho_Chi_Minh') as day_dong,
        sum(p.amount_dong) as month_dong
      from page g join payments p on p.wallet_id = g.id and p.status = 'paid'
        and p.final_at >= g.month::timestamp at time zone 'Asia/Ho_Chi_Minh'
      group by g.id),
    compared as (
      select g.id, g.environment, t.period, t.period_start, t.total_dong, t.paid_dong
      from page g left join paid p using (id),
        lateral (values ('day', g.day, g.paid_day_dong, coalesce(p.day_dong, 0)),
          ('month', g.month, g.paid_month_dong, coalesce(p.month_dong, 0))) t (period, period_start, total_dong, paid_dong)
      where t.total_dong <> t.paid_dong)
    select (select count(*)::int from page) as count, (select max(id::text collate "C") from page) as "lastId",
      coalesce(json_agg(json_build_object('id', c.id, 'environment', c.environment, 'period', c.period,
        'start', c.period_start, 'totalDong', c.total_dong::text, 'paidDong', c.paid_dong::text)
        order by c.id, c.period, c.period_start), '[]') as wrong
    from compared c`.execute(db);
  return rows[0] ?? { count: 0, lastId: null, wrong: [] };
}
