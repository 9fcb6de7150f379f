// Every table and view as Kysely sees it. Made from the migrations by `npm run schema`; do not edit.
// PostgreSQL does not know which columns of a view may be null; here they are taken as never null.

import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface Accounts {
  id: string;
  environment: string;
  kind: string;
  owner: Generated<string>;
  currency: Generated<string>;
  balance_dong: Generated<bigint>;
  status: Generated<string>;
  created_at: Date;
}

export interface AttemptCounters {
  scope: string;
  subject: string;
  attempts: number;
  window_ends_at: Date;
  locked_until: Date | null;
  locks: Generated<number>;
  wallet_id: string | null;
  notice_due_at: Date | null;
}

export interface AuditCheckpoints {
  checkpoint_no: bigint;
  from_act_no: bigint;
  upto_act_no: bigint;
  act_nos: bigint[];
  act_hashes: Buffer[];
  chain_hash: Buffer;
  sealed_at: Date;
  seal: Buffer;
}

export interface AuditLog {
  act_no: GeneratedAlways<bigint>;
  id: string;
  happened_at: Date;
  environment: string | null;
  actor_kind: string;
  actor_id: string;
  actor_via: string | null;
  act: string;
  subject_kind: string;
  subject_id: string;
  before: ColumnType<unknown, object | string | null, object | string | null>;
  after: ColumnType<unknown, object | string | null, object | string | null>;
  reason: string | null;
  trace_id: string | null;
  seal: Buffer;
}

export interface CheckoutSessions {
  id: string;
  token_hash: Buffer;
  browser_hash: Buffer;
  order_id: string;
  wallet_id: string;
  signed_in_at: Date;
  expires_at: Date;
  ended_at: Date | null;
}

export interface CodeSends {
  wallet_id: string;
  sent_at: Date[];
}

export interface Confirmations {
  payment_id: string;
  code_hash: Buffer;
  sent_at: Date;
  valid_until: Date;
  resends: Generated<number>;
  spent_at: Date | null;
}

export interface IdempotencyKeys {
  merchant_site: string;
  path: string;
  idempotency_key: string;
  body_hash: Buffer;
  response_status: number;
  response_body: string;
  created_at: Date;
}

export interface KeyRingChecks {
  key_id: string;
  sealed: Buffer;
  made_at: Generated<Date>;
}

export interface LedgerCheckpoints {
  checkpoint_no: bigint;
  from_journal_no: bigint;
  upto_journal_no: bigint;
  row_count: number;
  chain_hash: Buffer;
  faulty_transfers: Generated<string[]>;
  sealed_at: Date;
  seal: Buffer;
}

export interface LedgerEntries {
  transfer_id: string;
  environment: string;
  kind: string;
  line_no: number;
  account_id: string;
  change_dong: bigint;
  happened_at: Date;
  journal_no: bigint;
}

export interface LedgerSealedSums {
  account_id: string;
  sum_dong: bigint;
}

export interface LedgerVerifications {
  id: string;
  started_at: Date;
  ended_at: Date;
  mode: string;
  fault_count: bigint;
  faults: ColumnType<unknown, object | string, object | string>;
  payments_upto: string;
  orders_upto: string;
  checkpoint_no: bigint;
  sums_hash: Buffer;
  seal: Buffer;
  payments_open: Generated<string[]>;
  orders_open: Generated<string[]>;
}

export interface MerchantSites {
  merchant_site: string;
  merchant_id: string;
  environment: string;
  name: string;
  protocol: string;
  status: Generated<string>;
  protocol_enabled: Generated<boolean>;
  access_code: string;
  amount_unit: Generated<string>;
  return_url: string | null;
  notify_url: string | null;
  credit_account_kind: Generated<string>;
  credit_account_id: string;
  amount_min_dong: Generated<bigint>;
  amount_max_dong: Generated<bigint>;
  fee_rate_ppm: Generated<bigint>;
  fee_fixed_dong: Generated<bigint>;
  fee_min_dong: Generated<bigint>;
  fee_max_dong: bigint | null;
  vat_rate_ppm: Generated<bigint>;
  created_at: Date;
  return_schemes: Generated<string[]>;
  return_hosts: Generated<string[]>;
  result_names: Generated<string>;
  result_amount: Generated<string>;
  result_codes: Generated<ColumnType<unknown, object | string, object | string>>;
}

export interface Merchants {
  id: string;
  environment: string;
  name: string;
  status: Generated<string>;
  created_at: Date;
}

export interface Messages {
  id: string;
  environment: string;
  channel: string;
  recipient: string;
  purpose: string;
  body_sealed: Buffer | null;
  status: Generated<string>;
  created_at: Date;
  delivered_at: Date | null;
  attempts: Generated<number>;
  next_attempt_at: Date | null;
  leased_until: Date | null;
  deadline_at: Date | null;
  handed_over: Generated<number>;
  last_outcome: string | null;
}

export interface NotificationAlarms {
  merchant_site: string;
  environment: string;
  since: Date;
  waiting: number;
  outcome: string;
  detail: string | null;
  told_at: Date | null;
}

export interface NotificationAttempts {
  id: string;
  notification_id: string;
  attempt_no: number;
  started_at: Date;
  duration_ms: number;
  method: string;
  url: string;
  request_headers: ColumnType<unknown, object | string, object | string>;
  request_body: string | null;
  response_status: number | null;
  response_body: string | null;
  outcome: string;
  detail: string | null;
  kind: string | null;
}

export interface Notifications {
  id: string;
  order_id: string;
  merchant_site: string;
  environment: string;
  status: Generated<string>;
  attempts: Generated<number>;
  next_attempt_at: Date | null;
  leased_until: Date | null;
  created_at: Date;
  ended_at: Date | null;
}

export interface OrderDeadlineFaults {
  order_id: string;
  expires_at: Date;
  failures: number;
  failed_at: Date;
  retry_at: Date;
  fault: string;
}

export interface OrderDeadlines {
  expires_at: Date;
  order_id: string;
}

export interface OrderNumbers {
  transaction_no: Generated<bigint>;
  order_id: string;
}

export interface Orders {
  id: string;
  environment: string;
  merchant_site: string;
  protocol: string;
  merch_txn_ref: string;
  order_no: string;
  amount_dong: bigint;
  description: string;
  return_url: string;
  cancel_url: string | null;
  locale: string;
  received: ColumnType<unknown, object | string, object | string>;
  content_hash: Buffer;
  status: Generated<string>;
  response_code: string | null;
  result_payment_id: string | null;
  transaction_no: string | null;
  created_at: Date;
  expires_at: Date;
  final_at: Date | null;
}

export interface Payments {
  id: string;
  transaction_no: GeneratedAlways<bigint>;
  order_id: string;
  environment: string;
  wallet_id: string;
  checkout_session_id: string | null;
  status: Generated<string>;
  amount_dong: bigint;
  fee_dong: bigint;
  vat_dong: bigint;
  credit_account_id: string;
  confirmation_class: string;
  refusal_code: string | null;
  refusal_detail: ColumnType<unknown, object | string | null, object | string | null>;
  created_at: Date;
  confirming_at: Date | null;
  final_at: Date | null;
}

export interface PinCosts {
  cost: string;
}

export interface Policies {
  rule: string;
  valid_from: Date;
  value: bigint;
  source: string;
}

export interface RefusedRequests {
  trace_id: string;
  received_at: Date;
  entry_point: string;
  method: string;
  remote_address: string;
  merchant_site: string | null;
  code: string;
  detail: string;
  received: ColumnType<unknown, object | string, object | string>;
  repeated: Generated<bigint>;
  repeated_until: Date | null;
}

export interface RetentionRules {
  subject: string;
  valid_from: Date;
  kept_seconds: bigint;
  rows_max: bigint | null;
  source: string;
}

export interface SchemaMigrations {
  version: number;
  name: string;
  checksum: string;
  applied_at: Generated<Date>;
}

export interface SiteKeys {
  id: string;
  merchant_site: string;
  environment: string;
  kind: string;
  status: Generated<string>;
  public_text: string | null;
  secret_sealed: Buffer | null;
  secret_hash: Buffer | null;
  created_at: Date;
  expires_at: Date | null;
}

export interface TransferSeals {
  transfer_id: string;
  seal: Buffer;
}

export interface TransferSealsBegin {
  journal_no: bigint;
}

export interface Transfers {
  id: string;
  environment: string;
  kind: string;
  debit_account_id: string;
  credit_account_id: string;
  amount_dong: bigint;
  fee_account_id: string | null;
  fee_dong: Generated<bigint>;
  vat_account_id: string | null;
  vat_dong: Generated<bigint>;
  linked_transfer_id: string | null;
  reference: string;
  happened_at: Date;
  recorded_at: Generated<Date>;
  journal_no: Generated<bigint>;
}

export interface Wallets {
  id: string;
  environment: string;
  phone: string;
  holder_name: string;
  status: Generated<string>;
  identified: Generated<boolean>;
  account_id: string;
  pin_hash: string;
  pin_changed_at: Date;
  locale: Generated<string>;
  limit_per_payment_dong: bigint | null;
  limit_daily_dong: bigint | null;
  limit_monthly_dong: bigint | null;
  otp_failures: Generated<number>;
  otp_locked_until: Date | null;
  totals_day: string | null;
  paid_day_dong: Generated<bigint>;
  paid_month_dong: Generated<bigint>;
  created_at: Date;
}

export interface Tables {
  accounts: Accounts;
  attempt_counters: AttemptCounters;
  audit_checkpoints: AuditCheckpoints;
  audit_log: AuditLog;
  checkout_sessions: CheckoutSessions;
  code_sends: CodeSends;
  confirmations: Confirmations;
  idempotency_keys: IdempotencyKeys;
  key_ring_checks: KeyRingChecks;
  ledger_checkpoints: LedgerCheckpoints;
  ledger_entries: LedgerEntries;
  ledger_sealed_sums: LedgerSealedSums;
  ledger_verifications: LedgerVerifications;
  merchant_sites: MerchantSites;
  merchants: Merchants;
  messages: Messages;
  notification_alarms: NotificationAlarms;
  notification_attempts: NotificationAttempts;
  notifications: Notifications;
  order_deadline_faults: OrderDeadlineFaults;
  order_deadlines: OrderDeadlines;
  order_numbers: OrderNumbers;
  orders: Orders;
  payments: Payments;
  pin_costs: PinCosts;
  policies: Policies;
  refused_requests: RefusedRequests;
  retention_rules: RetentionRules;
  schema_migrations: SchemaMigrations;
  site_keys: SiteKeys;
  transfer_seals: TransferSeals;
  transfer_seals_begin: TransferSealsBegin;
  transfers: Transfers;
  wallets: Wallets;
}
