// What the database says, read in one statement, and where it differs from the model: to the dong, after every step.

import type pg from 'pg';
import { day, type Model, type ModelOrder, month, paidIn } from './model.ts';

export type BooksPayment = {
  id: string;
  status: string;
  code: string | null;
  class: string;
  finalAtMs: number | null;
  /** Transfers of its id, and how many of them move its amount from its wallet to its merchant. */
  transfers: number;
  rightTransfers: number;
  confirmation: { sentAtMs: number; validUntilMs: number; resends: number; spent: boolean } | null;
};

export type BooksOrder = {
  id: string;
  status: string;
  code: string | null;
  notifications: number;
  payments: BooksPayment[];
};

export type Books = {
  balances: Record<string, string>;
  totals: { walletId: string; period: string; dong: string }[];
  wallets: { id: string; failures: number; lockedUntilMs: number | null }[];
  orders: BooksOrder[];
  /** Of the top-ups asked for, those that are in the journal. */
  topUps: string[];
};

const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::bigint`;

const booksSql = `
select
  (select json_object_agg(id, balance_dong::text) from accounts) as balances,
  (select coalesce(json_agg(json_build_object('walletId', w.id, 'dong', t.dong::text, 'period', t.period)), '[]')
    from wallets w, lateral (values ($3::text, case when w.totals_day = $3::date then w.paid_day_dong end),
        ($4::text, case when to_char(w.totals_day, 'YYYY-MM') = $4 then w.paid_month_dong end)) t (period, dong)
    where t.dong is not null) as totals,
  (select json_agg(json_build_object('id', id, 'failures', otp_failures, 'lockedUntilMs', ${ms('otp_locked_until')}))
    from wallets) as wallets,
  (select coalesce(json_agg(id), '[]') from transfers where id = any($2::uuid[])) as "topUps",
  (select coalesce(json_agg(json_build_object('id', o.id, 'status', o.status, 'code', o.response_code,
      'notifications', (select count(*) from notifications n where n.order_id = o.id),
      'payments', (select coalesce(json_agg(json_build_object('id', p.id, 'status', p.status, 'code', p.refusal_code,
          'class', p.confirmation_class, 'finalAtMs', ${ms('p.final_at')},
          'transfers', (select count(*) from transfers t where t.id = p.id),
          'rightTransfers', (select count(*) from transfers t join wallets w on w.account_id = t.debit_account_id
            where t.id = p.id and w.id = p.wallet_id and t.credit_account_id = p.credit_account_id
              and t.amount_dong = o.amount_dong and t.fee_dong = p.fee_dong and t.vat_dong = p.vat_dong),
          'confirmation', (select json_build_object('sentAtMs', ${ms('c.sent_at')}, 'validUntilMs', ${ms('c.valid_until')},
            'resends', c.resends, 'spent', c.spent_at is not null) from confirmations c where c.payment_id = p.id))), '[]')
        from payments p where p.order_id = o.id))), '[]')
    from orders o where o.id = any($1::uuid[])) as orders`;

export async function readBooks(
  pool: pg.Pool,
  model: Model,
  orders: Iterable<ModelOrder>,
  transferIds: string[] = [],
): Promise<Books> {
  const ids = [...orders].map((order) => order.id);
  const days = [day(model.nowMs), month(model.nowMs)];
  const { rows } = await pool.query<Books>(booksSql, [ids, transferIds, ...days]);
  return rows[0] as Books;
}

/** One sentence for each difference; the balances of all accounts, the totals of today and this month, these orders. */
export function compareBooks(model: Model, books: Books, orders: Iterable<ModelOrder>): string[] {
  return [...compareBalances(model, books), ...compareWallets(model, books), ...compareOrders(books, orders)];
}

function compareBalances(model: Model, { balances }: Books): string[] {
  const { guarantee, fees, vat } = model.accounts;
  const expected = new Map([
    [guarantee, model.guaranteeDong],
    [fees, model.feesDong],
    [vat, model.vatDong],
    ...model.wallets.map((wallet) => [wallet.accountId, wallet.balanceDong] as const),
    ...model.sites.map(({ site, earnedDong }) => [site.creditAccountId, earnedDong] as const),
  ]);
  const found = Object.entries(balances).map(([id, text]) => [id, BigInt(text)] as const);
  const sumDong = found.reduce((sum, [, dong]) => sum + dong, 0n);
  return [
    ...(sumDong === 0n ? [] : [`the balances sum to ${sumDong} dong`]),
    ...found
      .filter(([id, dong]) => dong !== (expected.get(id) ?? 0n))
      .map(([id, dong]) => `account ${id} holds ${dong} dong, by the model ${expected.get(id) ?? 0n}`),
  ];
}

function compareWallets(model: Model, { totals, wallets }: Books): string[] {
  return model.wallets.flatMap((wallet) => {
    const faults: string[] = [];
    const today = day(model.nowMs);
    for (const period of [today, month(model.nowMs)]) {
      const found =
        totals.find((total) => total.walletId === wallet.id && total.period === period)?.dong ?? '0';
      const expected = paidIn(wallet, period);
      const limitDong = period === today ? wallet.limits.dailyDong : wallet.limits.monthlyDong;
      if (BigInt(found) !== expected)
        faults.push(`wallet ${wallet.phone} paid ${found} dong in ${period}, by the model ${expected}`);
      if (BigInt(found) > limitDong)
        faults.push(`wallet ${wallet.phone} paid ${found} dong in ${period}, above its limit ${limitDong}`);
    }
    const row = wallets.find(({ id }) => id === wallet.id);
    if (row?.failures !== wallet.otpFailures || row.lockedUntilMs !== wallet.otpLockedUntilMs) {
      faults.push(
        `wallet ${wallet.phone} has ${row?.failures} wrong codes and is locked until ${row?.lockedUntilMs}, ` +
          `by the model ${wallet.otpFailures} and ${wallet.otpLockedUntilMs}`,
      );
    }
    return faults;
  });
}

/** Paid, transfer, order and notification say the same, and what the model says. */
function compareOrders(books: Books, orders: Iterable<ModelOrder>): string[] {
  const expected = [...orders].map((order) => describeOrder(order));
  const found = new Map(books.orders.map((order) => [order.id, describeFound(order)]));
  return expected
    .filter(({ id, text }) => found.get(id) !== text)
    .map(({ id, text }) => `order ${id} is ${found.get(id) ?? 'not there'}, by the model ${text}`);
}

function describeOrder({ id, status, code, payments }: ModelOrder): { id: string; text: string } {
  const notified = status === 'open' ? 0 : 1;
  const parts = payments.map((payment) => {
    const { sentAtMs, resends } = payment.confirmation ?? {};
    const paid = payment.status === 'paid' ? 1 : 0;
    const code = payment.confirmation === null ? '' : ` code ${sentAtMs}/${resends}`;
    return `${payment.id} ${payment.status} ${payment.refusalCode} ${payment.finalAtMs}${code} transfers ${paid}/${paid}`;
  });
  return { id, text: [`${status} ${code} notified ${notified}`, ...parts.sort()].join('; ') };
}

function describeFound({ status, code, notifications, payments }: BooksOrder): string {
  const parts = payments.map((payment) => {
    const { sentAtMs, resends } = payment.confirmation ?? {};
    const code = payment.confirmation === null ? '' : ` code ${sentAtMs}/${resends}`;
    const { transfers, rightTransfers } = payment;
    return `${payment.id} ${payment.status} ${payment.code} ${payment.finalAtMs}${code} transfers ${transfers}/${rightTransfers}`;
  });
  return [`${status} ${code} notified ${notifications}`, ...parts.sort()].join('; ');
}
