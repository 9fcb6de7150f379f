// The steps of a simulation, drawn from a seed alone: they name orders, payments, wallets and sites by
// number, and amounts by their purpose. So the same seed gives the same steps, whatever the database answers.

import type { WalletStatus } from '../../src/business/wallets/index.ts';
import type { NamedPoint } from '../../src/ground/context.ts';

/** Dong, or a share of what a wallet has left of something, and a dong more or less. */
export type Amount =
  | { dong: bigint }
  | { leftOf: 'balance' | 'day' | 'month' | 'class_a'; wallet: number; share: bigint; plusDong: bigint };

export type Code = 'right' | 'wrong' | 'old';

/** One call of one use case. */
export type Call =
  | { do: 'place'; order: number; site: number; amount: Amount }
  | { do: 'place_again'; order: number; plusDong: bigint }
  | { do: 'start'; payment: number; order: number; wallet: number }
  | { do: 'confirm'; payment: number }
  | { do: 'submit'; payment: number; code: Code }
  | { do: 'resend'; payment: number }
  | { do: 'abandon'; payment: number }
  | { do: 'cancel'; order: number }
  | { do: 'give_up'; order: number; wallet: number }
  | { do: 'expire'; order: number }
  | { do: 'expire_due' }
  /** The same number again is the same transfer again. */
  | { do: 'top_up'; topUp: number; wallet: number; amountDong: bigint }
  /** One batch, decided in this order. */
  | { do: 'post'; payments: number[] };

/** Where the money's way is cut, and by what. */
export type Crash = {
  point: NamedPoint;
  by:
    | 'kill'
    | 'backend_terminated'
    /** The commit never arrives. */
    | 'cut_before_commit'
    /** The commit arrives; nobody waits for its answer. */
    | 'cut_at_commit'
    /** The commit is answered, and the answer is lost. */
    | 'cut_after_commit'
    /** The same, and no new connection for as long as the gateway tries. */
    | 'cut_off'
    | 'server_stopped'
    | 'server_stopped_for_long';
};

export type Step =
  | Call
  | { do: 'clock'; to: 'seconds_later'; seconds: number }
  | { do: 'clock'; to: 'before_midnight' | 'before_month_end' }
  | { do: 'site'; site: number; active: boolean }
  | { do: 'wallet'; wallet: number; status: WalletStatus }
  | { do: 'account'; wallet: number; open: boolean }
  /** All at once, dealt out to two processes; `crowd`: to a process whose queue is short. */
  | { do: 'together'; calls: Call[]; crowd?: boolean }
  /** The second waits for the first's locks while midnight passes. */
  | { do: 'midnight'; payments: [number, number] }
  | { do: 'crash'; crash: Crash; calls: Call[] };

export const walletCount = 6;
export const siteCount = 3;

export const crashPoints: NamedPoint[] = [
  'posting.before_locks',
  'posting.locked',
  'posting.decided',
  'posting.in_transaction',
  'posting.after_commit',
];

export const crashCauses: Crash['by'][] = [
  'kill',
  'backend_terminated',
  'cut_before_commit',
  'cut_at_commit',
  'cut_after_commit',
  'cut_off',
  'server_stopped',
  'server_stopped_for_long',
];

/** As text, bigints included. */
export function describeStep(step: Step): string {
  return JSON.stringify(step, (_key, value) => (typeof value === 'bigint' ? `${value} dong` : value));
}
