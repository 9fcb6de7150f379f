// The stored outcome of a verification: what it found, and where the next one continues. Like a checkpoint it
// is sealed by a key that is not in the database.

import { sql } from 'kysely';
import { uuidv7 } from 'uuidv7';
import type { LedgerFault } from '../../books/ledger/index.ts';
import type { Context } from '../../ground/context.ts';
import type { DbOrTx } from '../../ground/database/index.ts';

export type Outcome = {
  startedAt: Date;
  endedAt: Date;
  mode: 'new' | 'full';
  /** 0: the books were right. */
  faultCount: bigint;
  /** The first of them. */
  faults: LedgerFault[];
  paymentsUpto: string;
  ordersUpto: string;
  /** The earlier rows that were not final or not right. The next verification checks them again. */
  paymentsOpen: string[];
  ordersOpen: string[];
  checkpointNo: bigint;
  sumsHash: Buffer;
};

function sealedText(id: string, outcome: Outcome): string {
  return JSON.stringify([
    'verification',
    id,
    outcome.endedAt.toISOString(),
    outcome.mode,
    String(outcome.faultCount),
    outcome.paymentsUpto,
    outcome.ordersUpto,
    String(outcome.checkpointNo),
    outcome.sumsHash.toString('hex'),
    // Outcomes stored before these fields existed are sealed without them.
    ...(outcome.paymentsOpen.length + outcome.ordersOpen.length === 0
      ? []
      : [outcome.paymentsOpen, outcome.ordersOpen]),
  ]);
}

export async function recordOutcome(
  { keyRing }: Pick<Context, 'keyRing'>,
  db: DbOrTx,
  outcome: Outcome,
): Promise<void> {
  const id = uuidv7();
  await sql`
    insert into ledger_verifications (id, started_at, ended_at, mode, fault_count, faults, payments_upto, orders_upto,
      payments_open, orders_open, checkpoint_no, sums_hash, seal)
    values (${id}, ${outcome.startedAt}, ${outcome.endedAt}, ${outcome.mode}, ${outcome.faultCount},
      ${JSON.stringify(outcome.faults)}::jsonb, ${outcome.paymentsUpto}, ${outcome.ordersUpto},
      ${outcome.paymentsOpen}::uuid[], ${outcome.ordersOpen}::uuid[], ${outcome.checkpointNo},
      ${outcome.sumsHash}, ${keyRing.hmac('ledger-checkpoint', sealedText(id, outcome))})`.execute(db);
}

/** `genuine`: it is as it was sealed. */
export type LastOutcome = { id: string; outcome: Outcome; genuine: boolean };

export async function findLastOutcome(
  { keyRing }: Pick<Context, 'keyRing'>,
  db: DbOrTx,
): Promise<LastOutcome | null> {
  const { rows } = await sql<Outcome & { id: string; seal: Buffer }>`
    select id, started_at as "startedAt", ended_at as "endedAt", mode, fault_count as "faultCount", faults,
      payments_upto as "paymentsUpto", orders_upto as "ordersUpto",
      payments_open::text[] as "paymentsOpen", orders_open::text[] as "ordersOpen", checkpoint_no as "checkpointNo",
      sums_hash as "sumsHash", seal
    from ledger_verifications order by id desc limit 1`.execute(db);
  if (!rows[0]) return null;
  const { id, seal, ...outcome } = rows[0];
  return { id, outcome, genuine: keyRing.matchesHmac('ledger-checkpoint', sealedText(id, outcome), seal) };
}
