-- Why: a shop's own return address may hold names that the result appends too (decision 0005). A site whose receiver
-- cannot take the last of two values has the result's names prefixed.
-- Old code: runs on; it refuses such addresses and sends plain names. Locks: merchant_sites for a moment, no rewrite.

alter table merchant_sites add column result_names text not null default 'plain',
  add constraint merchant_sites_result_names_known check (result_names in ('plain', 'prefixed'));
