-- Why: four repeated readings use an index and continue where they stopped: statements of accounts by the
-- order of the journal, verification past orders that stay open for weeks, results that were given up, and
-- sites whose servers object for more than an hour.
-- Old code: runs on, with slower statements of accounts. Locks: transfers, notifications while their indexes are built:
-- postings wait for that long (a minute for some ten million rows).

-- A line is listed by its place in the journal. Ids would not do: each is made before the commit, by any
-- process's clock, so a late posting would stand before lines that were already listed.
create index transfers_debit_in_order on transfers (debit_account_id, journal_no);
create index transfers_credit_in_order on transfers (credit_account_id, journal_no);
drop index transfers_debit;
drop index transfers_credit;
comment on column transfers.journal_no is 'Order of the journal: a row gets its number after its transaction has its id';

-- Only results that were given up are in it: a posting writes none.
create index notifications_exhausted on notifications (id) where status = 'exhausted';

-- Rows below payments_upto and orders_upto that were not final, or not right: looked at again by the next verification.
alter table ledger_verifications
  add column payments_open uuid[] not null default '{}',
  add column orders_open uuid[] not null default '{}';

create table notification_alarms (
  merchant_site text not null,
  environment text not null,
  -- The oldest result of the site that has not been taken since its first attempt.
  since timestamptz not null,
  waiting integer not null,
  outcome text not null,
  -- What the last attempt of that result says, in short: `RspCode 97`, `status 503`.
  detail text,
  -- When the log was told last; null: not yet.
  told_at timestamptz,
  constraint notification_alarms_pkey primary key (merchant_site)
);
comment on table notification_alarms is 'Sites that have not taken a result for an hour or more; kept up to date by the minute';
