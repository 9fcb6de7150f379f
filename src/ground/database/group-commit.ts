// Group commit: requests that come while a batch is under way wait and form the next batch. No delay is
// added. A single request is a batch of one; under load the batches grow.

/** The queue is full: the caller is told to try again rather than to wait. */
export class QueueFull extends Error {
  constructor() {
    super('queue_full');
  }
}

export type GroupCommitOptions<Request, Result> = {
  /** Answers each request, in its place. An error that it throws goes to every request of the batch. */
  runBatch: (requests: Request[]) => Promise<Result[]>;
  /** Requests in one batch at most. Default 200. */
  batchMax?: number;
  /** Batches under way at once. Default 2: while one commits, the next is prepared. */
  inFlightMax?: number;
  /**
   * Waiting requests are shared among the batches that may begin now, but no batch is made smaller than this.
   * Default 16.
   */
  shareMin?: number;
  /** Requests waiting at most. Default 10.000. */
  queueMax?: number;
  /** Called for each finished batch, for the metrics. */
  observe?: (batch: { size: number; waitedMs: number; tookMs: number }) => void;
};

export type GroupCommit<Request, Result> = {
  /** @throws QueueFull (rejects) at once when the queue is full. */
  submit(request: Request): Promise<Result>;
  /** Requests waiting now. */
  readonly waiting: number;
};

type Entry<Request, Result> = {
  request: Request;
  since: number;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
};

export function createGroupCommit<Request, Result>(
  options: GroupCommitOptions<Request, Result>,
): GroupCommit<Request, Result> {
  const { runBatch, batchMax = 200, inFlightMax = 2, shareMin = 16, queueMax = 10_000, observe } = options;
  let queue: Entry<Request, Result>[] = [];
  let inFlight = 0;

  const next = () => {
    while (inFlight < inFlightMax && queue.length > 0) {
      const share = Math.max(shareMin, Math.ceil(queue.length / (inFlightMax - inFlight)));
      const size = Math.min(batchMax, share);
      const batch = queue.slice(0, size);
      queue = queue.slice(size);
      inFlight += 1;
      void run(batch);
    }
  };
  const run = async (batch: Entry<Request, Result>[]) => {
    const startedAt = performance.now();
    try {
      const results = await runBatch(batch.map((entry) => entry.request));
      if (results.length !== batch.length) throw new Error('a batch answered another number of requests');
      for (const [index, entry] of batch.entries()) entry.resolve(results[index] as Result);
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    }
    inFlight -= 1;
    next();
    const since = batch[0]?.since ?? startedAt;
    observe?.({ size: batch.length, waitedMs: startedAt - since, tookMs: performance.now() - startedAt });
  };
  return {
    get waiting() {
      return queue.length;
    },
    submit(request) {
      if (queue.length >= queueMax) return Promise.reject(new QueueFull());
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      queue.push({ request, since: performance.now(), resolve, reject });
      // Begun in the next turn of the loop, so that all who came in one turn are one batch.
      if (queue.length === 1 && inFlight < inFlightMax) setImmediate(next);
      return promise;
    },
  };
}
