-- Why: concurrent postings are applied in one round trip per step, and the ledger's tables can be written through
-- its own functions only: the running role neither changes a balance nor writes history by itself (grants.sql).
-- Old code: would lack the rights; stop it first. Locks: nothing for longer than a moment.

-- The functions look rows up by their keys, whatever the planner believes of a table that was empty when the plan
-- was cached: hence their settings, joins in the order written, and `= any (array)` with array_position instead of
-- `update … from unnest (…)`, which such a plan drives from the table (measured: 5 to 8 times slower).

/*
 * Reads accounts, and locks first those of `p_locked`: wallets, then the others, each by id; everybody in this order.
 * `p_read` are not locked: whatever is decided of them is looked at again by the statement that writes (ledger_post).
 */
create function ledger_read_accounts(p_locked uuid[], p_read uuid[])
  returns table (id uuid, environment text, kind text, owner text, balance_dong bigint, status text)
  language plpgsql security definer
  set search_path = public, pg_temp set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
  set join_collapse_limit = 1 set plan_cache_mode = force_generic_plan as $$
begin
  if cardinality(p_locked) > 0 then
    perform 1 from accounts a where a.id = any (p_locked) order by (a.kind <> 'wallet'), a.id for no key update;
  end if;
  return query
    select a.id, a.environment, a.kind, a.owner, a.balance_dong, a.status from accounts a
    where a.id = any (p_locked || p_read);
end $$;

/* Of these ids, the transfers that are in the journal. */
create function ledger_find_transfers(p_ids uuid[]) returns setof transfers language plpgsql
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
  set join_collapse_limit = 1 set plan_cache_mode = force_generic_plan as $$
begin
  return query select t.* from transfers t where t.id = any (p_ids);
end $$;

/*
 * Writes a decided batch: the journal rows, and one balance update per account. The caller has decided; this
 * function decides nothing, but it refuses (and the transaction with it) what does not hold any more or never did: an
 * account that is missing, closed, of another environment or, a wallet, without the money; an id that was used before.
 * A batch decided under locks meets none of that; one decided without them is decided again (40001).
 *
 * Locks: the debited accounts by id, then those that are only credited by id. The scan of the key takes them in this
 * order; a bitmap would take them as they lie. What every payment of a merchant shares comes last, for a moment.
 */
create function ledger_post(
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

/* The same, but answers false, with nothing written, when what was decided does not hold any more. */
create function ledger_try_post(
  p_id uuid[], p_environment text[], p_kind text[], p_debit uuid[], p_credit uuid[], p_amount bigint[],
  p_fee_account uuid[], p_fee bigint[], p_vat_account uuid[], p_vat bigint[],
  p_linked uuid[], p_reference text[], p_happened_at timestamptz[]
) returns boolean language plpgsql set search_path = public, pg_temp as $$
begin
  perform ledger_post(p_id, p_environment, p_kind, p_debit, p_credit, p_amount,
    p_fee_account, p_fee, p_vat_account, p_vat, p_linked, p_reference, p_happened_at);
  return true;
exception when unique_violation or check_violation or serialization_failure then
  return false;
end $$;

/*
 * Locks what a batch of payments is decided by: orders, their payments under way, wallets, each kind in the order of
 * its ids; and reads it. Accounts come after (ledger_read_accounts).
 */
create function posting_lock(p_payments uuid[], p_day date, p_month date)
  returns table (
    payment_id uuid, transaction_no text, payment_status text, order_id uuid, wallet_id uuid, environment text,
    amount_dong bigint, fee_dong bigint, vat_dong bigint, credit_account_id uuid, code_hash bytea,
    order_status text, order_response_code text, order_expires_at timestamptz, merchant_site text,
    wallet_status text, identified boolean, wallet_account_id uuid, otp_locked_until timestamptz,
    limit_per_payment_dong bigint, limit_daily_dong bigint, limit_monthly_dong bigint,
    totals_day date, day_dong bigint, month_dong bigint,
    site_active boolean, site_min_dong bigint, site_max_dong bigint)
  language plpgsql
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
  set join_collapse_limit = 1 set plan_cache_mode = force_generic_plan as $$
declare
  v_orders uuid[];
  v_wallets uuid[];
begin
  select array_agg(distinct p.order_id), array_agg(distinct p.wallet_id) into v_orders, v_wallets
    from payments p where p.id = any (p_payments);
  perform 1 from orders o where o.id = any (v_orders) order by o.id for no key update;
  -- All that is under way on these orders, not only what is posted: whoever ends an order takes the same.
  perform 1 from payments p where p.order_id = any (v_orders) and p.status in ('started', 'confirming')
    order by p.id for no key update;
  perform 1 from wallets w where w.id = any (v_wallets) order by w.id for no key update;
  return query
    select p.id, p.transaction_no::text, p.status, p.order_id, p.wallet_id, p.environment,
      p.amount_dong, p.fee_dong, p.vat_dong, p.credit_account_id, c.code_hash,
      o.status, o.response_code, o.expires_at, o.merchant_site,
      w.status, w.identified, w.account_id, w.otp_locked_until,
      w.limit_per_payment_dong, w.limit_daily_dong, w.limit_monthly_dong,
      w.totals_day,
      case when w.totals_day = p_day then w.paid_day_dong else 0 end,
      case when w.totals_day between p_month and p_day then w.paid_month_dong else 0 end,
      s.status = 'active' and n.status = 'active', s.amount_min_dong, s.amount_max_dong
    from payments p
    join orders o on o.id = p.order_id
    join wallets w on w.id = p.wallet_id
    join merchant_sites s on s.merchant_site = o.merchant_site
    join merchants n on n.id = s.merchant_id
    left join confirmations c on c.payment_id = p.id and c.spent_at is null
    where p.id = any (p_payments);
end $$;

/* The accounts these payments debit and credit, each once. */
create function posting_accounts(p_payments uuid[]) returns uuid[] language plpgsql
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
  set join_collapse_limit = 1 set plan_cache_mode = force_generic_plan as $$
begin
  return (select array_agg(distinct line.account_id)
    from payments p join wallets w on w.id = p.wallet_id,
      lateral (values (w.account_id), (p.credit_account_id)) line (account_id)
    where p.id = any (p_payments));
end $$;

/* Writes what a batch decided about its payments and orders; the money itself is the ledger's. */
create function posting_apply(
  p_now timestamptz, p_day date, p_month date,
  p_paid uuid[], p_paid_orders uuid[], p_paid_numbers text[], p_paid_classes text[], p_by_code uuid[],
  p_refused uuid[], p_refused_codes text[], p_refused_details jsonb[],
  p_wallets uuid[], p_wallet_changes bigint[], p_cleared_wallets uuid[]
) returns void language plpgsql
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
  set join_collapse_limit = 1 set plan_cache_mode = force_generic_plan as $$
declare
  v_updated integer;
begin
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
  -- A total never goes back to an earlier day; whoever decides such a payment waits for its clock.
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

/* Notes what merchants are owed, one row each; a site without a notification URL gets a skipped one, as a trace. */
create function notifications_record(
  p_id uuid[], p_order_id uuid[], p_merchant_site text[], p_environment text[], p_now timestamptz[]
) returns void language plpgsql
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
  set join_collapse_limit = 1 set plan_cache_mode = force_generic_plan as $$
begin
  insert into notifications (id, order_id, merchant_site, environment, status, next_attempt_at, created_at, ended_at)
    select id, order_id, merchant_site, environment, case when is_sent then 'pending' else 'skipped' end,
      case when is_sent then now end, now, case when is_sent then null else now end
    from (
      select n.*, (select s.notify_url is not null from merchant_sites s where s.merchant_site = n.merchant_site) as is_sent
      from unnest(p_id, p_order_id, p_merchant_site, p_environment, p_now)
        as n (id, order_id, merchant_site, environment, now)
      -- Looked up for each, once: is_sent is used several times.
      offset 0) n;
end $$;
