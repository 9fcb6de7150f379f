-- A known value sealed by each key of the ring that this database was ever started with. A start with another ring,
-- or with none, is recognised by it before anything is sealed with a key that does not belong here.
--
-- The former program runs on this schema: it does not look at the table. Locks nothing: the table is new.

create table key_ring_checks (
  key_id text collate "C" not null,
  -- The table's name, sealed and bound to `key_ring_checks/<key_id>`.
  sealed bytea not null,
  made_at timestamptz not null default now(),
  constraint key_ring_checks_pkey primary key (key_id)
);

comment on table key_ring_checks is
  'One sealed value a key of the ring: whether the ring of a start is the one this database was sealed with';
