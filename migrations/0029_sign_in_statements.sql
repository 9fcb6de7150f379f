-- Why: signing in asks less of PostgreSQL. The rules that an attempt needs are read at once, where each was looked up by
-- a call of its own; and the first attempt after a right PIN, which is nearly every one, counts its PIN with one
-- statement, where it took four.
-- Old code: runs on, the functions take and return what they did. Locks: nothing.

/* The values of these rules at this moment, in their order. A rule that has none is refused, as by policy_in_force. */
create function policies_in_force(p_rules text[], p_now timestamptz) returns bigint[] language plpgsql stable as $$
declare
  v_values bigint[];
begin
  v_values := array(
    select (select p.value from policies p where p.rule = r.rule and p.valid_from <= p_now order by p.valid_from desc limit 1)
    from unnest(p_rules) with ordinality r (rule, place) order by r.place);
  if array_position(v_values, null) is not null then
    perform policy_in_force(p_rules[array_position(v_values, null)], p_now);
  end if;
  return v_values;
end $$;

/* As in migration 0016; the row that is not there yet is made with the attempt in it. */
create or replace function attempts_count_pin(p_scope text, p_subject text, p_wallet uuid, p_now timestamptz)
  returns table (is_counted boolean, attempts_left integer, locks_at timestamptz, is_locked_for_good boolean)
  language plpgsql as $$
declare
  v_rules bigint[] := policies_in_force('{pin.attempts_max,pin.locks_max,lock.seconds,lock.seconds_max}', p_now);
  -- The law forbids more than ten wrong PINs in a row. Known browsers have those that the others leave.
  v_max bigint := case p_scope when 'known_browser' then least(v_rules[1], 10 - v_rules[1]) else v_rules[1] end;
  v_locks_max bigint := v_rules[2];
  v_row attempt_counters;
begin
  if v_max > 1 and v_locks_max > 0 then
    insert into attempt_counters (scope, subject, attempts, wallet_id, window_ends_at)
      values (p_scope, p_subject, 1, p_wallet, p_now + interval '365 days')
      on conflict do nothing;
    if found then
      is_counted := true;
      attempts_left := v_max - 1;
      is_locked_for_good := false;
      return next;
      return;
    end if;
  end if;
  loop
    select * into v_row from attempt_counters c where c.scope = p_scope and c.subject = p_subject for update;
    exit when found;
    insert into attempt_counters (scope, subject, attempts, window_ends_at) values (p_scope, p_subject, 0, p_now)
      on conflict do nothing;
  end loop;
  if v_row.window_ends_at <= p_now then
    v_row.attempts := 0;
    v_row.locks := 0;
    v_row.locked_until := null;
  end if;
  if v_row.locks >= v_locks_max then
    return query select false, 0, null::timestamptz, true;
    return;
  end if;
  if v_row.locked_until > p_now then
    return query select false, 0, v_row.locked_until, false;
    return;
  end if;
  v_row.attempts := case when v_row.locked_until is null then v_row.attempts + 1 else 1 end;
  v_row.locked_until := null;
  v_row.notice_due_at := null;
  if v_row.attempts >= v_max then
    v_row.locks := v_row.locks + 1;
    v_row.locked_until := p_now + make_interval(secs => least(
      v_rules[3] * power(2, least(v_row.locks - 1, 30)), v_rules[4]));
    -- The process that judges the attempt tells the holder. If it dies first, any process does after this time.
    v_row.notice_due_at := case when p_wallet is null then null else p_now + interval '10 seconds' end;
  end if;
  update attempt_counters c set attempts = v_row.attempts, locks = v_row.locks, locked_until = v_row.locked_until,
      wallet_id = p_wallet, notice_due_at = v_row.notice_due_at, window_ends_at = p_now + interval '365 days'
    where c.scope = p_scope and c.subject = p_subject;
  return query select true, greatest(v_max - v_row.attempts, 0)::integer, v_row.locked_until, v_row.locks >= v_locks_max;
end $$;

/* As in migration 0016. */
create or replace function sign_in_begin(
  p_environment text, p_phone text, p_phone_subject text, p_paid_from uuid[], p_paid_at timestamptz[],
  p_checkout_subject text, p_address_subject text, p_address_rule text, p_now timestamptz
) returns table (
  verdict text, retry_at timestamptz, attempts_left integer, locks_at timestamptz, is_locked_for_good boolean,
  counted_as text, wallet_id uuid, stored_pin_hash text, pin_costs text[])
  language plpgsql as $$
declare
  v_wallet wallets;
  v_rules bigint[] := policies_in_force(
    array['sign_in.window_seconds', 'sign_in.checkout_attempts_max', p_address_rule, 'pin.attempts_max'], p_now);
  v_window bigint := v_rules[1];
  v_checkout_max bigint := v_rules[2];
  v_pin record;
begin
  attempts_left := 0;
  is_locked_for_good := false;
  counted_as := 'phone';
  select w.* into v_wallet from wallets w where w.environment = p_environment and w.phone = p_phone;
  if cardinality(p_paid_from) > 0 and v_rules[4] < 10
      and exists (select 1 from unnest(p_paid_from, p_paid_at) as paid (id, at)
        where paid.id = v_wallet.id and paid.at >= v_wallet.pin_changed_at) then
    counted_as := 'known_browser';
  else
    retry_at := attempts_take('checkout', p_checkout_subject, v_checkout_max, v_window, p_now);
    if retry_at is null then
      retry_at := attempts_take('address', p_address_subject, v_rules[3], v_window, p_now);
      if retry_at is not null then
        perform attempts_give_back('checkout', p_checkout_subject, v_checkout_max, v_window, p_now);
      end if;
    end if;
    if retry_at is not null then
      verdict := 'too_many_attempts';
      return next;
      return;
    end if;
  end if;
  select * into v_pin from attempts_count_pin(
    counted_as, case counted_as when 'phone' then p_phone_subject else v_wallet.id::text end, v_wallet.id, p_now);
  is_locked_for_good := v_pin.is_locked_for_good;
  if not v_pin.is_counted then
    verdict := 'pin_locked';
    retry_at := v_pin.locks_at;
    return next;
    return;
  end if;
  verdict := 'judge';
  attempts_left := v_pin.attempts_left;
  locks_at := v_pin.locks_at;
  wallet_id := v_wallet.id;
  stored_pin_hash := v_wallet.pin_hash;
  pin_costs := (select array_agg(c.cost) from pin_costs c);
  return next;
end $$;

/* As in migration 0016. */
create or replace function sign_in_settle(
  p_is_right boolean, p_counted_as text, p_pin_subject text, p_checkout_subject text, p_address_subject text,
  p_address_rule text, p_wallet uuid, p_former_pin_hash text, p_pin_hash text, p_now timestamptz
) returns void language plpgsql as $$
declare
  v_rules bigint[];
begin
  if p_counted_as = 'phone' then
    v_rules := policies_in_force(
      array['sign_in.window_seconds', 'sign_in.checkout_attempts_max', p_address_rule], p_now);
    perform attempts_give_back('checkout', p_checkout_subject, v_rules[2], v_rules[1], p_now);
    if attempts_give_back('address', p_address_subject, v_rules[3], v_rules[1], p_now) and p_is_right then
      insert into attempt_counters as c (scope, subject, attempts, window_ends_at)
        values ('address_wallet', p_address_subject || '/' || p_wallet, 1, p_now + make_interval(secs => v_rules[1]))
        on conflict (scope, subject) do update set window_ends_at = excluded.window_ends_at
          where c.window_ends_at <= p_now;
      if found then
        perform attempts_give_back('address', p_address_subject, v_rules[3], v_rules[1], p_now);
      end if;
    end if;
  end if;
  if p_is_right then
    delete from attempt_counters c where c.scope = p_counted_as and c.subject = p_pin_subject;
  else
    update attempt_counters c set attempts = greatest(c.attempts - 1, 0), notice_due_at = null,
        locks = greatest(c.locks - case when c.locked_until is null then 0 else 1 end, 0), locked_until = null
      where c.scope = p_counted_as and c.subject = p_pin_subject;
  end if;
  if p_pin_hash is not null then
    perform wallets_rehash_pin(p_wallet, p_former_pin_hash, p_pin_hash);
  end if;
end $$;
