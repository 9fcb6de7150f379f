-- Why: an attempt at a code is counted by one statement; codes to one wallet are bounded by the hour.
-- Old code: must be stopped, it counts in a column that goes. Locks: `confirmations` for a moment.

insert into policies (rule, valid_from, value, source) values
  ('otp.sends_per_hour_max', '2025-01-01T00:00:00+07:00', 10, 'operator');

-- This column was counted and never read. The wallet's own counter of wrong codes limits the attempts.
alter table confirmations drop column attempts;

create table code_sends (
  wallet_id uuid not null,
  -- The times of the last hour's codes, at most otp.sends_per_hour_max.
  sent_at timestamptz[] not null,
  constraint code_sends_pkey primary key (wallet_id),
  constraint code_sends_wallet foreign key (wallet_id) references wallets (id)
);

/*
 * Stores a code that is about to be sent, a first one or a new one in its place. Returns null when it may be sent; when
 * the wallet was sent as many as it may in an hour, nothing is stored, and the time of the next is returned.
 */
create function code_store(
  p_payment uuid, p_wallet uuid, p_code_hash bytea, p_sent_at timestamptz, p_valid_until timestamptz
) returns timestamptz language plpgsql as $$
declare
  v_max integer := greatest(policy_in_force('otp.sends_per_hour_max', p_sent_at), 1);
  v_recent timestamptz[];
begin
  insert into code_sends (wallet_id, sent_at) values (p_wallet, '{}') on conflict do nothing;
  select array(select at from unnest(s.sent_at) at where at > p_sent_at - interval '1 hour' order by at)
    into v_recent from code_sends s where s.wallet_id = p_wallet for update;
  if cardinality(v_recent) >= v_max then
    return v_recent[cardinality(v_recent) - v_max + 1] + interval '1 hour';
  end if;
  update code_sends s set sent_at = v_recent || p_sent_at where s.wallet_id = p_wallet;
  insert into confirmations (payment_id, code_hash, sent_at, valid_until)
    values (p_payment, p_code_hash, p_sent_at, p_valid_until)
    on conflict (payment_id) do update set code_hash = excluded.code_hash, sent_at = excluded.sent_at,
      valid_until = excluded.valid_until, resends = confirmations.resends + 1;
  return null;
end $$;

/*
 * One attempt at the code of a payment, counted in the row of its wallet before anything is compared.
 * `verdict`: judge, or why it is not judged. The attempt that reaches the maximum locks the wallet at once; a
 * right code undoes it, so a crash leaves it locked. It waits for a posting that holds the payment. An
 * attempt after that posting is told the truth and is not counted.
 */
create function code_count_attempt(p_payment uuid, p_now timestamptz) returns table (
  verdict text, wallet_id uuid, amount_dong bigint, merchant_site text, code_hash bytea,
  attempts integer, attempts_max integer, locked_until timestamptz)
  language plpgsql as $$
declare
  v_payment payments;
  v_order orders;
  v_confirmation confirmations;
  v_max integer := policy_in_force('otp.attempts_max', p_now);
  v_locks_at timestamptz := p_now + make_interval(secs => policy_in_force('lock.seconds', p_now));
  v_attempts integer;
begin
  select p.* into v_payment from payments p where p.id = p_payment for no key update;
  if not found then
    raise exception 'payment % does not exist', p_payment;
  end if;
  select o.* into v_order from orders o where o.id = v_payment.order_id;
  if v_payment.status = 'paid' then
    verdict := 'paid';
  elsif v_payment.status <> 'confirming' or v_order.status <> 'open' or v_order.expires_at <= p_now then
    verdict := 'too_late';
  else
    select c.* into v_confirmation from confirmations c where c.payment_id = p_payment;
    if not found then
      raise exception 'payment % is confirming without a code', p_payment;
    end if;
    if v_confirmation.valid_until <= p_now then
      verdict := 'code_expired';
    else
      update wallets w set
          otp_failures = case when w.otp_locked_until is null then w.otp_failures + 1 else 1 end,
          otp_locked_until = case
            when (case when w.otp_locked_until is null then w.otp_failures + 1 else 1 end) >= v_max then v_locks_at end
        where w.id = v_payment.wallet_id and (w.otp_locked_until is null or w.otp_locked_until <= p_now)
        returning w.otp_failures into v_attempts;
      verdict := case when found then 'judge' else 'no_attempt_left' end;
    end if;
  end if;
  return query select verdict, v_payment.wallet_id, v_payment.amount_dong, v_order.merchant_site,
    v_confirmation.code_hash, v_attempts, v_max, v_locks_at;
end $$;

/*
 * The code was right but did not pay: takes back the attempt, and the lock that it may have set. A payment
 * that is paid has ended the row of wrong codes itself.
 */
create function code_forgive_attempt(p_payment uuid) returns void language sql as $$
  update wallets w set otp_failures = greatest(w.otp_failures - 1, 0), otp_locked_until = null
    where w.id = (select p.wallet_id from payments p where p.id = p_payment and p.status <> 'paid');
$$;
