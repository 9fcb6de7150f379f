// A POST with the same key does its work once: the answer is stored in the same commit as the work.
//
// A request that works on a key holds an advisory lock of its transaction, so a crash frees the key with the
// connection. Every answer below 500 that the work returns is stored. An error that it throws, and an answer
// that it calls `passing` (a suspended site), is not stored and may be different next time.

import { createHash } from 'node:crypto';
import type { RawBuilder } from 'kysely';
import type { Context } from '../../ground/context.ts';
import { inTransaction, type Tx } from '../../ground/database/index.ts';
import { ProblemError } from '../../ground/http/index.ts';
import {
  type FoundAnswer,
  type KeyScope,
  lockAnswer,
  storeAnswer,
  storeWithAnswer,
} from './idempotency-queries.ts';

/** Older ones are as good as gone; retention removes them. */
const keptMs = 30 * 24 * 60 * 60 * 1000;

/** An answer as it goes out: the text is sent again byte for byte. */
export type Answer = { status: number; body: string };

/** `passing`: true now, maybe not on the next try; answered but never stored. */
export type Worked = Answer & { passing?: boolean };

/** `replayed`: this answer was given before. */
export type Given = Answer & { replayed: boolean };

export type IdempotentRequest = KeyScope & { body: unknown };

/**
 * Runs `work` in one transaction and stores its answer there, or returns the stored one (`replayed`). Throws
 * `request-in-flight` while another connection works on the key, `idempotency-key-reused` for another body.
 */
export function answerOnce(
  context: Pick<Context, 'db' | 'clock'>,
  request: IdempotentRequest,
  work: (tx: Tx) => Promise<Worked>,
): Promise<Given> {
  return withKey(
    context,
    request,
    async (tx, stored) => stored ?? keep(context, tx, request, await work(tx)),
  );
}

/** Runs `use` in a transaction that holds the key's lock, with the answer stored for it. */
async function withKey<T>(
  context: Pick<Context, 'db' | 'clock'>,
  request: IdempotentRequest,
  use: (tx: Tx, stored: Given | null) => Promise<T>,
): Promise<T> {
  return inTransaction(context.db, async (tx) => {
    const found = await lockAnswer(tx, request, { lockId: lockIdOf(request), since: keptSince(context) });
    return use(tx, toGiven(found, hashBody(request.body)));
  });
}

/**
 * The same for work that is a single statement: when `storing` is true the work was done, and `answer` is
 * returned and stored. Null, with nothing stored, when there was no answer yet and the work was not done.
 */
export async function answerInOneStatement(
  context: Pick<Context, 'db' | 'clock'>,
  request: IdempotentRequest,
  { storing, answer }: { storing: RawBuilder<boolean>; answer: Answer },
): Promise<Given | null> {
  const bodyHash = hashBody(request.body);
  const found = await storeWithAnswer(context.db, request, {
    lockId: lockIdOf(request),
    since: keptSince(context),
    storing,
    answer: { bodyHash, ...answer },
    now: context.clock.now(),
  });
  return found.isDone ? { ...answer, replayed: false } : toGiven(found, bodyHash);
}

function keptSince({ clock }: Pick<Context, 'clock'>): Date {
  return new Date(clock.now().getTime() - keptMs);
}

/**
 * The answer that was given before; null when there was none. Throws when that answer belongs to another
 * body.
 */
function toGiven({ isLocked, bodyHash, status, body }: FoundAnswer, asked: Buffer): Given | null {
  if (!isLocked) throw inFlight();
  if (bodyHash === null || status === null || body === null) return null;
  if (!bodyHash.equals(asked)) throw keyReused();
  return { status, body, replayed: true };
}

async function keep(
  context: Pick<Context, 'clock'>,
  tx: Tx,
  request: IdempotentRequest,
  { status, body, passing }: Worked,
): Promise<Given> {
  if (status < 500 && passing !== true) {
    await storeAnswer(tx, request, { bodyHash: hashBody(request.body), status, body }, context.clock.now());
  }
  return { status, body, replayed: false };
}

/**
 * A hash of the JSON's content, not of its bytes: the client may change the order of members, white space and
 * the spelling of numbers.
 */
function hashBody(body: unknown): Buffer {
  return createHash('sha256')
    .update(JSON.stringify(sortMembers(body ?? {})))
    .digest();
}

/** The value with the members of every object in one order; a parsed body has no other depth than its parser allows. */
function sortMembers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return ['list', ...value.map(sortMembers)];
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return ['object', ...members.map(([name, member]) => [name, sortMembers(member)])];
}

/** 64 bits of a hash. Two keys that share them at the same moment cost one of them a needless 409. */
function lockIdOf({ merchantSite, path, idempotencyKey }: KeyScope): bigint {
  const text = JSON.stringify(['idempotency', merchantSite, path, idempotencyKey]);
  return createHash('sha256').update(text).digest().readBigInt64BE(0);
}

function inFlight(): ProblemError {
  return new ProblemError('request-in-flight', {
    detail: 'the first request with this Idempotency-Key is not answered yet',
  });
}

function keyReused(): ProblemError {
  return new ProblemError('idempotency-key-reused', {
    detail: 'this Idempotency-Key came before with another body',
    errors: [{ field: 'idempotency-key', detail: 'came before with another body' }],
  });
}
