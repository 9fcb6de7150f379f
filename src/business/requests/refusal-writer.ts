// Writes refusals down many at a time: what comes in while one statement is under way waits together and goes next.
// One connection at most, a bounded number waiting; those of known sites wait apart from strangers', and go first by
// half.

import type { Context } from '../../ground/context.ts';
import { isPassingFault } from '../../ground/database/index.ts';
import { logEvent } from '../../ground/log/index.ts';
import { countUnwritten, type UnwrittenReason } from './refusal-metrics.ts';
import { addRepeated, insertRefusedRequests, type NewRefusedRequest } from './request-queries.ts';

/** Rows that wait in each of the two queues at most; of about 5 KiB each. */
const waitingMax = 1_000;
const batchMax = 200;
/** Counts of repeated refusals wait this long for each other. */
const countsPauseMs = 1_000;
/** Rows whose counts wait at most. */
const countsMax = 10_000;
/** A flood is told in the program's log this often at most. */
const toldEachMs = 10_000;

type Hands = Pick<Context, 'db' | 'clock' | 'log'>;
type Waiting = { row: NewRefusedRequest; done: () => void };

export type RefusalWriter = {
  /** Resolves when the row is written, or when it never will be. */
  write(row: NewRefusedRequest, lane: 'site' | 'stranger'): Promise<void>;
  /** One more like that row, which was written before; null: of none. */
  countRepeated(traceId: string | null, at: Date): void;
};

export function createRefusalWriter({ db, clock, log }: Hands): RefusalWriter {
  const lanes: Record<'site' | 'stranger', Waiting[]> = { site: [], stranger: [] };
  let repeated = new Map<string, { count: number; until: Date }>();
  let countedAtMs = Number.NEGATIVE_INFINITY;
  let countsAwaited = false;
  let writing = false;
  let untold: Partial<Record<UnwrittenReason, number>> = {};
  let toldAtMs = Number.NEGATIVE_INFINITY;

  const note = (reason: UnwrittenReason, count: number, error?: unknown) => {
    countUnwritten(reason, count);
    untold[reason] = (untold[reason] ?? 0) + count;
    const nowMs = clock.now().getTime();
    if (nowMs - toldAtMs < toldEachMs) return;
    const counts = Object.entries(untold).map(([why, times]) => `${why}: ${times}`);
    logEvent(log, 'request.refusals_unwritten', { counts }, error === undefined ? undefined : { err: error });
    untold = {};
    toldAtMs = nowMs;
  };

  const pump = async () => {
    if (writing) return;
    writing = true;
    try {
      for (let batch = takeBatch(lanes); batch.length > 0; batch = takeBatch(lanes)) {
        const unwritten = await writeRows(batch.map(({ row }) => row));
        if (unwritten.count > 0) note('failed', unwritten.count, unwritten.error);
        // Only now, because the rows that the counts belong to exist by now.
        if (lanes.site.length + lanes.stranger.length === 0) await writeCounts();
        for (const { done } of batch) done();
      }
      await writeCounts();
    } finally {
      writing = false;
    }
  };

  /** All together. If one row fails, each is written alone, so that it does not stop the others. */
  const writeRows = async (rows: NewRefusedRequest[]): Promise<{ count: number; error?: unknown }> => {
    try {
      await insertRefusedRequests(db, rows);
      return { count: 0 };
    } catch (error) {
      if (rows.length === 1 || isPassingFault(error)) return { count: rows.length, error };
    }
    const each = [];
    for (const row of rows) each.push(await writeRows([row]));
    return {
      count: each.reduce((sum, { count }) => sum + count, 0),
      error: each.find(({ count }) => count > 0)?.error,
    };
  };

  /** Not before the last ones are a second old; those left over when a flood ends are written by the timer. */
  const writeCounts = async () => {
    const nowMs = clock.now().getTime();
    if (repeated.size === 0 || nowMs - countedAtMs < countsPauseMs) return;
    countedAtMs = nowMs;
    const counts = [...repeated].map(([traceId, { count, until }]) => ({ traceId, count, until }));
    repeated = new Map();
    await addRepeated(db, counts).catch((error: unknown) =>
      log.warn({ err: error }, 'counts of refused requests not written down'),
    );
  };

  const awaitCounts = () => {
    if (countsAwaited) return;
    countsAwaited = true;
    setTimeout(() => {
      countsAwaited = false;
      countedAtMs = Number.NEGATIVE_INFINITY;
      void pump();
    }, countsPauseMs).unref();
  };

  return {
    write(row, lane) {
      if (lanes[lane].length >= waitingMax) {
        note('dropped', 1);
        return Promise.resolve();
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      lanes[lane].push({ row, done: resolve });
      // In the next turn of the loop, so that all who came in one turn go together.
      setImmediate(() => void pump());
      return promise;
    },
    countRepeated(traceId, at) {
      note('counted', 1);
      if (traceId === null || (repeated.size >= countsMax && !repeated.has(traceId))) return;
      repeated.set(traceId, { count: (repeated.get(traceId)?.count ?? 0) + 1, until: at });
      awaitCounts();
    },
  };
}

function takeBatch(lanes: Record<'site' | 'stranger', Waiting[]>): Waiting[] {
  const ofSites = lanes.site.splice(0, Math.max(batchMax / 2, batchMax - lanes.stranger.length));
  return [...ofSites, ...lanes.stranger.splice(0, batchMax - ofSites.length)];
}
