-- Why: orders as merchants sent them, the buyers' attempts to pay them, confirmations and checkout sessions.
-- Old code: none. Locks: nothing, the tables are new.

create table orders (
  id uuid not null,
  environment text not null,
  merchant_site text not null,
  protocol text not null,
  merch_txn_ref text not null,
  order_no text not null,
  amount_dong bigint not null,
  description text not null,
  return_url text not null,
  cancel_url text,
  locale text not null,
  -- The fields as received, echoed in the result.
  received jsonb not null,
  content_hash bytea not null,
  status text not null default 'open',
  response_code text,
  -- The payment that the result speaks of: the paid one, else the last refused one.
  result_payment_id uuid,
  transaction_no text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  final_at timestamptz,
  constraint orders_pkey primary key (id),
  -- A reference belongs to one order of the site, for ever.
  constraint orders_reference_once unique (merchant_site, merch_txn_ref),
  constraint orders_site foreign key (merchant_site) references merchant_sites (merchant_site),
  constraint orders_environment_known check (environment in ('sandbox', 'live')),
  constraint orders_status_known check (status in ('open', 'paid', 'failed', 'cancelled', 'expired')),
  constraint orders_amount_positive check (amount_dong > 0 and amount_dong <= 9999999999999),
  constraint orders_final_has_result check ((status = 'open') = (final_at is null) and (status = 'open') = (response_code is null)),
  constraint orders_paid_says_so check ((status = 'paid') = (coalesce(response_code, '') in ('00', '07')))
) with (fillfactor = 50);
comment on table orders is 'Written twice: when it comes in and when it ends. No index may hold what the end changes, and half of each page is left free: then the end stays on its page and no index is written again (decision 0003)';

-- When to look whether an order has ended: an index of the orders by their state would be written with every payment.
create table order_deadlines (
  expires_at timestamptz not null,
  order_id uuid not null,
  constraint order_deadlines_pkey primary key (expires_at, order_id)
);
alter table order_deadlines set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
comment on table order_deadlines is 'One row for each order until its time is over; the sweep that ends orders removes it';

create table checkout_sessions (
  id uuid not null,
  token_hash bytea not null,
  browser_hash bytea not null,
  order_id uuid not null,
  wallet_id uuid not null,
  signed_in_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  constraint checkout_sessions_pkey primary key (id),
  constraint checkout_sessions_token_once unique (token_hash),
  constraint checkout_sessions_order foreign key (order_id) references orders (id),
  constraint checkout_sessions_wallet foreign key (wallet_id) references wallets (id)
);
create index checkout_sessions_by_expiry on checkout_sessions (expires_at);

create table payments (
  id uuid not null,
  -- The gateway's number of this payment, as merchants and buyers quote it.
  transaction_no bigint generated always as identity (start with 100000001),
  order_id uuid not null,
  environment text not null,
  wallet_id uuid not null,
  checkout_session_id uuid,
  status text not null default 'started',
  amount_dong bigint not null,
  -- The fee agreed when the payment started; later changes of the site's fee do not touch it.
  fee_dong bigint not null,
  vat_dong bigint not null,
  credit_account_id uuid not null,
  confirmation_class text not null,
  refusal_code text,
  refusal_detail jsonb,
  created_at timestamptz not null,
  confirming_at timestamptz,
  final_at timestamptz,
  constraint payments_pkey primary key (id),
  constraint payments_transaction_no_once unique (transaction_no),
  constraint payments_order foreign key (order_id) references orders (id),
  constraint payments_wallet foreign key (wallet_id) references wallets (id),
  constraint payments_environment_known check (environment in ('sandbox', 'live')),
  constraint payments_status_known check (status in ('started', 'confirming', 'paid', 'refused', 'cancelled', 'expired')),
  constraint payments_class_known check (confirmation_class in ('A', 'B', 'C', 'D')),
  constraint payments_refused_has_code check ((status = 'refused') = (refusal_code is not null)),
  constraint payments_final_has_time check ((status in ('started', 'confirming')) = (final_at is null))
) with (fillfactor = 50);
comment on table payments is 'No index holds a state: see orders. That an order is paid once is kept by its lock, and by the one notification an order can have';
create index payments_by_order on payments (order_id);
create index payments_by_wallet on payments (wallet_id, id);

create table confirmations (
  payment_id uuid not null,
  -- Keyed hash of code, payment, amount and shop: a code says nothing elsewhere, and the table says no code.
  code_hash bytea not null,
  sent_at timestamptz not null,
  valid_until timestamptz not null,
  attempts integer not null default 0,
  resends integer not null default 0,
  spent_at timestamptz,
  constraint confirmations_pkey primary key (payment_id),
  constraint confirmations_payment foreign key (payment_id) references payments (id)
);
