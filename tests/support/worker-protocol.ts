// What a test and its worker processes say to each other, and what a worker can be asked to do. Sent by the
// structured clone of node's IPC, so that dates and bigints stay what they are.

import type { MerchantSite } from '../../src/business/merchants/index.ts';
import type { NamedPoint } from '../../src/ground/context.ts';

/** One call of a use case. `at`: where the clock stands for this call alone; else the worker's own clock. */
export type Operation = (
  | { do: 'start'; orderId: string; walletId: string; checkoutSessionId?: string }
  | { do: 'confirm'; paymentId: string }
  | { do: 'submit'; paymentId: string; otp: string }
  | { do: 'resend'; paymentId: string }
  | { do: 'abandon'; paymentId: string }
  | { do: 'cancel'; orderId: string }
  | { do: 'give_up'; orderId: string; checkoutSessionId: string }
  | { do: 'expire'; orderId: string }
  | { do: 'expire_due' }
  /** All in one batch, by PIN; the outcome is the words of each, with commas between. */
  | { do: 'post'; paymentIds: string[] }
  | { do: 'place'; site: MerchantSite; merchTxnRef: string; amountDong: bigint }
  | { do: 'top_up'; phone: string; amountDong: bigint; transferId: string }
  | { do: 'sign_in'; phone: string; pin: string; checkoutId: string; address: string }
) & { at?: Date };

/** The use case's own word for what happened, and an id where it made or found something. */
export type Outcome =
  | { outcome: string; id?: string }
  /** It threw. `sqlState` is PostgreSQL's code when that was the cause. */
  | { outcome: 'threw'; message: string; sqlState: string | null };

/** At the nth arrival at this point (counted from now): die at once (kill -9), or wait there to be released. */
export type PointPlan = { point: NamedPoint; nth: number; act: 'die' | 'hold' };

export type WorkerSettings = {
  url: string;
  /** Where the worker's clock stands until it is told otherwise. */
  now: Date;
  /** Connections at most. */
  max: number;
  /** How many postings may wait and go together; the gateway's own numbers when left out. */
  postingQueue?: { batchMax?: number; inFlightMax?: number; queueMax?: number };
};

export type Request =
  /** Opens the connections and keeps the operations for `go`. */
  | { ask: 'prepare'; operations: Operation[] }
  | { ask: 'go' }
  | { ask: 'perform'; operation: Operation }
  /** Null: nothing is planned any more. */
  | { ask: 'plan'; plan: PointPlan | null }
  | { ask: 'release' }
  | { ask: 'set_clock'; now: Date }
  | { ask: 'start_dispatcher' }
  /** How many codes and PINs were compared with a stored hash so far. */
  | { ask: 'comparisons' }
  | { ask: 'owes_attempts' };

export type Comparisons = { otps: number; pins: number };

/** From the test to the worker. */
export type Asked = { settings: WorkerSettings } | { id: number; request: Request };

/** From the worker to the test. */
export type Told =
  | { told: 'started'; replaced: number }
  | { told: 'held'; point: NamedPoint }
  | { told: 'answer'; id: number; answer: unknown }
  | { told: 'fault'; id: number; message: string };
