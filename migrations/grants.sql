-- The rights of the running role. The owner runs this file after every migration, with :app_role replaced by
-- its name.
--
-- The role has these rights and no others: all former rights are taken back first, and PUBLIC has none
-- (src/ground/database/grants.ts). The gateway therefore writes only the columns named here.
--
-- To extend: find the table's group below (or add one, in the order of the alphabet) and name the column under
-- insert or update, or the function at the end. Then `npm run schema`, so that docs/reference/schema.md shows it.
-- Not here, on purpose: who is credited, fees, amounts, balances, totals, PIN hashes, limits, rules, environments.
-- Those are written once, at insert, or by a function that belongs to the owner and checks what it is given.

grant usage on schema public to :app_role;

-- accounts: opened with nothing on them; balances move through ledger_post alone
grant select, insert (id, environment, kind, owner, created_at) on accounts to :app_role;

-- attempt_counters: counted, forgiven, forgotten
grant select, insert, delete,
  update (attempts, window_ends_at, locked_until, locks, wallet_id, notice_due_at)
  on attempt_counters to :app_role;

-- audit_log: only ever added to; its number is drawn, never chosen
grant select,
  insert (id, happened_at, environment, actor_kind, actor_id, actor_via, act, subject_kind, subject_id, before, after,
    reason, trace_id, seal)
  on audit_log to :app_role;
grant select on sequence audit_log_act_no_seq to :app_role;
grant select, insert on audit_checkpoints to :app_role;

-- checkout_sessions: opened and ended, trimmed
grant select, delete,
  insert (id, token_hash, browser_hash, order_id, wallet_id, signed_in_at, expires_at),
  update (ended_at)
  on checkout_sessions to :app_role;

-- confirmations: a code sent, sent anew; spent by posting_apply
grant select,
  insert (payment_id, code_hash, sent_at, valid_until),
  update (code_hash, sent_at, valid_until, resends)
  on confirmations to :app_role;
grant select, insert, update (sent_at) on code_sends to :app_role;

-- idempotency_keys: kept, taken over by the next answer once outlived, trimmed
grant select, insert, delete,
  update (body_hash, response_status, response_body, created_at)
  on idempotency_keys to :app_role;

-- key_ring_checks: added for each new key; only the owner takes one away, after nothing needs it any more
grant select, insert (key_id, sealed) on key_ring_checks to :app_role;

-- ledger: the journal, its checkpoints and sums are written by functions; outcomes of verifications are only added
grant select on transfers, ledger_entries, ledger_checkpoints, ledger_sealed_sums to :app_role;
grant select on sequence transfers_journal_no_seq to :app_role;
grant select, insert on transfer_seals to :app_role;
grant select on transfer_seals_begin to :app_role;
grant select, insert on ledger_verifications to :app_role;

-- merchants: added
grant select, insert (id, environment, name, created_at) on merchants to :app_role;

-- merchant_sites: added with their fee; later what a merchant decides (credit account, fee and bounds by the owner)
grant select,
  insert (merchant_site, merchant_id, environment, name, protocol, access_code, amount_unit, result_names, result_amount, result_codes, return_url,
    notify_url, return_schemes, return_hosts, credit_account_kind, credit_account_id, amount_min_dong, amount_max_dong, fee_rate_ppm, fee_fixed_dong,
    fee_min_dong, fee_max_dong, vat_rate_ppm, created_at),
  update (status, protocol_enabled, name, result_names, result_amount, result_codes, return_url, notify_url, return_schemes, return_hosts)
  on merchant_sites to :app_role;

-- messages: sent, their texts erased, trimmed
grant select, delete,
  insert (id, environment, channel, recipient, purpose, body_sealed, status, created_at, delivered_at, next_attempt_at, deadline_at),
  update (body_sealed, status, delivered_at, attempts, next_attempt_at, leased_until, handed_over, last_outcome)
  on messages to :app_role;

-- notifications: recorded with the result, claimed, delivered or given up, sent again
grant select,
  insert (id, order_id, merchant_site, environment, status, next_attempt_at, created_at, ended_at),
  update (status, attempts, next_attempt_at, leased_until, ended_at)
  on notifications to :app_role;
grant select, insert, delete on notification_attempts to :app_role;
grant select, insert, delete,
  update (since, waiting, outcome, detail, told_at)
  on notification_alarms to :app_role;

-- orders: placed once, ended once; kept for ten years
grant select,
  insert (id, environment, merchant_site, protocol, merch_txn_ref, order_no, amount_dong, description, return_url,
    cancel_url, locale, received, content_hash, created_at, expires_at),
  update (status, response_code, result_payment_id, transaction_no, final_at)
  on orders to :app_role;
grant select, insert, delete on order_deadlines to :app_role;
grant select, insert, delete,
  update (failures, failed_at, retry_at, fault)
  on order_deadline_faults to :app_role;

-- order_numbers: drawn with the end of a classic order that nobody tried to pay
grant select, insert (order_id) on order_numbers to :app_role;
grant usage on sequence payments_transaction_no_seq to :app_role;

-- payments: started with the fee agreed, then only their state; kept for ten years
grant select,
  insert (id, order_id, environment, wallet_id, checkout_session_id, status, amount_dong, fee_dong, vat_dong,
    credit_account_id, confirmation_class, refusal_code, refusal_detail, created_at, final_at),
  update (status, confirmation_class, confirming_at, refusal_code, refusal_detail, final_at)
  on payments to :app_role;

-- pin_costs: noted by a trigger, trimmed
grant select, delete on pin_costs to :app_role;

-- policies: read; a rule is changed by the owner, by a new row
grant select on policies to :app_role;

-- refused_requests: noted, counted on, then trimmed
grant select, insert, delete,
  update (repeated, repeated_until)
  on refused_requests to :app_role;

-- retention_rules: read; a rule is changed by the owner, by a new row
grant select on retention_rules to :app_role;

-- schema_migrations: read at every start
grant select on schema_migrations to :app_role;

-- site_keys: added and retired
grant select,
  insert (id, merchant_site, environment, kind, public_text, secret_sealed, secret_hash, created_at),
  update (status, expires_at)
  on site_keys to :app_role;

-- wallets: opened, locked and unlocked by wrong codes; totals by posting_apply, a stronger PIN hash by wallets_rehash_pin
grant select,
  insert (id, environment, phone, holder_name, status, identified, account_id, pin_hash, pin_changed_at, locale,
    limit_per_payment_dong, limit_daily_dong, limit_monthly_dong, created_at),
  update (otp_failures, otp_locked_until)
  on wallets to :app_role;

-- functions
grant execute on function audit_horizon to :app_role;
grant execute on function ledger_read_accounts, ledger_find_transfers, ledger_post, ledger_try_post to :app_role;
grant execute on function ledger_horizon, ledger_seal to :app_role;
grant execute on function code_store, code_count_attempt, code_forgive_attempt, orders_expire to :app_role;
grant execute on function lock_orders, lock_live_payments, lock_wallets to :app_role;
grant execute on function posting_lock, posting_accounts, posting_apply, notifications_record to :app_role;
grant execute on function order_insert, answer_find, answer_keep to :app_role;
grant execute on function policy_in_force, policies_in_force, attempts_take, attempts_give_back, attempts_count_pin to :app_role;
grant execute on function sign_in_begin, sign_in_settle, wallets_rehash_pin to :app_role;
