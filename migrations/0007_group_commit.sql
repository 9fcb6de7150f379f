-- Why: concurrent postings are applied in one round trip per step, and the ledger's tables can be written through
-- its own functions only: the running role neither changes a balance nor writes history by itself (grants.sql).
-- Old code: would lack the rights; stop it first. Locks: nothing for longer than a moment.

-- The functions look rows up by their keys, whatever the planner believes of a table that was empty when the plan
-- was cached: hence their settings, joins in the order written, and `= any (array)` with array_position instead of
-- `update … from unnest (…)`, which such a plan drives from the table (measured: 5 to 8 times slower).

/*
 * Takes the row locks a batch decides under, wallets first, then the others, each by id: everybody in this order.
 * `p_late` are accounts that are only read here: merchant, fee and VAT accounts that the batch can only credit.
 * A credit needs no check, so they are locked as the last act (ledger_post), and two batches over the same hot
 * merchant keep each other waiting for that moment only.
 */
create function ledger_lock_accounts(p_locked uuid[], p_late uuid[])
  returns table (id uuid, environment text, kind text, owner text, balance_dong bigint, status text)
  language plpgsql security definer
  set search_path = public, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set join_collapse_limit = 1 as $$
begin
  perform 1 from accounts a where a.id = any (p_locked) order by (a.kind <> 'wallet'), a.id for no key update;
  return query
    select a.id, a.environment, a.kind, a.owner, a.balance_dong, a.status from accounts a
    where a.id = any (p_locked || p_late);
end $$;

/*
 * Writes a decided batch: the journal rows, and one balance update per account. The caller has decided; this
 * function decides nothing, but it refuses (and the transaction with it) what may never be: an account of another
 * environment, a closed or missing one, a balance on the wrong side (the constraint), an id that was used before.
 */
create function ledger_post(
  p_id uuid[], p_environment text[], p_kind text[], p_debit uuid[], p_credit uuid[], p_amount bigint[],
  p_fee_account uuid[], p_fee bigint[], p_vat_account uuid[], p_vat bigint[],
  p_linked uuid[], p_reference text[], p_happened_at timestamptz[]
) returns void language plpgsql security definer
  set search_path = public, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set join_collapse_limit = 1 as $$
declare
  v_accounts uuid[];
  v_environments text[];
  v_changes bigint[];
  v_updated integer;
begin
  insert into transfers (id, environment, kind, debit_account_id, credit_account_id, amount_dong,
      fee_account_id, fee_dong, vat_account_id, vat_dong, linked_transfer_id, reference, happened_at)
    select * from unnest(p_id, p_environment, p_kind, p_debit, p_credit, p_amount,
      p_fee_account, p_fee, p_vat_account, p_vat, p_linked, p_reference, p_happened_at);

  select array_agg(c.account_id), array_agg(c.environment), array_agg(c.dong)
    into v_accounts, v_environments, v_changes
    from (
      select line.account_id, line.environment, sum(line.dong)::bigint as dong
      from (
        select unnest(p_debit) as account_id, unnest(p_environment) as environment, -unnest(p_amount) as dong
        union all
        select credit, environment, amount - fee - vat
          from unnest(p_credit, p_environment, p_amount, p_fee, p_vat) as t (credit, environment, amount, fee, vat)
        union all
        select account, environment, fee from unnest(p_fee_account, p_environment, p_fee) as t (account, environment, fee)
          where fee <> 0
        union all
        select account, environment, vat from unnest(p_vat_account, p_environment, p_vat) as t (account, environment, vat)
          where vat <> 0
      ) line
      group by line.account_id, line.environment
    ) c;

  perform 1 from accounts a where a.id = any (v_accounts) order by (a.kind <> 'wallet'), a.id for no key update;
  update accounts a set balance_dong = a.balance_dong + v_changes[array_position(v_accounts, a.id)]
    where a.id = any (v_accounts) and a.status = 'open'
      and a.environment = v_environments[array_position(v_accounts, a.id)];
  get diagnostics v_updated = row_count;
  if v_updated <> cardinality(v_accounts) then
    raise exception 'ledger_account_unusable: missing, closed or of another environment' using errcode = 'check_violation';
  end if;
end $$;

/*
 * The same, but answers false, with nothing written, when what was decided does not hold any more: an account that
 * was only read was closed since, or the same id was posted meanwhile by somebody with other accounts.
 */
create function ledger_try_post(
  p_id uuid[], p_environment text[], p_kind text[], p_debit uuid[], p_credit uuid[], p_amount bigint[],
  p_fee_account uuid[], p_fee bigint[], p_vat_account uuid[], p_vat bigint[],
  p_linked uuid[], p_reference text[], p_happened_at timestamptz[]
) returns boolean language plpgsql set search_path = public, pg_temp as $$
begin
  perform ledger_post(p_id, p_environment, p_kind, p_debit, p_credit, p_amount,
    p_fee_account, p_fee, p_vat_account, p_vat, p_linked, p_reference, p_happened_at);
  return true;
exception when unique_violation or check_violation then
  return false;
end $$;

/*
 * Locks what a batch of payments is decided by: orders, payments, wallets, then their day and month totals, each
 * kind in the order of its ids; and reads it. Accounts come after (ledger_lock_accounts).
 */
create function posting_lock(p_payments uuid[], p_day date, p_month date)
  returns table (
    payment_id uuid, transaction_no text, payment_status text, order_id uuid, wallet_id uuid, environment text,
    amount_dong bigint, fee_dong bigint, vat_dong bigint, credit_account_id uuid, code_hash bytea,
    order_status text, order_response_code text, order_expires_at timestamptz, merchant_site text,
    wallet_status text, identified boolean, wallet_account_id uuid, otp_locked_until timestamptz,
    limit_per_payment_dong bigint, limit_daily_dong bigint, limit_monthly_dong bigint,
    day_dong bigint, month_dong bigint,
    site_active boolean, site_min_dong bigint, site_max_dong bigint)
  language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set join_collapse_limit = 1 as $$
declare
  v_orders uuid[];
  v_wallets uuid[];
  v_totals integer;
begin
  select array_agg(distinct p.order_id), array_agg(distinct p.wallet_id) into v_orders, v_wallets
    from payments p where p.id = any (p_payments);
  perform 1 from orders o where o.id = any (v_orders) order by o.id for no key update;
  -- All that is under way on these orders, not only what is posted: whoever ends an order takes the same.
  perform 1 from payments p where p.order_id = any (v_orders) and p.status in ('started', 'confirming')
    order by p.id for no key update;
  perform 1 from wallets w where w.id = any (v_wallets) order by w.id for no key update;
  -- Only on a wallet's first payment of the day is there anything to begin.
  select count(*) into v_totals from wallet_totals t
    where t.wallet_id = any (v_wallets)
      and ((t.period = 'day' and t.period_start = p_day) or (t.period = 'month' and t.period_start = p_month));
  if v_totals < 2 * cardinality(v_wallets) then
    insert into wallet_totals (wallet_id, period, period_start)
      select w, t.period, t.period_start
      from unnest(v_wallets) w, (values ('day', p_day), ('month', p_month)) t (period, period_start)
      order by w, t.period
      on conflict do nothing;
  end if;
  perform 1 from wallet_totals t
    where t.wallet_id = any (v_wallets)
      and ((t.period = 'day' and t.period_start = p_day) or (t.period = 'month' and t.period_start = p_month))
    order by t.wallet_id, t.period for no key update;
  return query
    select p.id, p.transaction_no::text, p.status, p.order_id, p.wallet_id, p.environment,
      p.amount_dong, p.fee_dong, p.vat_dong, p.credit_account_id, c.code_hash,
      o.status, o.response_code, o.expires_at, o.merchant_site,
      w.status, w.identified, w.account_id, w.otp_locked_until,
      w.limit_per_payment_dong, w.limit_daily_dong, w.limit_monthly_dong,
      d.paid_dong, m.paid_dong,
      s.status = 'active' and n.status = 'active', s.amount_min_dong, s.amount_max_dong
    from payments p
    join orders o on o.id = p.order_id
    join wallets w on w.id = p.wallet_id
    join wallet_totals d on d.wallet_id = w.id and d.period = 'day' and d.period_start = p_day
    join wallet_totals m on m.wallet_id = w.id and m.period = 'month' and m.period_start = p_month
    join merchant_sites s on s.merchant_site = o.merchant_site
    join merchants n on n.id = s.merchant_id
    left join confirmations c on c.payment_id = p.id and c.spent_at is null
    where p.id = any (p_payments);
end $$;

/* Writes what a batch decided about its payments and orders; the money itself is the ledger's. */
create function posting_apply(
  p_now timestamptz, p_day date, p_month date,
  p_paid uuid[], p_paid_orders uuid[], p_paid_numbers text[], p_paid_classes text[], p_by_code uuid[],
  p_refused uuid[], p_refused_codes text[], p_refused_details jsonb[],
  p_wallets uuid[], p_wallet_changes bigint[], p_cleared_wallets uuid[]
) returns void language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set join_collapse_limit = 1 as $$
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
  update payments p set status = 'refused', final_at = p_now,
      refusal_code = p_refused_codes[array_position(p_refused, p.id)],
      refusal_detail = p_refused_details[array_position(p_refused, p.id)]
    where p.id = any (p_refused) and p.status in ('started', 'confirming');
  update payments p set status = 'cancelled', final_at = p_now
    where p.order_id = any (p_paid_orders) and p.status in ('started', 'confirming');
  update wallet_totals t set paid_dong = t.paid_dong + p_wallet_changes[array_position(p_wallets, t.wallet_id)]
    where t.wallet_id = any (p_wallets)
      and ((t.period = 'day' and t.period_start = p_day) or (t.period = 'month' and t.period_start = p_month));
  if cardinality(p_by_code) > 0 then
    update confirmations c set spent_at = p_now where c.payment_id = any (p_by_code);
    update wallets w set otp_failures = 0, otp_locked_until = null
      where w.id = any (p_cleared_wallets) and (w.otp_failures > 0 or w.otp_locked_until is not null);
  end if;
end $$;
