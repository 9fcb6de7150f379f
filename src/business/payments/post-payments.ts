// The posting: debit the wallet, credit the merchant, take the fee, end the order, note the notification, all in
// one commit. Everything is decided again here, under locks; what was shown before was only a promise.
//
// Concurrent postings share a commit (group commit): each is decided by itself, in the order of arrival.

import type { Context } from '../../ground/context.ts';
import {
  classifyFault,
  createGroupCommit,
  type GroupCommit,
  isPassingFault,
  QueueFull,
  retrying,
} from '../../ground/database/index.ts';
import { withoutTrace } from '../../ground/log/index.ts';
import type { PostingRequest, PostingResult } from './decide-batch.ts';
import { expireOrderIfDue } from './end-order.ts';
import { CommitUnanswered, FeeAccountsOutdated, postBatch } from './post-batch.ts';
import { countRetry, countUnposted, observeBatch, watchQueue } from './posting-metrics.ts';
import { findFreePayments } from './posting-queries.ts';

export type { PostingRequest, PostingResult } from './decide-batch.ts';

/** No caller waits longer for a batch that is under way, whatever the database does. */
const answerMsMaxByDefault = 15_000;

/**
 * The port to the money. Each request is decided by itself, in the order given. Requests of other callers may
 * be posted in the same batch. The results have the order of the requests.
 *
 * When the database fails (a deadlock, a lost connection, a full disk), the batch is tried again, at most
 * four times. A batch that fails before COMMIT is sent is not posted; after the last try its callers are told
 * `busy`. When the queue is full, a caller is told `busy` at once. When the answer to COMMIT is missing, the
 * batch is posted again under the same payment ids, which finds what was committed. Only when that fails too,
 * a caller is told `unknown`.
 */
export async function postPayments(context: Context, requests: PostingRequest[]): Promise<PostingResult[]> {
  const queue = queueOf(context);
  return Promise.all(
    requests.map(async (request) => {
      const result = await queue.submit(request).catch((error: unknown): PostingResult => {
        if (error instanceof QueueFull) return { outcome: 'busy' };
        throw error;
      });
      if (result.outcome === 'busy' || result.outcome === 'unknown') countUnposted(result.outcome);
      // The posting found the order past its time and changed nothing. The caller that sees this writes the
      // order's end.
      if (result.outcome === 'too_late' && result.orderId) await expireOrderIfDue(context, result.orderId);
      return result;
    }),
  );
}

const queues = new WeakMap<Context, GroupCommit<PostingRequest, PostingResult>>();

/** One queue for each context: its clock and its database go together. */
function queueOf(context: Context): GroupCommit<PostingRequest, PostingResult> {
  let queue = queues.get(context);
  if (!queue) {
    queue = createGroupCommit({
      // A batch belongs to many requests, and its lines to none of them.
      runBatch: (requests) => withoutTrace(() => postInTime(context, requests)),
      observe: observeBatch,
      ...context.postingQueue,
    });
    queues.set(context, queue);
    watchQueue(queue);
  }
  return queue;
}

/**
 * The database neither answers nor refuses, so nobody knows what becomes of the batch. It is given up
 * together with its connection, so that a connection that never answers does not keep a place in the pool.
 */
async function postInTime(context: Context, requests: PostingRequest[]): Promise<PostingResult[]> {
  const answerMsMax = context.postingQueue?.answerMsMax ?? answerMsMaxByDefault;
  const { promise: tooLate, resolve } = Promise.withResolvers<PostingResult[]>();
  const givenUp = new AbortController();
  const timer = setTimeout(() => {
    context.log.error({ size: requests.length }, 'a posting batch is not answered');
    resolve(requests.map(() => tellUnposted(true)));
    givenUp.abort();
  }, answerMsMax);
  const posted = postUntilKnown(context, requests, { mayBePosted: false, signal: givenUp.signal });
  return Promise.race([posted, tooLate]).finally(() => clearTimeout(timer));
}

/**
 * Whether an earlier try may have been committed without our knowledge, and the signal that no caller waits
 * any more.
 */
type Before = { mayBePosted: boolean; signal: AbortSignal };

/** Tries again by the one policy for faults of the database; only its classifier says what a fault means. */
async function postUntilKnown(
  context: Context,
  requests: PostingRequest[],
  before: Before,
): Promise<PostingResult[]> {
  const { signal } = before;
  let { mayBePosted } = before;
  let readFeeAccountsAgain = false;
  const post = async () => {
    try {
      return await postBatch(context, requests, { signal, readFeeAccountsAgain });
    } catch (error) {
      mayBePosted ||= error instanceof CommitUnanswered;
      readFeeAccountsAgain ||= error instanceof FeeAccountsOutdated;
      throw error;
    }
  };
  const areMany = requests.length > 1;
  const mayPass = (error: unknown) =>
    error instanceof CommitUnanswered || error instanceof FeeAccountsOutdated || isPassingFault(error);
  try {
    return await retrying(post, {
      isWorthIt: (error) => !signal.aborted && mayPass(error) && !(areMany && isTimedOut(error)),
      onRetry: (err, attempt) => {
        context.log.warn({ err, attempt, size: requests.length }, 'a posting batch failed');
        countRetry();
      },
    });
  } catch (error) {
    if (signal.aborted) return requests.map(() => tellUnposted(true));
    if (areMany && isTimedOut(error)) return postFree(context, requests, { mayBePosted, signal });
    if (mayPass(error)) return requests.map(() => tellUnposted(mayBePosted));
    return postInHalves(context, requests, error, { mayBePosted, signal });
  }
}

/** Somebody holds a row that the batch needs, for longer than a page may wait. */
function isTimedOut(error: unknown): boolean {
  return classifyFault(error) === 'timed_out';
}

/** Whose order or wallet somebody holds is told to try again; the others of the batch do not wait with them. */
async function postFree(
  context: Context,
  requests: PostingRequest[],
  before: Before,
): Promise<PostingResult[]> {
  const free = await findFreePayments(
    context.db,
    requests.map((request) => request.paymentId),
  );
  const isFree = ({ paymentId }: PostingRequest) => free.has(paymentId);
  const freeOnes = requests.filter(isFree);
  // Nobody is in the way any more, or everybody is: what timed out is tried in parts.
  if (freeOnes.length === 0 || freeOnes.length === requests.length) {
    return postInHalves(context, requests, null, before);
  }
  const posted = (await postUntilKnown(context, freeOnes, before)).values();
  return requests.map((request) =>
    isFree(request) ? (posted.next().value as PostingResult) : tellUnposted(before.mayBePosted),
  );
}

/** What a caller hears of a payment that could not be posted: only what is certain. */
export function tellUnposted(mayBePosted: boolean): PostingResult {
  return { outcome: mayBePosted ? 'unknown' : 'busy' };
}

/** The database refused the batch because of one payment. The others must not fail with it. */
async function postInHalves(
  context: Context,
  requests: PostingRequest[],
  cause: unknown,
  before: Before,
): Promise<PostingResult[]> {
  if (requests.length === 1) {
    context.log.error({ err: cause, paymentId: requests[0]?.paymentId }, 'a posting broke an invariant');
    return [{ outcome: before.mayBePosted ? 'unknown' : 'failed' }];
  }
  const middle = requests.length >> 1;
  return [
    ...(await postUntilKnown(context, requests.slice(0, middle), before)),
    ...(await postUntilKnown(context, requests.slice(middle), before)),
  ];
}
