-- Why: gateways keep copies of sites, keys and rules in memory. A change notifies them at its commit.
-- Old code: still runs, it does not listen. Locks: each of the four small tables for a moment.

create function tell_change() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  perform pg_notify('vipay_changes', tg_table_name);
  return null;
end $$;

create trigger merchants_changed after insert or update or delete or truncate on merchants
  for each statement execute function tell_change();
create trigger merchant_sites_changed after insert or update or delete or truncate on merchant_sites
  for each statement execute function tell_change();
create trigger site_keys_changed after insert or update or delete or truncate on site_keys
  for each statement execute function tell_change();
create trigger policies_changed after insert or update or delete or truncate on policies
  for each statement execute function tell_change();
