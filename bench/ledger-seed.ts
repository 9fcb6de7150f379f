// Fills a database for the ledger's benchmark, in bulk and as the owner, consistently: every balance has its
// journal rows. The rights on the journal do not matter here; the measured work later runs as the running
// role.

import { openSystemAccounts } from '../src/books/ledger/index.ts';
import type { Database } from '../src/ground/database/index.ts';

export const environment = 'sandbox';
/** Of every payment here: small enough that a buyer can make thousands without a code. */
export const amountDong = 1_000n;
export const feeDong = 10n;
export const vatDong = 1n;
const toppedUpDong = 50_000_000;
const rowsPerStatement = 250_000;

/** System accounts, wallets with money in them, merchants with a site each. */
export async function seedBooks(owner: Database, counts: { buyers: number; merchants: number }) {
  await openSystemAccounts(owner, environment, new Date());
  await owner.pool.query(
    `with site as (select uuidv7() as merchant_id, uuidv7() as account_id, 'bench_' || n as code from generate_series(1, $1::int) n),
       account as (insert into accounts (id, environment, kind, owner, created_at)
         select account_id, '${environment}', 'merchant_suspense', code, now() from site),
       merchant as (insert into merchants (id, environment, name, created_at)
         select merchant_id, '${environment}', code, now() from site)
     insert into merchant_sites (merchant_site, merchant_id, environment, name, protocol, access_code, notify_url,
         credit_account_id, fee_rate_ppm, vat_rate_ppm, created_at)
       select code, merchant_id, '${environment}', code, 'rest', code, 'https://shop.example/notify',
         account_id, 10000, 100000, now() from site`,
    [counts.merchants],
  );
  await owner.pool.query(
    `with holder as (select uuidv7() as id, uuidv7() as account_id, n from generate_series(1, $1::int) n),
       account as (insert into accounts (id, environment, kind, owner, balance_dong, created_at)
         select account_id, '${environment}', 'wallet', id::text, ${toppedUpDong}, now() from holder),
       guarantee as (update accounts set balance_dong = balance_dong - ${toppedUpDong}::bigint * $1::int
         where environment = '${environment}' and kind = 'bank_guarantee' returning id),
       top_up as (insert into transfers (id, environment, kind, debit_account_id, credit_account_id, amount_dong, reference, happened_at)
         select uuidv7(), '${environment}', 'top_up', guarantee.id, account_id, ${toppedUpDong}, 'benchmark', now() from holder, guarantee)
     insert into wallets (id, environment, phone, holder_name, identified, account_id, pin_hash, pin_changed_at, created_at)
       select id, '${environment}', '09' || lpad(n::text, 8, '0'), 'Nguyễn Thị An', true, account_id, 'none', now(), now() from holder`,
    [counts.buyers],
  );
  await owner.pool.query('vacuum analyze');
}

/** Orders with a started payment each, from many buyers, to the first `merchants` sites in turns; the payments' ids. */
export async function seedPayments(
  owner: Database,
  { count, merchants }: { count: number; merchants: number },
): Promise<string[]> {
  const { rows } = await owner.pool.query<{ id: string }>(
    `with wallet as (select id, row_number() over (order by id) - 1 as n from wallets),
       site as (select merchant_site, credit_account_id, row_number() over (order by created_at, merchant_site) - 1 as n
         from merchant_sites order by created_at, merchant_site limit $2),
       made as (select uuidv7() as order_id, uuidv7() as payment_id, n from generate_series(1, $1::int) n),
       ordered as (insert into orders (id, environment, merchant_site, protocol, merch_txn_ref, order_no, amount_dong,
           description, return_url, locale, received, content_hash, created_at, expires_at)
         select order_id, '${environment}', merchant_site, 'rest', order_id::text, 'DH-' || made.n, ${amountDong}, 'Hoa hồng, 20 bông',
           'https://shop.example/return', 'vi', jsonb_build_object('merch_txn_ref', order_id, 'order_no', 'DH-' || made.n,
             'amount', '${amountDong}', 'currency', 'VND', 'description', 'Hoa hồng, 20 bông',
             'return_url', 'https://shop.example/return', 'locale', 'vi'),
           sha256(order_id::text::bytea), now(), now() + interval '1 day'
         from made join site on site.n = made.n % $2 order by made.n)
     insert into payments (id, order_id, environment, wallet_id, amount_dong, fee_dong, vat_dong, credit_account_id,
         confirmation_class, created_at)
       select payment_id, order_id, '${environment}', wallet.id, ${amountDong}, ${feeDong}, ${vatDong}, credit_account_id, 'A', now()
       from made join site on site.n = made.n % $2 join wallet on wallet.n = (made.n * 7919) % (select count(*) from wallets)
       order by made.n
     returning id`,
    [count, merchants],
  );
  for (const name of ['orders', 'payments', 'notifications', 'wallets', 'transfers']) {
    await owner.pool.query(`analyze ${name}`);
  }
  return rows.map(({ id }) => id);
}

/** Payments of former days in the journal and the balances, half of them to one merchant, until there are `target`. */
export async function seedHistory(owner: Database, target: number, say: (line: string) => void) {
  const found = await owner.pool.query<{ buyers: string[]; merchants: string[]; fee: string; vat: string }>(
    `select array_agg(id) filter (where kind = 'wallet') as buyers,
       array_agg(id order by id) filter (where kind = 'merchant_suspense') as merchants,
       min(id::text) filter (where kind = 'fees') as fee, min(id::text) filter (where kind = 'vat_payable') as vat
     from accounts where environment = '${environment}'`,
  );
  const { buyers, merchants, fee, vat } = found.rows[0] ?? {};
  for (let held = await countPayments(owner); held < target; ) {
    const count = Math.min(rowsPerStatement, target - held);
    await owner.pool.query(
      `with made as (select uuidv7(interval '-30 days') as id, n from generate_series(1, $1::int) n),
         posted as (insert into transfers (id, environment, kind, debit_account_id, credit_account_id, amount_dong,
             fee_account_id, fee_dong, vat_account_id, vat_dong, reference, happened_at)
           select id, '${environment}', 'payment', ($2::uuid[])[1 + floor(random() * cardinality($2::uuid[]))::int],
             ($3::uuid[])[1 + (n % 2) * floor(random() * cardinality($3::uuid[]))::int], ${amountDong},
             $4::uuid, ${feeDong}, $5::uuid, ${vatDong}, 'pay_' || replace(id::text, '-', ''), now() - interval '30 days'
           from made returning *),
         line (account_id, dong) as (
           select debit_account_id, -amount_dong from posted
           union all select credit_account_id, amount_dong - fee_dong - vat_dong from posted
           union all select fee_account_id, fee_dong from posted
           union all select vat_account_id, vat_dong from posted),
         change as (select account_id, sum(dong)::bigint as dong from line group by account_id)
       update accounts a set balance_dong = a.balance_dong + change.dong from change where a.id = change.account_id`,
      [count, buyers, merchants, fee, vat],
    );
    held += count;
    say(`${held} payments in the journal`);
  }
  await owner.pool.query('vacuum analyze');
}

/** Payments in the journal. */
export async function countPayments(db: Database): Promise<number> {
  const { rows } = await db.pool.query<{ count: number }>(
    `select count(*)::int as count from transfers where kind = 'payment'`,
  );
  return rows[0]?.count ?? 0;
}
