-- Why: orders whose time is over are ended many at a time, and one that cannot be ended does not stop the
-- others.
-- Old code: runs on; it knows nothing of orders set aside, and ends none of them. Locks: nothing, the table is new.

create table order_deadline_faults (
  order_id uuid not null,
  expires_at timestamptz not null,
  failures integer not null,
  failed_at timestamptz not null,
  retry_at timestamptz not null,
  -- SQLSTATE, where the database gave one, and the constraint: never a value of a row.
  fault text not null,
  constraint order_deadline_faults_pkey primary key (order_id)
);
create index order_deadline_faults_due on order_deadline_faults (retry_at);
comment on table order_deadline_faults is 'Orders whose time is over and that could not be ended: tried again later, each by itself, apart from all others';

/*
 * Ends the given orders as expired (11) where they are open and their time is over, with their payments under way and
 * a notification each, and forgets the deadlines of all that have ended. Takes its locks as everybody does: orders by
 * id, then their payments by id. An order that somebody else holds is skipped: its deadline stays. Returns those that
 * it has ended. p_notification_ids: as many as orders, made by the caller.
 */
create function orders_expire(p_orders uuid[], p_notification_ids uuid[], p_now timestamptz) returns uuid[]
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
    update orders o set status = 'expired', response_code = '11', final_at = p_now where o.id = any (v_orders);
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
