-- Why: the checks of migration 0027 hold for the rows that are there too, and say so. A migration of its own, so that the
-- tables are read while everybody else reads and writes them.
-- Old code: runs on. Locks: nothing that reading or writing waits for; each table is read once.

alter table payments validate constraint payments_environment_known;
alter table payments validate constraint payments_class_known;
alter table payments validate constraint payments_status_known;
alter table orders validate constraint orders_environment_known;
alter table orders validate constraint orders_status_known;
alter table orders validate constraint orders_words_fit;
alter table wallets validate constraint wallets_environment_known;
alter table wallets validate constraint wallets_status_known;
alter table wallets validate constraint wallets_limits_not_negative;
alter table accounts validate constraint accounts_environment_known;
alter table accounts validate constraint accounts_kind_known;
alter table accounts validate constraint accounts_status_known;
alter table accounts validate constraint accounts_balance_on_its_side;
alter table transfers validate constraint transfers_environment_known;
alter table transfers validate constraint transfers_kind_known;
alter table transfers validate constraint transfers_fee_within_amount;
alter table notifications validate constraint notifications_environment_known;
alter table notifications validate constraint notifications_status_known;
alter table notification_attempts validate constraint notification_attempts_outcome_known;
alter table attempt_counters validate constraint attempt_counters_scope_known;
