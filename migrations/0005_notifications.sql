-- Why: the results that go to merchants' servers, and the log of every attempt to deliver them.
-- Old code: none. Locks: nothing, the tables are new.

create table notifications (
  id uuid not null,
  order_id uuid not null,
  merchant_site text not null,
  environment text not null,
  -- skipped: the site had no notify URL when the order ended
  status text not null default 'pending',
  attempts integer not null default 0,
  next_attempt_at timestamptz,
  -- A worker that took it must write the outcome before this, or another takes it over.
  leased_until timestamptz,
  created_at timestamptz not null,
  ended_at timestamptz,
  constraint notifications_pkey primary key (id),
  -- An order has one final result. No foreign key beside it: the row is written with the order's own, in every posting.
  constraint notifications_one_per_order unique (order_id),
  constraint notifications_environment_known check (environment in ('sandbox', 'live')),
  constraint notifications_status_known check (status in ('pending', 'delivered', 'exhausted', 'skipped')),
  constraint notifications_pending_has_time check ((status = 'pending') = (next_attempt_at is not null))
);
create index notifications_due_by_site on notifications (merchant_site, next_attempt_at) where status = 'pending';
-- Pending rows die quickly in a table that grows for ten years: a share of the whole would be vacuumed too late.
alter table notifications set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
create index notifications_by_site on notifications (merchant_site, id);

create table notification_attempts (
  id uuid not null,
  notification_id uuid not null,
  attempt_no integer not null,
  started_at timestamptz not null,
  duration_ms integer not null,
  method text not null,
  url text not null,
  request_headers jsonb not null,
  request_body text,
  response_status integer,
  response_body text,
  outcome text not null,
  detail text,
  constraint notification_attempts_pkey primary key (id),
  constraint notification_attempts_notification foreign key (notification_id) references notifications (id),
  constraint notification_attempts_outcome_known check (outcome in (
    'delivered', 'answer_refused', 'timed_out', 'address_refused', 'connection_failed', 'answer_too_large'))
);
create index notification_attempts_by_notification on notification_attempts (notification_id, attempt_no);
