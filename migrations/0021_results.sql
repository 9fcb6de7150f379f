-- Why: the result of v2 as its merchants parse it: amounts in dong, the site's own words for codes, and a number for
-- every end of an order that a buyer reached. A classic order comes in by the buyer's own browser, so each has one.
-- Old code: runs on; it ends orders without a number and tells results of v2 in the unit of the order.
-- Locks: merchant_sites, while its rows are written once; orders_expire is replaced.

alter table merchant_sites add column result_amount text not null default 'as_received',
  add column result_codes jsonb not null default '{}',
  add constraint merchant_sites_result_amount_known check (result_amount in ('dong', 'as_received')),
  add constraint merchant_sites_result_codes_pairs check (jsonb_typeof(result_codes) = 'object');
comment on column merchant_sites.result_amount is 'What total_amount of a classic result counts: dong, or the text of the request';
comment on column merchant_sites.result_codes is 'The site''s own words for response codes, by our code; a code without a word goes out as it is';
update merchant_sites set result_amount = 'dong' where protocol = 'classic-v2';

create table order_numbers (
  -- From the numbers of the payments, so that no number is given twice.
  transaction_no bigint not null default nextval('payments_transaction_no_seq'),
  order_id uuid not null,
  constraint order_numbers_pkey primary key (transaction_no),
  constraint order_numbers_once unique (order_id),
  constraint order_numbers_order foreign key (order_id) references orders (id)
);
comment on table order_numbers is 'Numbers of classic orders that ended without a payment; by it a quoted number is found (orders have no index on what their end writes)';

/* As in migration 0010, and classic orders get the number of their last payment, or one of their own. */
create or replace function orders_expire(p_orders uuid[], p_notification_ids uuid[], p_now timestamptz) returns uuid[]
  language plpgsql
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
  set join_collapse_limit = 1 set plan_cache_mode = force_generic_plan as $$
declare
  v_orders uuid[];
begin
  select array_agg(locked.id) into v_orders from (
    select o.id from orders o
    where o.id = any (p_orders) and o.status = 'open' and o.expires_at <= p_now
    order by o.id for no key update skip locked) locked;
  if v_orders is not null then
    perform 1 from payments p where p.order_id = any (v_orders) and p.status in ('started', 'confirming')
      order by p.id for no key update;
    insert into order_numbers (order_id)
      select o.id from orders o
      where o.id = any (v_orders) and o.protocol <> 'rest'
        and not exists (select from payments p where p.order_id = o.id);
    update orders o set status = 'expired', response_code = '11', final_at = p_now,
      transaction_no = case when o.protocol <> 'rest' then coalesce(
        (select n.transaction_no from order_numbers n where n.order_id = o.id),
        (select p.transaction_no from payments p where p.order_id = o.id order by p.id desc limit 1))::text end
      where o.id = any (v_orders);
    update payments p set status = 'expired', final_at = p_now
      where p.order_id = any (v_orders) and p.status in ('started', 'confirming');
    perform notifications_record(
      array_agg(n.id), array_agg(o.id), array_agg(o.merchant_site), array_agg(o.environment), array_agg(p_now))
      from unnest(v_orders) with ordinality as e (order_id, place)
      join unnest(p_notification_ids) with ordinality as n (id, place) on n.place = e.place
      join orders o on o.id = e.order_id;
  end if;
  -- Each deadline is looked up by its key: `offset 0` keeps the planner from beginning with the deadlines.
  delete from order_deadlines where ctid = any (array(
    select d.ctid
    from (select o.id, o.expires_at from orders o where o.id = any (p_orders) and o.status <> 'open' offset 0) ended
    cross join lateral (select x.ctid from order_deadlines x
      where x.expires_at = ended.expires_at and x.order_id = ended.id offset 0) d));
  return coalesce(v_orders, '{}');
end $$;
