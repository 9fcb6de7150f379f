-- Why: every table that people outside can fill is trimmed by the minute, by rules that are rows; the payments of an
-- order and the refusals written down of one caller are bounded.
-- Old code: runs on, and trims by its own rules. Locks: each table while its new index is built (messages,
-- notification_attempts, checkout_sessions): writers wait for that long.

create table retention_rules (
  -- The subject that is trimmed; docs/operating/retention.md describes each.
  subject text not null,
  valid_from timestamptz not null,
  kept_seconds bigint not null,
  -- The newest that are kept at most, whatever their age; null: as many as there are.
  rows_max bigint,
  source text not null,
  constraint retention_rules_pkey primary key (subject, valid_from),
  constraint retention_rules_forward check (kept_seconds >= 0 and rows_max > 0)
);
comment on table retention_rules is 'How long what is kept: the row of a subject with the latest valid_from that has begun is in force. Money and its evidence are not here: nothing removes them';

insert into retention_rules (subject, valid_from, kept_seconds, rows_max, source) values
  ('refused_requests', '2026-01-01T00:00:00+07:00', 2592000, 100000, 'operator: an integrator asks within days; 30 days'),
  ('idempotency_keys', '2026-01-01T00:00:00+07:00', 2592000, null, 'the API''s promise: 30 days; never shorter'),
  ('attempt_counters', '2026-01-01T00:00:00+07:00', 0, null, 'operator: forgotten when window and lock are over'),
  ('checkout_sessions', '2026-01-01T00:00:00+07:00', 2592000, null, 'operator: who signed in where, while a payment is asked about; 30 days'),
  ('messages', '2026-01-01T00:00:00+07:00', 7776000, null, 'operator: when whom was written to, beyond the 30 working days of a trace request; 90 days'),
  ('messages.body_live', '2026-01-01T00:00:00+07:00', 86400, null, 'operator: erased when delivered; what was not delivered in a day is of no use'),
  ('messages.body_sandbox', '2026-01-01T00:00:00+07:00', 604800, null, 'operator: the sandbox''s inbox; 7 days'),
  ('notification_attempts', '2026-01-01T00:00:00+07:00', 7776000, null, 'operator: beyond the 30 working days of a trace request; 90 days'),
  ('failed_jobs', '2026-01-01T00:00:00+07:00', 2592000, null, 'operator: 30 days to look at them');

insert into policies (rule, valid_from, value, source) values
  ('payment.per_order_max', '2025-01-01T00:00:00+07:00', 50, 'operator'),
  ('payment.per_order_wallet_max', '2025-01-01T00:00:00+07:00', 20, 'operator');

-- Finds the sessions that a browser had for an order, to end them (replaceSession).
create index checkout_sessions_by_order on checkout_sessions (order_id);
create index messages_with_body on messages (environment, created_at) where body_sealed is not null;
create index notification_attempts_by_start on notification_attempts (started_at);

-- A flood of one caller is counted on the last of its refusals that was written down.
alter table refused_requests
  add column repeated bigint not null default 0,
  add column repeated_until timestamptz;
comment on column refused_requests.repeated is 'Further refusals of this caller, for this site and with this code, that were counted and not written down';
comment on table refused_requests is 'Bounded: by caller, by site and in all while they are written, by age and number afterwards (retention_rules)';
