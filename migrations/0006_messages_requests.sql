-- Why: messages to people, the bounded log of refused requests, and stored answers of the REST API.
-- Old code: none. Locks: nothing, the tables are new.

create table messages (
  id uuid not null,
  environment text not null,
  channel text not null,
  recipient text not null,
  purpose text not null,
  body_sealed bytea,
  status text not null default 'queued',
  created_at timestamptz not null,
  delivered_at timestamptz,
  constraint messages_pkey primary key (id),
  constraint messages_environment_known check (environment in ('sandbox', 'live')),
  constraint messages_channel_known check (channel in ('sms', 'email')),
  constraint messages_status_known check (status in ('queued', 'delivered', 'failed'))
);
create index messages_newest on messages (environment, created_at desc);
create index messages_by_recipient on messages (environment, recipient, created_at desc);

create table refused_requests (
  trace_id text not null,
  received_at timestamptz not null,
  entry_point text not null,
  method text not null,
  remote_address text not null,
  merchant_site text,
  code text not null,
  detail text not null,
  -- Field names and values with secrets, signatures and personal data masked; cut at 4 KiB.
  received jsonb not null,
  constraint refused_requests_pkey primary key (trace_id)
);
create index refused_requests_newest on refused_requests (received_at desc);
comment on table refused_requests is 'Bounded: the clean-up job keeps the newest 100.000 rows and at most 90 days';

create table idempotency_keys (
  merchant_site text not null,
  path text not null,
  idempotency_key text not null,
  body_hash bytea not null,
  response_status integer not null,
  response_body text not null,
  created_at timestamptz not null,
  constraint idempotency_keys_pkey primary key (merchant_site, path, idempotency_key)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);
