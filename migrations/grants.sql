-- What the running role may do; run by the owner after every migration, with :app_role replaced by its name.
-- The running role changes rows, never the schema, and never the history of money.

grant usage on schema public to :app_role;
grant select, insert, update, delete on all tables in schema public to :app_role;
grant usage, select on all sequences in schema public to :app_role;
grant execute on all functions in schema public to :app_role;

revoke insert, update, delete on schema_migrations from :app_role;

-- The journal only grows, and it and the balances are written by the ledger's functions alone, which run as the
-- owner. Accounts, orders and payments are kept for ten years: nothing the gateway runs removes one.
revoke insert, update, delete on transfers from :app_role;
revoke insert, update, delete on accounts from :app_role;
grant insert (id, environment, kind, owner, created_at) on accounts to :app_role;
revoke delete on orders, payments from :app_role;

-- Checkpoints are written by ledger_seal alone; outcomes of verifications are only added.
revoke insert, update, delete on ledger_checkpoints, ledger_sealed_sums from :app_role;
revoke update, delete on ledger_verifications from :app_role;
