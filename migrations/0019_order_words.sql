-- Why: references and order numbers are the merchant's own words now, up to 255 characters of any script; an entry of
-- the index on the references may have 2704 bytes, so 2048 is kept here too (src/ground/text says the same).
-- Old code: runs on, its references are shorter. Locks: orders, while its rows are read once.

alter table orders add constraint orders_words_fit check (
  octet_length(merch_txn_ref) between 1 and 2048 and octet_length(order_no) between 1 and 2048);
