-- Why: an order explains each payment, but no row explains a top-up or an adjustment. So the gateway puts a
-- keyed hash beside each of these, by a key that is not in the database. When somebody else has posted one,
-- verification reports that the hash is missing.
-- Old code: must be stopped before it tops up again, its transfers would have no seal. Locks: nothing, the tables are
-- new; refuse_change_of_history guards them.

create table transfer_seals (
  transfer_id uuid not null,
  -- Keyed hash over the whole transfer.
  seal bytea not null,
  constraint transfer_seals_pkey primary key (transfer_id)
);
comment on table transfer_seals is 'One for each transfer that is no payment: that the gateway has posted it; append-only';

create table transfer_seals_begin (
  journal_no bigint not null,
  constraint transfer_seals_begin_pkey primary key (journal_no)
);
comment on table transfer_seals_begin is 'One row: transfers up to this number were posted before there were seals, and have none';
insert into transfer_seals_begin (journal_no) select coalesce(max(journal_no), 0) from transfers;

create trigger transfer_seals_append_only before update or delete on transfer_seals
  for each row execute function refuse_change_of_history();
create trigger transfer_seals_never_truncated before truncate on transfer_seals
  for each statement execute function refuse_change_of_history();
create trigger transfer_seals_begin_kept before insert or update or delete on transfer_seals_begin
  for each row execute function refuse_change_of_history();
