-- Why: an attempt to sign in is counted for checkout, address and phone by one statement, which also says whether it
-- may be judged. Locks grow, and a browser that has paid before has attempts of its own. The costs at which PINs are
-- hashed are known, so that every attempt takes the same work.
-- Old code: runs, but keeps counting by its own rules. Locks: `wallets` for one scan (costs), `attempt_counters` for a
-- moment.

insert into policies (rule, valid_from, value, source) values
  ('sign_in.address_arrived_attempts_max', '2025-01-01T00:00:00+07:00', 30, 'operator'),
  ('lock.seconds_max', '2025-01-01T00:00:00+07:00', 86400, 'operator'),
  ('pin.locks_max', '2025-01-01T00:00:00+07:00', 10, 'operator');

-- Until now attempts were counted in windows that began with the first attempt. The old counts have no
-- meaning under the new rules.
delete from attempt_counters where scope in ('checkout', 'address');

alter table attempt_counters
  add column locks integer not null default 0,
  add column wallet_id uuid,
  add column notice_due_at timestamptz,
  drop constraint attempt_counters_scope_known,
  add constraint attempt_counters_scope_known
    check (scope in ('phone', 'known_browser', 'checkout', 'address', 'address_wallet'));
comment on column attempt_counters.attempts is 'phone, known_browser: wrong PINs since the last lock; checkout, address: attempts that were not given back';
comment on column attempt_counters.window_ends_at is 'checkout, address: when every attempt is free again, each takes an equal part of the window; others: when the row is forgotten';
comment on column attempt_counters.locks is 'Locks in a row, without a right PIN between them: each is twice as long as the last';
comment on column attempt_counters.notice_due_at is 'From then on anybody may tell the holder of the lock; null: nothing is to be told';
create index attempt_counters_notices on attempt_counters (notice_due_at) where notice_due_at is not null;

-- Every cost that a stored PIN hash was made with: m=…,t=…,p=….
create table pin_costs (
  cost text not null,
  constraint pin_costs_pkey primary key (cost)
);
insert into pin_costs (cost)
  select distinct substring(pin_hash from 'm=[0-9]+,t=[0-9]+,p=[0-9]+') from wallets
  where pin_hash ~ 'm=[0-9]+,t=[0-9]+,p=[0-9]+';

create function pin_costs_note() returns trigger language plpgsql security definer
  set search_path = public, pg_temp as $$
begin
  insert into pin_costs (cost)
    select substring(new.pin_hash from 'm=[0-9]+,t=[0-9]+,p=[0-9]+')
    where new.pin_hash ~ 'm=[0-9]+,t=[0-9]+,p=[0-9]+'
    on conflict do nothing;
  return null;
end $$;
create trigger wallets_note_pin_cost after insert or update of pin_hash on wallets
  for each row execute function pin_costs_note();

/* The value of a rule at this moment. */
create function policy_in_force(p_rule text, p_now timestamptz) returns bigint language plpgsql stable as $$
declare
  v_value bigint;
begin
  select p.value into v_value from policies p
    where p.rule = p_rule and p.valid_from <= p_now order by p.valid_from desc limit 1;
  if v_value is null then
    raise exception 'no policy row for % is in force at %', p_rule, p_now;
  end if;
  return v_value;
end $$;

/*
 * Takes one of `p_max` attempts, unless all are taken; each is free again after an equal part of the window, so that
 * nobody waits for longer than that part. Returns null when it is taken, else when the next will be free.
 */
create function attempts_take(p_scope text, p_subject text, p_max bigint, p_window_seconds bigint, p_now timestamptz)
  returns timestamptz language plpgsql as $$
declare
  v_part interval := make_interval(secs => p_window_seconds::double precision / greatest(p_max, 1));
  -- The rounding of the division must not cost an attempt.
  v_room interval := make_interval(secs => p_window_seconds) - v_part + interval '1 millisecond';
  v_ends_at timestamptz;
begin
  insert into attempt_counters as c (scope, subject, attempts, window_ends_at)
    values (p_scope, p_subject, 1, p_now + v_part)
    on conflict (scope, subject) do update
      set attempts = case when c.window_ends_at <= p_now then 1 else c.attempts + 1 end,
        window_ends_at = greatest(c.window_ends_at, p_now) + v_part
      where c.window_ends_at <= p_now + v_room
    returning c.window_ends_at into v_ends_at;
  if found then
    return null;
  end if;
  select c.window_ends_at into v_ends_at from attempt_counters c where c.scope = p_scope and c.subject = p_subject;
  return v_ends_at - v_room;
end $$;

/* Gives attempts back that attempts_take has taken; returns whether others are still taken. */
create function attempts_give_back(
  p_scope text, p_subject text, p_max bigint, p_window_seconds bigint, p_now timestamptz
) returns boolean language plpgsql as $$
declare
  v_ends_at timestamptz;
begin
  update attempt_counters c set attempts = greatest(c.attempts - 1, 0),
      window_ends_at = c.window_ends_at - make_interval(secs => p_window_seconds::double precision / greatest(p_max, 1))
    where c.scope = p_scope and c.subject = p_subject
    returning c.window_ends_at into v_ends_at;
  return coalesce(v_ends_at > p_now + interval '1 millisecond', false);
end $$;

/*
 * Counts one more wrong PIN in a row, before it is judged, unless the subject is locked. The one that reaches the
 * maximum locks at once, each time for twice as long as before. After pin.locks_max locks in a row time does not end the
 * lock; an operator does. A phone that nobody has is counted and locked like any other.
 */
create function attempts_count_pin(p_scope text, p_subject text, p_wallet uuid, p_now timestamptz)
  returns table (is_counted boolean, attempts_left integer, locks_at timestamptz, is_locked_for_good boolean)
  language plpgsql as $$
declare
  -- The law forbids more than ten wrong PINs in a row. Known browsers have those that the others leave.
  v_max bigint := case p_scope when 'known_browser'
    then least(policy_in_force('pin.attempts_max', p_now), 10 - policy_in_force('pin.attempts_max', p_now))
    else policy_in_force('pin.attempts_max', p_now) end;
  v_locks_max bigint := policy_in_force('pin.locks_max', p_now);
  v_row attempt_counters;
begin
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
      policy_in_force('lock.seconds', p_now) * power(2, least(v_row.locks - 1, 30)),
      policy_in_force('lock.seconds_max', p_now)));
    -- The process that judges the attempt tells the holder. If it dies first, any process does after this time.
    v_row.notice_due_at := case when p_wallet is null then null else p_now + interval '10 seconds' end;
  end if;
  update attempt_counters c set attempts = v_row.attempts, locks = v_row.locks, locked_until = v_row.locked_until,
      wallet_id = p_wallet, notice_due_at = v_row.notice_due_at, window_ends_at = p_now + interval '365 days'
    where c.scope = p_scope and c.subject = p_subject;
  return query select true, greatest(v_max - v_row.attempts, 0)::integer, v_row.locked_until, v_row.locks >= v_locks_max;
end $$;

/*
 * One attempt to sign in: counted for the checkout, the address and the phone, in this order, before anything is
 * compared. `verdict`: judge; too_many_attempts (10); pin_locked (79). `locks_at` of an attempt that is judged: the
 * lock that it leaves behind unless it is right; `attempts_left`: how many more the row has then. A browser that has paid from this wallet since the PIN was chosen is
 * counted by its own row alone, so neither strangers nor neighbours lock it out.
 */
create function sign_in_begin(
  p_environment text, p_phone text, p_phone_subject text, p_paid_from uuid[], p_paid_at timestamptz[],
  p_checkout_subject text, p_address_subject text, p_address_rule text, p_now timestamptz
) returns table (
  verdict text, retry_at timestamptz, attempts_left integer, locks_at timestamptz, is_locked_for_good boolean,
  counted_as text, wallet_id uuid, stored_pin_hash text, pin_costs text[])
  language plpgsql as $$
declare
  v_wallet wallets;
  v_window bigint := policy_in_force('sign_in.window_seconds', p_now);
  v_checkout_max bigint := policy_in_force('sign_in.checkout_attempts_max', p_now);
  v_counted_as text := 'phone';
  v_retry_at timestamptz;
  v_pin record;
begin
  select w.* into v_wallet from wallets w where w.environment = p_environment and w.phone = p_phone;
  if policy_in_force('pin.attempts_max', p_now) < 10
      and exists (select 1 from unnest(p_paid_from, p_paid_at) as paid (id, at)
        where paid.id = v_wallet.id and paid.at >= v_wallet.pin_changed_at) then
    v_counted_as := 'known_browser';
  else
    v_retry_at := attempts_take('checkout', p_checkout_subject, v_checkout_max, v_window, p_now);
    if v_retry_at is null then
      v_retry_at := attempts_take('address', p_address_subject, policy_in_force(p_address_rule, p_now), v_window, p_now);
      if v_retry_at is not null then
        perform attempts_give_back('checkout', p_checkout_subject, v_checkout_max, v_window, p_now);
      end if;
    end if;
    if v_retry_at is not null then
      return query select 'too_many_attempts', v_retry_at, 0, null::timestamptz, false, v_counted_as,
        null::uuid, null::text, null::text[];
      return;
    end if;
  end if;
  select * into v_pin from attempts_count_pin(
    v_counted_as, case v_counted_as when 'phone' then p_phone_subject else v_wallet.id::text end, v_wallet.id, p_now);
  if not v_pin.is_counted then
    return query select 'pin_locked', v_pin.locks_at, 0, null::timestamptz, v_pin.is_locked_for_good, v_counted_as,
      null::uuid, null::text, null::text[];
    return;
  end if;
  return query select 'judge', null::timestamptz, v_pin.attempts_left, v_pin.locks_at, v_pin.is_locked_for_good, v_counted_as,
    v_wallet.id, v_wallet.pin_hash, (select array_agg(c.cost) from pin_costs c);
end $$;

/* A hash made again at a higher cost; the PIN itself, and the date it was chosen, stay. */
create function wallets_rehash_pin(p_wallet uuid, p_former text, p_pin_hash text) returns void
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not has_column_privilege(session_user, 'public.orders', 'status', 'update') then perform refuse_caller(); end if;
  update wallets w set pin_hash = p_pin_hash where w.id = p_wallet and w.pin_hash = p_former;
end $$;

/*
 * Ends an attempt that was right, or that could not be judged: it gives back the attempts that it took. A right PIN also
 * ends the row of wrong ones. The first right PIN of each wallet from an address gives back one attempt more: many
 * people may share an address, and those who sign in make room for the typing errors of the others. The locks are taken
 * in the order of sign_in_begin.
 */
create function sign_in_settle(
  p_is_right boolean, p_counted_as text, p_pin_subject text, p_checkout_subject text, p_address_subject text,
  p_address_rule text, p_wallet uuid, p_former_pin_hash text, p_pin_hash text, p_now timestamptz
) returns void language plpgsql as $$
declare
  v_window bigint := policy_in_force('sign_in.window_seconds', p_now);
  v_address_max bigint := policy_in_force(p_address_rule, p_now);
begin
  if p_counted_as = 'phone' then
    perform attempts_give_back('checkout', p_checkout_subject,
      policy_in_force('sign_in.checkout_attempts_max', p_now), v_window, p_now);
    if attempts_give_back('address', p_address_subject, v_address_max, v_window, p_now) and p_is_right then
      insert into attempt_counters as c (scope, subject, attempts, window_ends_at)
        values ('address_wallet', p_address_subject || '/' || p_wallet, 1, p_now + make_interval(secs => v_window))
        on conflict (scope, subject) do update set window_ends_at = excluded.window_ends_at
          where c.window_ends_at <= p_now;
      if found then
        perform attempts_give_back('address', p_address_subject, v_address_max, v_window, p_now);
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
