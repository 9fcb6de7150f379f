// All SQL of the stored answers.

import { sql } from 'kysely';
import type { DbOrTx, Tx } from '../../ground/database/index.ts';

export type KeyScope = { merchantSite: string; path: string; idempotencyKey: string };

export type StoredAnswer = { bodyHash: Buffer; status: number; body: string };

/** True when this transaction holds the lock; it ends with the transaction, or with its connection. */
export async function tryLockKey(tx: Tx, lockId: bigint): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(${lockId}::bigint) as locked`.execute(tx);
  return rows[0]?.locked === true;
}

/** The answer stored after `since`, or null. */
export async function findStoredAnswer(
  db: DbOrTx,
  scope: KeyScope,
  since: Date,
): Promise<StoredAnswer | null> {
  const { rows } = await sql<StoredAnswer>`
    select body_hash as "bodyHash", response_status as status, response_body as body
    from idempotency_keys
    where merchant_site = ${scope.merchantSite} and path = ${scope.path}
      and idempotency_key = ${scope.idempotencyKey} and created_at > ${since}`.execute(db);
  return rows[0] ?? null;
}

/** Takes the place of an answer that has outlived its time and not been cleaned away yet. */
export async function storeAnswer(tx: Tx, scope: KeyScope, answer: StoredAnswer, now: Date): Promise<void> {
  await sql`
    insert into idempotency_keys (merchant_site, path, idempotency_key, body_hash, response_status, response_body, created_at)
    values (${scope.merchantSite}, ${scope.path}, ${scope.idempotencyKey}, ${answer.bodyHash}, ${answer.status},
      ${answer.body}, ${now})
    on conflict (merchant_site, path, idempotency_key) do update
      set body_hash = excluded.body_hash, response_status = excluded.response_status,
        response_body = excluded.response_body, created_at = excluded.created_at`.execute(tx);
}
