// The rules that are rows: limits, classes, lifetimes. The row with the latest valid_from that has begun holds.

import { sql } from 'kysely';
import type { Context } from '../../ground/context.ts';
import { createRowCache, type DbOrTx, type Tx } from '../../ground/database/index.ts';

/** Every rule the code asks for; a rule without a row in force is a broken installation. */
export const policyRules = [
  'limit.monthly_dong',
  'limit.per_payment_dong',
  'limit.daily_dong',
  'class_a.total_max_dong',
  'class_b.payment_max_dong',
  'otp.valid_seconds',
  'otp.attempts_max',
  'otp.resends_max',
  'otp.resend_wait_seconds',
  'otp.sends_per_hour_max',
  'payment.per_order_max',
  'payment.per_order_wallet_max',
  'pin.attempts_max',
  'lock.seconds',
  'lock.seconds_max',
  'pin.locks_max',
  'sign_in.checkout_attempts_max',
  'sign_in.address_attempts_max',
  'sign_in.address_arrived_attempts_max',
  'sign_in.window_seconds',
  'order.valid_seconds',
  'order.valid_min_seconds',
  'order.valid_max_seconds',
] as const;

export type PolicyRule = (typeof policyRules)[number];
export type Policies = Record<PolicyRule, bigint>;

type PolicyRow = { rule: string; validFrom: Date; value: bigint };

/** Which rules are in force at a moment. */
type Rules = (now: Date) => Policies;

/** All rules of the database. */
export async function readRules(db: DbOrTx): Promise<Rules> {
  const rows = await listPolicyRows(db);
  return (now) => policiesAt(rows, now);
}

/** The rules in force at `now`: amounts in dong, durations in seconds, counts. */
export async function readPolicies(db: DbOrTx, now: Date): Promise<Policies> {
  return policiesAt(await listPolicyRows(db), now);
}

const rulesCache = createRowCache<Rules>({
  tables: ['policies'],
  load: async (db) => rememberRules(await listPolicyRows(db)),
});

/**
 * The rules in force at `now`, from a copy that may be up to ten seconds old: for showing, and for decisions
 * that the posting makes again. A caller inside a transaction passes its `tx`.
 */
export async function recallPolicies({ db }: Pick<Context, 'db'>, now: Date, tx?: Tx): Promise<Policies> {
  return (await rulesCache.get(db, '', tx))(now);
}

/** Oldest first, those to come included: a few dozen, since the law changes seldom. */
async function listPolicyRows(db: DbOrTx): Promise<PolicyRow[]> {
  const { rows } = await sql<PolicyRow>`
    select rule, valid_from as "validFrom", value from policies order by valid_from, rule`.execute(db);
  return rows;
}

/** They change at the moments that the rows name; in between the answer is the same. */
function rememberRules(rows: readonly PolicyRow[]): Rules {
  let last: { from: number; until: number; policies: Policies } | undefined;
  return (now) => {
    const at = now.getTime();
    if (last !== undefined && last.from <= at && at < last.until) return last.policies;
    const begins = rows.map((row) => row.validFrom.getTime());
    const from = Math.max(...begins.filter((begin) => begin <= at));
    const until = Math.min(...begins.filter((begin) => begin > at));
    last = { from, until, policies: Object.freeze(policiesAt(rows, now)) };
    return last.policies;
  };
}

function policiesAt(rows: readonly PolicyRow[], now: Date): Policies {
  const begun = rows.filter((row) => row.validFrom <= now);
  const inForce = new Map(begun.map((row) => [row.rule, row.value]));
  const entries = policyRules.map((rule) => {
    const value = inForce.get(rule);
    if (value === undefined) throw new Error(`no policy row for ${rule} is in force at ${now.toISOString()}`);
    return [rule, value] as const;
  });
  return Object.fromEntries(entries) as Policies;
}
