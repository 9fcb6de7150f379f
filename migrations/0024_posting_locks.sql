-- Why: a batch of postings takes its locks with one function for each kind, and reads its facts afterwards.
-- Old code: posts no more, it calls the function that goes. Locks: nothing.

drop function posting_lock(uuid[], date, date);

/* Each function locks its rows by id. Every transaction takes the kinds in the order of this file. */

create function lock_orders(p_orders uuid[]) returns void language plpgsql set search_path = public, pg_temp as $$
begin
  perform 1 from orders o where o.id = any (p_orders) order by o.id for no key update;
end $$;

/* Locks all payments under way on these orders, not only those to be posted.
   Ending an order takes the same locks. */
create function lock_live_payments(p_orders uuid[]) returns void language plpgsql
  set search_path = public, pg_temp as $$
begin
  perform 1 from payments p where p.order_id = any (p_orders) and p.status in ('started', 'confirming')
    order by p.id for no key update;
end $$;

create function lock_wallets(p_wallets uuid[]) returns void language plpgsql set search_path = public, pg_temp as $$
begin
  perform 1 from wallets w where w.id = any (p_wallets) order by w.id for no key update;
end $$;

/* Locks the orders, payments and wallets of a batch. The accounts are read later, without a lock
   (ledger_read_accounts). */
create function posting_lock(p_payments uuid[]) returns void language plpgsql
  set search_path = public, pg_temp
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_generic_plan as $$
declare
  v_orders uuid[];
  v_wallets uuid[];
begin
  select array_agg(distinct p.order_id), array_agg(distinct p.wallet_id) into v_orders, v_wallets
    from payments p where p.id = any (p_payments);
  perform lock_orders(v_orders);
  perform lock_live_payments(v_orders);
  perform lock_wallets(v_wallets);
end $$;
