// The settings of every session, whatever the server, the database or the role says: those that change the
// meaning of our statements and of the answers, and time limits by the session's purpose. A statement makes
// them after connecting. Start-up parameters would not do, because a pooler refuses or drops those it does
// not know.

/** What a session is for; it decides how long it may take, and how long it may keep others waiting. */
export type Purpose = 'page' | 'job' | 'verification' | 'migration' | 'command';

/** In milliseconds; 0: no limit. `idle`: between two statements of a transaction, when a process hangs in the middle. */
type Limits = { statement: number; lock: number; idle: number };

const limits: Record<Purpose, Limits> = {
  // A buyer or a merchant waits; the posting of a payment is one of these, four tries of which fit into its 15 s.
  page: { statement: 10_000, lock: 3_000, idle: 15_000 },
  job: { statement: 300_000, lock: 5_000, idle: 60_000 },
  // Sums over whole tables. It takes no lock that others hold, so it does not wait.
  verification: { statement: 900_000, lock: 5_000, idle: 60_000 },
  // Building an index may take long, so statements have no limit. The wait for a table's lock has one,
  // because all others wait behind it.
  migration: { statement: 0, lock: 10_000, idle: 60_000 },
  command: { statement: 600_000, lock: 10_000, idle: 120_000 },
};

/**
 * Each with the fault that it prevents. Two are left out on purpose. `lc_messages`: only a superuser may set
 * it, and our code reads no messages. `default_transaction_read_only`: an administrator who sets it wants no
 * writes, and the gateway obeys.
 */
const meanings: Record<string, string> = {
  // The driver reads dates and intervals in these forms alone.
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  client_encoding: 'UTF8',
  bytea_output: 'hex',
  extra_float_digits: '1',
  // Rows are locked and then read as they are now; a snapshot from before the lock would refuse every second order.
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  // The tables are found here and nowhere else.
  search_path: 'public',
  standard_conforming_strings: 'on',
  // `{NULL}` is an array of null, and `x = null` is not true.
  array_nulls: 'on',
  transform_null_equals: 'off',
  row_security: 'on',
  exit_on_error: 'off',
  // The pool decides when a connection has been idle for too long.
  idle_session_timeout: '0',
};

/**
 * For sessions that serve pages. Each statement reads a few rows by their keys and is planned once for each
 * connection. These settings make it use the keys even if its tables were small at that time; otherwise the
 * plan would still read the whole table when it has grown.
 */
const planningByKeys: Record<string, string> = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
};

/** Everywhere else the planner decides, as it does by itself. */
const planningByCost: Record<string, string> = {
  plan_cache_mode: 'auto',
  enable_seqscan: 'on',
  enable_bitmapscan: 'on',
  enable_hashjoin: 'on',
  enable_mergejoin: 'on',
};

/** Settings of a session for this purpose, as text. */
export function sessionSettings(purpose: Purpose): Record<string, string> {
  return { ...meanings, ...purposeSettings(purpose) };
}

/** The settings that depend on the purpose: time limits, and how statements are planned. */
function purposeSettings(purpose: Purpose): Record<string, string> {
  const { statement, lock, idle } = limits[purpose];
  return {
    ...(purpose === 'page' ? planningByKeys : planningByCost),
    statement_timeout: String(statement),
    lock_timeout: String(lock),
    idle_in_transaction_session_timeout: String(idle),
  };
}

/** One statement that makes all of them; also those that are set under a condition. */
export function sessionStatement(purpose: Purpose): string {
  const made = Object.entries(sessionSettings(purpose)).map(([name, value]) => setting(name, value));
  return `select ${[
    ...made,
    // A payment that the buyer was told is paid must be on disk. A stronger level (remote_apply) stays.
    `case when pg_catalog.current_setting('synchronous_commit') in ('off', 'local') then ${setting('synchronous_commit', 'on')} end`,
    // A setting of PostgreSQL 17 and later.
    `case when pg_catalog.current_setting('server_version_num')::int >= 170000 then ${setting('transaction_timeout', '0')} end`,
  ].join(', ')}`;
}

export const purposeNames = Object.keys(purposeSettings('page'));

/** Only the settings that depend on the purpose, for a session that changes to another one. */
export function purposeStatement(purpose: Purpose): string {
  const made = Object.entries(purposeSettings(purpose)).map(([name, value]) => setting(name, value));
  return `select ${made.join(', ')}`;
}

/** Names and values stand above; none holds a quote. */
function setting(name: string, value: string): string {
  return `pg_catalog.set_config('${name}', '${value}', false)`;
}
