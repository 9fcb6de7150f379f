-- Why: wallet holders with what they have paid today and this month, the dated policy rows, counted sign-in attempts.
-- Old code: none. Locks: nothing, the tables are new.

create table policies (
  rule text not null,
  valid_from timestamptz not null,
  value bigint not null,
  source text not null,
  constraint policies_pkey primary key (rule, valid_from)
);
comment on table policies is 'Rules of the regulator and the operator: the row with the latest valid_from that has begun is in force';

insert into policies (rule, valid_from, value, source) values
  ('limit.monthly_dong', '2024-07-17T00:00:00+07:00', 100000000, 'Circular 40/2024/TT-NHNN art. 26, amended by 41/2025'),
  ('limit.per_payment_dong', '2024-07-17T00:00:00+07:00', 50000000, 'operator'),
  ('limit.daily_dong', '2024-07-17T00:00:00+07:00', 100000000, 'operator'),
  ('class_a.total_max_dong', '2025-01-01T00:00:00+07:00', 5000000, 'Circular 50/2024/TT-NHNN, appendix'),
  ('class_b.payment_max_dong', '2025-01-01T00:00:00+07:00', 100000000, 'Circular 50/2024/TT-NHNN, appendix'),
  ('otp.valid_seconds', '2025-01-01T00:00:00+07:00', 120, 'Circular 50/2024/TT-NHNN art. 11, 17: 5 minutes at most'),
  ('otp.attempts_max', '2025-01-01T00:00:00+07:00', 5, 'Circular 50/2024/TT-NHNN: never above 10'),
  ('otp.resends_max', '2025-01-01T00:00:00+07:00', 3, 'operator'),
  ('otp.resend_wait_seconds', '2025-01-01T00:00:00+07:00', 30, 'operator'),
  ('pin.attempts_max', '2025-01-01T00:00:00+07:00', 5, 'Circular 50/2024/TT-NHNN: never above 10'),
  ('lock.seconds', '2025-01-01T00:00:00+07:00', 1800, 'operator'),
  ('sign_in.checkout_attempts_max', '2025-01-01T00:00:00+07:00', 10, 'operator'),
  ('sign_in.address_attempts_max', '2025-01-01T00:00:00+07:00', 10, 'operator'),
  ('sign_in.window_seconds', '2025-01-01T00:00:00+07:00', 900, 'operator'),
  ('order.valid_seconds', '2024-07-17T00:00:00+07:00', 900, 'operator'),
  ('order.valid_min_seconds', '2024-07-17T00:00:00+07:00', 300, 'operator'),
  ('order.valid_max_seconds', '2024-07-17T00:00:00+07:00', 2592000, 'operator');

-- Two rules have a ceiling by law; a row above it is refused here, whoever writes it.
alter table policies add constraint policies_within_law check (
  (rule not in ('otp.attempts_max', 'pin.attempts_max') or value between 1 and 10)
  and (rule <> 'otp.valid_seconds' or value between 30 and 300)
  and value >= 0);

create table wallets (
  id uuid not null,
  environment text not null,
  phone text not null,
  holder_name text not null,
  status text not null default 'active',
  identified boolean not null default false,
  account_id uuid not null,
  pin_hash text not null,
  pin_changed_at timestamptz not null,
  locale text not null default 'vi',
  -- The holder's own limits, never above the policy's; null: the policy alone.
  limit_per_payment_dong bigint,
  limit_daily_dong bigint,
  limit_monthly_dong bigint,
  otp_failures integer not null default 0,
  otp_locked_until timestamptz,
  -- What was paid on `totals_day` (GMT+7), the last day with a payment, and in its month up to then; here and not in
  -- a table of its own, because every payment locks this row anyway.
  totals_day date,
  paid_day_dong bigint not null default 0,
  paid_month_dong bigint not null default 0,
  created_at timestamptz not null,
  constraint wallets_pkey primary key (id),
  constraint wallets_one_per_phone unique (environment, phone),
  constraint wallets_account foreign key (account_id) references accounts (id),
  constraint wallets_environment_known check (environment in ('sandbox', 'live')),
  constraint wallets_phone_format check (phone ~ '^0[0-9]{9}$'),
  constraint wallets_status_known check (status in ('inactive', 'active', 'locked', 'closed')),
  constraint wallets_limits_not_negative check (coalesce(limit_per_payment_dong, 0) >= 0
    and coalesce(limit_daily_dong, 0) >= 0 and coalesce(limit_monthly_dong, 0) >= 0),
  constraint wallets_totals_fit check (paid_day_dong >= 0 and paid_month_dong >= paid_day_dong)
) with (fillfactor = 70);

create table attempt_counters (
  -- phone (keyed hash), checkout (order id) or address (keyed hash): no personal data in clear
  scope text not null,
  subject text not null,
  attempts integer not null,
  window_ends_at timestamptz not null,
  locked_until timestamptz,
  constraint attempt_counters_pkey primary key (scope, subject),
  constraint attempt_counters_scope_known check (scope in ('phone', 'checkout', 'address'))
);
create index attempt_counters_by_end on attempt_counters (window_ends_at);
