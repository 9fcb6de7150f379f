// A journal of many rows, and payments that wait to be posted: by SQL, with the owner's hand.

import type pg from 'pg';
import type { MerchantSite } from '../../src/business/merchants/index.ts';
import type { Wallet } from '../../src/business/wallets/index.ts';

/**
 * `rows` transfers between so many sandbox accounts, each account with the balance they make; adjustments of a transfer
 * that is there, from before there were seals.
 */
export async function seedJournal(owner: pg.Pool, seed: { rows: number; accounts: number }): Promise<void> {
  await owner.query(
    `insert into accounts (id, environment, kind, owner, created_at)
     select gen_random_uuid(), 'sandbox', 'bank_clearing', 'seed ' || n, now() from generate_series(1, $1) n`,
    [seed.accounts],
  );
  await owner.query(
    `with ids as (select array_agg(id order by id) as id from accounts where owner like 'seed %')
     insert into transfers (id, environment, kind, debit_account_id, credit_account_id, amount_dong,
       linked_transfer_id, reference, happened_at)
     select gen_random_uuid(), 'sandbox', 'adjustment', id[1 + n % $2], id[1 + (n + 1 + n / $2 % ($2 - 1)) % $2],
       1 + n % 1000, (select id from transfers order by journal_no limit 1), 'seed', now()
     from ids, generate_series(1, $1::int) n`,
    [seed.rows, seed.accounts],
  );
  await owner.query(
    `update accounts a set balance_dong = s.sum_dong
     from (select account_id, sum(change_dong) as sum_dong from ledger_entries group by account_id) s
     where s.account_id = a.id and a.owner like 'seed %'`,
  );
  await owner.query(`
    alter table transfer_seals_begin disable trigger user;
    update transfer_seals_begin set journal_no = (select max(journal_no) from transfers);
    alter table transfer_seals_begin enable trigger user`);
  await owner.query('analyze');
}

/** Started payments of 100 ₫ that may be confirmed by the PIN alone; returns their ids. */
export async function seedPayments(
  owner: pg.Pool,
  { site, wallets, count }: { site: MerchantSite; wallets: Wallet[]; count: number },
): Promise<string[]> {
  await owner.query(
    `insert into orders (id, environment, merchant_site, protocol, merch_txn_ref, order_no, amount_dong, description,
       return_url, locale, received, content_hash, created_at, expires_at)
     select gen_random_uuid(), 'sandbox', $1, 'rest', 'L' || n, 'L' || n, 100, 'x', 'https://shop.example/', 'vi', '{}', '',
       '2026-11-23', '2026-12-23' from generate_series(1, $2::int) n`,
    [site.merchantSite, count],
  );
  const { rows } = await owner.query<{ id: string }>(
    `insert into payments (id, order_id, environment, wallet_id, amount_dong, fee_dong, vat_dong, credit_account_id,
       confirmation_class, created_at)
     select gen_random_uuid(), o.id, 'sandbox', ($1::uuid[])[1 + row_number() over () % cardinality($1::uuid[])], 100, 2, 0,
       $2, 'A', o.created_at from orders o
     returning id`,
    [wallets.map((wallet) => wallet.id), site.creditAccountId],
  );
  await owner.query('analyze');
  return rows.map((row) => row.id);
}
