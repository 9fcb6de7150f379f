-- Why: not everybody with a login of the database is the gateway. Everybody could execute our functions,
-- three of them with the owner's rights, and the running role could write every column. Now each function
-- that acts for the owner asks who logged in, rows that name an account name their own, and grants.sql lists
-- the columns the gateway writes.
-- Old code: runs on, but for what the running role may not write any more (grants.sql).
-- Locks: merchant_sites, site_keys, payments and wallets for a moment, wallets while two indexes are built.

/* A second check behind the grants: an EXECUTE right given by mistake is not enough. */
create function refuse_caller() returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'caller_not_allowed: % is neither the running role nor the owner', session_user
    using errcode = 'insufficient_privilege',
      hint = 'Whoever may change the state of an order may call this: the roles that migrations/grants.sql names.';
end $$;

-- The same functions as before (0007, 0008), with the check of the login at their head.

create or replace function ledger_read_accounts(p_locked uuid[], p_read uuid[])
  returns table (id uuid, environment text, kind text, owner text, balance_dong bigint, status text)
  language plpgsql security definer
  set search_path = public, pg_temp set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
  set join_collapse_limit = 1 set plan_cache_mode = force_generic_plan as $$
begin
  if not has_column_privilege(session_user, 'public.orders', 'status', 'update') then perform refuse_caller(); end if;
  if cardinality(p_locked) > 0 then
    perform 1 from accounts a where a.id = any (p_locked) order by (a.kind <> 'wallet'), a.id for no key update;
  end if;
  return query
    select a.id, a.environment, a.kind, a.owner, a.balance_dong, a.status from accounts a
    where a.id = any (p_locked || p_read);
end $$;

create or replace function ledger_post(
  p_id uuid[], p_environment text[], p_kind text[], p_debit uuid[], p_credit uuid[], p_amount bigint[],
  p_fee_account uuid[], p_fee bigint[], p_vat_account uuid[], p_vat bigint[],
  p_linked uuid[], p_reference text[], p_happened_at timestamptz[]
) returns void language plpgsql security definer
  set search_path = public, pg_temp set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
  set join_collapse_limit = 1 set plan_cache_mode = force_generic_plan as $$
declare
  v_debited uuid[];
  v_credited uuid[];
  v_accounts uuid[];
  v_environments text[];
  v_changes bigint[];
  v_debited_updated integer;
  v_credited_updated integer;
begin
  if not has_column_privilege(session_user, 'public.orders', 'status', 'update') then perform refuse_caller(); end if;
  insert into transfers (id, environment, kind, debit_account_id, credit_account_id, amount_dong,
      fee_account_id, fee_dong, vat_account_id, vat_dong, linked_transfer_id, reference, happened_at)
    select * from unnest(p_id, p_environment, p_kind, p_debit, p_credit, p_amount,
      p_fee_account, p_fee, p_vat_account, p_vat, p_linked, p_reference, p_happened_at);

  select array_agg(c.account_id), array_agg(c.environment), array_agg(c.dong),
      coalesce(array_agg(c.account_id) filter (where c.is_debited), '{}'),
      coalesce(array_agg(c.account_id) filter (where not c.is_debited), '{}')
    into v_accounts, v_environments, v_changes, v_debited, v_credited
    from (
      select line.account_id, line.environment, sum(line.dong)::bigint as dong, bool_or(line.is_debit) as is_debited
      from (
        select unnest(p_debit) as account_id, unnest(p_environment) as environment, -unnest(p_amount) as dong,
          true as is_debit
        union all
        select credit, environment, amount - fee - vat, false
          from unnest(p_credit, p_environment, p_amount, p_fee, p_vat) as t (credit, environment, amount, fee, vat)
        union all
        select account, environment, fee, false
          from unnest(p_fee_account, p_environment, p_fee) as t (account, environment, fee) where fee <> 0
        union all
        select account, environment, vat, false
          from unnest(p_vat_account, p_environment, p_vat) as t (account, environment, vat) where vat <> 0
      ) line
      group by line.account_id, line.environment
    ) c;

  update accounts a set balance_dong = a.balance_dong + v_changes[array_position(v_accounts, a.id)]
    where a.id = any (v_debited) and a.status = 'open'
      and a.environment = v_environments[array_position(v_accounts, a.id)]
      and (a.kind <> 'wallet' or a.balance_dong + v_changes[array_position(v_accounts, a.id)] >= 0);
  get diagnostics v_debited_updated = row_count;
  update accounts a set balance_dong = a.balance_dong + v_changes[array_position(v_accounts, a.id)]
    where a.id = any (v_credited) and a.status = 'open'
      and a.environment = v_environments[array_position(v_accounts, a.id)];
  get diagnostics v_credited_updated = row_count;
  if v_debited_updated + v_credited_updated <> cardinality(v_accounts) then
    raise exception 'ledger_account_unusable: missing, closed, without the money or of another environment'
      using errcode = 'serialization_failure';
  end if;
end $$;

create or replace function ledger_seal(
  p_checkpoint_no bigint, p_from bigint, p_upto bigint, p_row_count integer, p_chain_hash bytea,
  p_faulty uuid[], p_sealed_at timestamptz, p_seal bytea
) returns void language plpgsql security definer
  set search_path = public, pg_temp set enable_seqscan = off as $$
declare
  v_last_no bigint;
  v_last_upto bigint;
begin
  if not has_column_privilege(session_user, 'public.orders', 'status', 'update') then perform refuse_caller(); end if;
  select coalesce(max(checkpoint_no), 0), coalesce(max(upto_journal_no), 0) into v_last_no, v_last_upto
    from ledger_checkpoints;
  if p_checkpoint_no <> v_last_no + 1 or p_from <> v_last_upto then
    raise exception 'checkpoint_does_not_follow: % from % after % upto %', p_checkpoint_no, p_from, v_last_no, v_last_upto
      using errcode = 'check_violation';
  end if;
  insert into ledger_checkpoints
      (checkpoint_no, from_journal_no, upto_journal_no, row_count, chain_hash, faulty_transfers, sealed_at, seal)
    values (p_checkpoint_no, p_from, p_upto, p_row_count, p_chain_hash, p_faulty, p_sealed_at, p_seal);
  insert into ledger_sealed_sums as s (account_id, sum_dong)
    select account_id, sum(change_dong) from ledger_entries
    where journal_no > p_from and journal_no <= p_upto and account_id is not null
    group by account_id order by account_id
    on conflict (account_id) do update set sum_dong = s.sum_dong + excluded.sum_dong;
end $$;

-- The totals of a wallet are written here alone: it acts for the owner now, and the running role lost the columns.
create or replace function posting_apply(
  p_now timestamptz, p_day date, p_month date,
  p_paid uuid[], p_paid_orders uuid[], p_paid_numbers text[], p_paid_classes text[], p_by_code uuid[],
  p_refused uuid[], p_refused_codes text[], p_refused_details jsonb[],
  p_wallets uuid[], p_wallet_changes bigint[], p_cleared_wallets uuid[]
) returns void language plpgsql security definer
  set search_path = public, pg_temp set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
  set join_collapse_limit = 1 set plan_cache_mode = force_generic_plan as $$
declare
  v_updated integer;
begin
  if not has_column_privilege(session_user, 'public.orders', 'status', 'update') then perform refuse_caller(); end if;
  -- A total only grows here, so a negative amount cannot make room in a limit.
  if 0 >= any (p_wallet_changes) then
    raise exception 'posting_total_not_growing' using errcode = 'check_violation';
  end if;
  update payments p set status = 'paid', final_at = p_now,
      confirmation_class = p_paid_classes[array_position(p_paid, p.id)]
    where p.id = any (p_paid) and p.status in ('started', 'confirming');
  get diagnostics v_updated = row_count;
  if v_updated <> cardinality(p_paid) then
    raise exception 'posting_payment_not_under_way' using errcode = 'check_violation';
  end if;
  update orders o set status = 'paid', response_code = '00', final_at = p_now,
      result_payment_id = p_paid[array_position(p_paid_orders, o.id)],
      transaction_no = p_paid_numbers[array_position(p_paid_orders, o.id)]
    where o.id = any (p_paid_orders) and o.status = 'open';
  get diagnostics v_updated = row_count;
  if v_updated <> cardinality(p_paid_orders) then
    raise exception 'posting_order_not_open' using errcode = 'check_violation';
  end if;
  -- Refused before its order was paid by another of the batch: it stays refused.
  if cardinality(p_refused) > 0 then
    update payments p set status = 'refused', final_at = p_now,
        refusal_code = p_refused_codes[array_position(p_refused, p.id)],
        refusal_detail = p_refused_details[array_position(p_refused, p.id)]
      where p.id = any (p_refused) and p.status in ('started', 'confirming');
  end if;
  update payments p set status = 'cancelled', final_at = p_now
    where p.order_id = any (p_paid_orders) and p.status in ('started', 'confirming');
  -- A total never goes back to an earlier day. A process whose clock is behind waits before it decides such a
  -- payment.
  update wallets w set totals_day = p_day,
      paid_day_dong = case when w.totals_day = p_day then w.paid_day_dong else 0 end
        + p_wallet_changes[array_position(p_wallets, w.id)],
      paid_month_dong = case when w.totals_day >= p_month then w.paid_month_dong else 0 end
        + p_wallet_changes[array_position(p_wallets, w.id)]
    where w.id = any (p_wallets) and coalesce(w.totals_day <= p_day, true);
  get diagnostics v_updated = row_count;
  if v_updated <> cardinality(p_wallets) then
    raise exception 'posting_total_of_a_later_day' using errcode = 'check_violation';
  end if;
  if cardinality(p_by_code) > 0 then
    update confirmations c set spent_at = p_now where c.payment_id = any (p_by_code);
    update wallets w set otp_failures = 0, otp_locked_until = null
      where w.id = any (p_cleared_wallets) and (w.otp_failures > 0 or w.otp_locked_until is not null);
  end if;
end $$;

-- These functions have their caller's rights. With this search path a session's temporary tables cannot hide
-- ours.
alter function ledger_find_transfers set search_path = public, pg_temp;
alter function ledger_horizon set search_path = public, pg_temp;
alter function posting_lock set search_path = public, pg_temp;
alter function posting_accounts set search_path = public, pg_temp;
alter function notifications_record set search_path = public, pg_temp;

create index wallets_by_pin_hash on wallets (pin_hash);
comment on index wallets_by_pin_hash is 'Whether a hash stands in another row: see refuse_foreign_pin_hash';

/*
 * The same PIN (its date has not changed), hashed again. The database checks the part it can see: the new
 * hash has a higher cost or another pepper, and no other row has it. Each hash has its own salt. If two rows
 * had the same hash, somebody would have copied it, to open another's wallet with their own PIN.
 */
create function refuse_foreign_pin_hash() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare
  v_form constant text := '^\$argon2id\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9}),k=([a-z0-9-]{1,16})\$[\w-]+\$[\w-]+$';
  v_old text[] := regexp_match(old.pin_hash, v_form);
  v_new text[] := regexp_match(new.pin_hash, v_form);
begin
  if v_new is null or not coalesce(
      v_new[1]::int > v_old[1]::int or v_new[2]::int > v_old[2]::int or v_new[4] <> v_old[4], true) then
    raise exception 'pin_hash_not_stronger: of wallet %', new.id using errcode = 'check_violation';
  end if;
  if exists (select from wallets w where w.pin_hash = new.pin_hash and w.id <> new.id) then
    raise exception 'pin_hash_of_another_wallet: in wallet %', new.id using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger wallets_own_pin_hash after update of pin_hash on wallets
  for each row when (old.pin_hash is distinct from new.pin_hash and old.pin_changed_at = new.pin_changed_at)
  execute function refuse_foreign_pin_hash();

-- Who is credited and debited is written once, when a row is made; then it must be the row's own account.

alter table wallets add constraint wallets_account_once unique (account_id);

create function refuse_foreign_account() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  case tg_table_name
  when 'wallets' then
    if not exists (select from accounts a where a.id = new.account_id
        and a.kind = 'wallet' and a.owner = new.id::text and a.environment = new.environment) then
      raise exception 'wallet_with_foreign_account: % is not the account of wallet %', new.account_id, new.id
        using errcode = 'check_violation';
    end if;
  when 'merchant_sites' then
    if not exists (select from accounts a where a.id = new.credit_account_id
        and a.kind = new.credit_account_kind and a.owner = new.merchant_site and a.environment = new.environment) then
      raise exception 'site_with_foreign_account: % is not the account of site %', new.credit_account_id, new.merchant_site
        using errcode = 'check_violation';
    end if;
  when 'site_keys' then
    if not exists (select from merchant_sites s
        where s.merchant_site = new.merchant_site and s.environment = new.environment) then
      raise exception 'key_of_other_environment: site % is not of %', new.merchant_site, new.environment
        using errcode = 'check_violation';
    end if;
  when 'payments' then
    if not exists (select from orders o
        join merchant_sites s on s.merchant_site = o.merchant_site
        join wallets w on w.id = new.wallet_id
        where o.id = new.order_id and o.amount_dong = new.amount_dong and o.environment = new.environment
          and w.environment = new.environment and s.credit_account_id = new.credit_account_id) then
      raise exception 'payment_unlike_its_order: % differs from order % in amount, environment or credited account',
        new.id, new.order_id using errcode = 'check_violation';
    end if;
  end case;
  return null;
end $$;

-- After the row, as foreign keys are: the other row may come with the same statement.
create trigger wallets_own_account after insert or update of account_id, environment on wallets
  for each row execute function refuse_foreign_account();
create trigger merchant_sites_own_account
  after insert or update of credit_account_id, credit_account_kind, environment on merchant_sites
  for each row execute function refuse_foreign_account();
create trigger site_keys_own_environment after insert or update of merchant_site, environment on site_keys
  for each row execute function refuse_foreign_account();
create trigger payments_like_their_order after insert on payments
  for each row execute function refuse_foreign_account();
