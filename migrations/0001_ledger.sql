-- Why: the ledger; accounts with a balance each, and the journal of transfers that explains every balance.
-- Old code: none. Locks: nothing, the tables are new.

create table accounts (
  id uuid not null,
  environment text not null,
  kind text not null,
  owner text not null default '',
  currency text not null default 'VND',
  -- Credits minus debits: what we owe is positive, what we hold at a bank negative; an environment sums to zero.
  balance_dong bigint not null default 0,
  status text not null default 'open',
  created_at timestamptz not null,
  constraint accounts_pkey primary key (id),
  constraint accounts_one_per_owner unique (environment, kind, owner),
  constraint accounts_environment_known check (environment in ('sandbox', 'live')),
  constraint accounts_kind_known check (kind in (
    'bank_guarantee', 'bank_collection', 'bank_operating', 'bank_clearing',
    'wallet', 'merchant_suspense', 'merchant_collection', 'merchant_payable',
    'unidentified_receipts', 'vat_payable', 'fees')),
  constraint accounts_status_known check (status in ('open', 'closed')),
  constraint accounts_currency_known check (currency = 'VND'),
  -- Bank clearing is money on its way and may stand on either side; every other kind has its side.
  constraint accounts_balance_on_its_side check (case
    when kind in ('bank_guarantee', 'bank_collection', 'bank_operating') then balance_dong <= 0
    when kind = 'bank_clearing' then true
    else balance_dong >= 0 end)
) with (fillfactor = 70);

comment on table accounts is 'Ledger accounts; balance is credits minus debits, changed only together with a row of transfers';

create table transfers (
  -- Made by the caller (uuidv7) and the idempotency key of the movement.
  id uuid not null,
  environment text not null,
  kind text not null,
  debit_account_id uuid not null,
  credit_account_id uuid not null,
  amount_dong bigint not null,
  -- A payment carries its fee and the VAT on it in the same row: both are debited from the credited account.
  fee_account_id uuid,
  fee_dong bigint not null default 0,
  vat_account_id uuid,
  vat_dong bigint not null default 0,
  linked_transfer_id uuid,
  reference text not null,
  happened_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint transfers_pkey primary key (id),
  constraint transfers_environment_known check (environment in ('sandbox', 'live')),
  constraint transfers_kind_known check (kind in (
    'top_up', 'withdrawal', 'payment', 'refund', 'fee_return', 'sweep', 'collection_payout',
    'session_net', 'settlement', 'vat_payment', 'unidentified_receipt', 'adjustment')),
  constraint transfers_amount_positive check (amount_dong > 0 and amount_dong <= 9999999999999),
  constraint transfers_two_accounts check (debit_account_id <> credit_account_id),
  constraint transfers_fee_within_amount check (fee_dong >= 0 and vat_dong >= 0 and fee_dong + vat_dong <= amount_dong),
  constraint transfers_fee_has_account check (
    (fee_dong = 0 or fee_account_id is not null) and (vat_dong = 0 or vat_account_id is not null))
);

comment on table transfers is 'The journal: append-only, by grants and by trigger';

create index transfers_debit on transfers (debit_account_id, id);
create index transfers_credit on transfers (credit_account_id, id);

create function refuse_change_of_history() returns trigger language plpgsql as $$
begin
  raise exception 'history_is_append_only: % on %', tg_op, tg_table_name using errcode = 'restrict_violation';
end $$;

create trigger transfers_append_only before update or delete on transfers
  for each row execute function refuse_change_of_history();
create trigger transfers_never_truncated before truncate on transfers
  for each statement execute function refuse_change_of_history();

create view ledger_entries as
  select id as transfer_id, environment, kind, 1 as line_no, debit_account_id as account_id, -amount_dong as change_dong, happened_at from transfers
  union all
  select id, environment, kind, 2, credit_account_id, amount_dong, happened_at from transfers
  union all
  select id, environment, kind, 3, credit_account_id, -fee_dong, happened_at from transfers where fee_dong > 0
  union all
  select id, environment, kind, 4, fee_account_id, fee_dong, happened_at from transfers where fee_dong > 0
  union all
  select id, environment, kind, 5, credit_account_id, -vat_dong, happened_at from transfers where vat_dong > 0
  union all
  select id, environment, kind, 6, vat_account_id, vat_dong, happened_at from transfers where vat_dong > 0;

comment on view ledger_entries is 'The journal as debit and credit lines; change_dong is added to the balance of the account';
