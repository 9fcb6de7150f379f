// All SQL of the stored answers.

import { type RawBuilder, sql } from 'kysely';
import type { DbOrTx, Tx } from '../../ground/database/index.ts';

export type KeyScope = { merchantSite: string; path: string; idempotencyKey: string };

export type StoredAnswer = { bodyHash: Buffer; status: number; body: string };

export type FoundAnswer = {
  isLocked: boolean;
  bodyHash: Buffer | null;
  status: number | null;
  body: string | null;
};

/**
 * Takes the key's lock, which ends with the transaction, and reads the answer that was kept after `since`. `isLocked` is
 * false while another transaction holds it.
 */
export async function lockAnswer(
  tx: Tx,
  scope: KeyScope,
  { lockId, since }: { lockId: bigint; since: Date },
): Promise<FoundAnswer> {
  const { rows } = await sql<FoundAnswer>`
    select is_locked as "isLocked", body_hash as "bodyHash", status, body
    from ${findingAnswer(scope, { lockId, since })}`.execute(tx);
  if (!rows[0]) throw new Error('an Idempotency-Key was looked up without an answer');
  return rows[0];
}

export async function storeAnswer(tx: Tx, scope: KeyScope, answer: StoredAnswer, now: Date): Promise<void> {
  await sql`select ${keepingAnswer(scope, answer, now)}`.execute(tx);
}

/**
 * One statement, one commit. When nobody holds the key and no answer is stored, it runs `storing` (a value of
 * a select list, true when it succeeded) and then stores the answer.
 */
export async function storeWithAnswer(
  db: DbOrTx,
  scope: KeyScope,
  work: { lockId: bigint; since: Date; storing: RawBuilder<boolean>; answer: StoredAnswer; now: Date },
): Promise<FoundAnswer & { isDone: boolean }> {
  const { rows } = await sql<FoundAnswer & { isDone: boolean }>`
    select found.is_locked as "isLocked", found.body_hash as "bodyHash", found.status, found.body,
      case when found.is_locked and found.body_hash is null then
        case when ${work.storing} then ${keepingAnswer(scope, work.answer, work.now)} else false end
      else false end as "isDone"
    from ${findingAnswer(scope, work)} found`.execute(db);
  if (!rows[0]) throw new Error('an Idempotency-Key was looked up without an answer');
  return rows[0];
}

function findingAnswer(
  scope: KeyScope,
  { lockId, since }: { lockId: bigint; since: Date },
): RawBuilder<unknown> {
  return sql`answer_find(${lockId}::bigint, ${scope.merchantSite}, ${scope.path}, ${scope.idempotencyKey}, ${since})`;
}

function keepingAnswer(scope: KeyScope, answer: StoredAnswer, now: Date): RawBuilder<boolean> {
  return sql<boolean>`answer_keep(${scope.merchantSite}, ${scope.path}, ${scope.idempotencyKey}, ${answer.bodyHash},
    ${answer.status}, ${answer.body}, ${now})`;
}
