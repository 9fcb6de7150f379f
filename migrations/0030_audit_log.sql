-- Why: who changed what in the administration of the gateway, when and why. A person who may change a site or a wallet
-- must not be able to hide it, so the log is only ever added to.
-- Old code: runs on, its changes leave no row. Locks: nothing, the tables are new; refuse_change_of_history and
-- take_transaction_id (0001, 0008) guard them.

create table audit_log (
  -- The order of the log. Whoever drew a number had its transaction id before; numbers have gaps where an act was
  -- rolled back.
  act_no bigint generated always as identity (cache 1),
  -- Made by the gateway; the seal covers it.
  id uuid not null,
  happened_at timestamptz not null,
  -- Null: the act concerns both, or none.
  environment text,
  actor_kind text not null,
  -- Of the person, the site, the buyer's session, the system user or the job.
  actor_id text collate "C" not null,
  -- The person's session, or the site's key.
  actor_via text,
  act text collate "C" not null,
  subject_kind text not null,
  subject_id text collate "C" not null,
  before jsonb,
  after jsonb,
  reason text,
  trace_id text,
  -- Keyed hash of all of the above but the number, by a key that is not in this database.
  seal bytea not null,
  constraint audit_log_pkey primary key (act_no),
  constraint audit_log_id_once unique (id),
  constraint audit_log_environment_known check (environment in ('sandbox', 'live')),
  constraint audit_log_actor_known check (
    actor_kind in ('person', 'site_key', 'buyer', 'command_line', 'job') and actor_id <> ''
    and (actor_via is null or actor_kind in ('person', 'site_key'))),
  constraint audit_log_words_fit check (
    length(actor_id) <= 200 and length(actor_via) <= 200 and length(act) <= 60 and length(subject_kind) <= 60
    and length(subject_id) <= 200 and length(reason) <= 1000 and length(trace_id) <= 100),
  constraint audit_log_content_bounded check (
    octet_length(before::text) <= 65536 and octet_length(after::text) <= 65536),
  constraint audit_log_sealed check (octet_length(seal) = 32)
);
comment on table audit_log is 'One row for each act of administration, written in its commit; append-only, by grants and by trigger';

create index audit_log_by_subject on audit_log (subject_id, act_no);
create index audit_log_by_actor on audit_log (actor_id, act_no);
create index audit_log_by_act on audit_log (act, act_no);

create trigger audit_log_transaction_before_number before insert on audit_log
  for each statement execute function take_transaction_id();
create trigger audit_log_append_only before update or delete on audit_log
  for each row execute function refuse_change_of_history();
create trigger audit_log_never_truncated before truncate on audit_log
  for each statement execute function refuse_change_of_history();

/* As ledger_horizon (0008): up to which act the log is final, once no transaction below `xid` is running. */
create function audit_horizon(out act_no bigint, out xid text) language plpgsql set search_path = public, pg_temp as $$
begin
  select case when s.is_called then s.last_value else 0 end into act_no from audit_log_act_no_seq s;
  xid := pg_current_xact_id()::text;
end $$;

create table audit_checkpoints (
  checkpoint_no bigint not null,
  -- The acts above the first number, up to and with the second.
  from_act_no bigint not null,
  upto_act_no bigint not null,
  -- Which acts these are, and what each was: SHA-256 of its row. So an act that was changed or removed has a name.
  act_nos bigint[] not null,
  act_hashes bytea[] not null,
  -- SHA-256 of the former checkpoint's chain_hash, the numbers and the hashes.
  chain_hash bytea not null,
  sealed_at timestamptz not null,
  -- Keyed hash of all of the above, by a key that is not in this database.
  seal bytea not null,
  constraint audit_checkpoints_pkey primary key (checkpoint_no),
  constraint audit_checkpoints_follow unique (from_act_no),
  constraint audit_checkpoints_forward check (
    upto_act_no > from_act_no and cardinality(act_nos) between 1 and 500
    and cardinality(act_nos) = cardinality(act_hashes))
);
comment on table audit_checkpoints is 'What the audit log was when it was sealed; append-only';

create trigger audit_checkpoints_append_only before update or delete on audit_checkpoints
  for each row execute function refuse_change_of_history();
create trigger audit_checkpoints_never_truncated before truncate on audit_checkpoints
  for each statement execute function refuse_change_of_history();
