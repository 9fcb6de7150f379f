// One of graphile-worker's pools, kept running. The library ends a pool for good when it cannot store a job's
// outcome, for instance because the connection was cut at that moment. Another pool then replaces it, and the
// jobs that still run in the old one finish. Such a pool may never end: when another of its jobs is stored after
// the one that was not, the library has counted one too few and waits for ever. So its end is waited for by our own
// account of what runs in it. And a pool whose first statement fails keeps that failure and answers every later question
// for a job with it, for ever and in silence: such a pool is replaced, too.

import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Logger as JobLogger,
  type ParsedCronItem,
  type Runner,
  run,
  type WorkerEvents,
} from 'graphile-worker';
import type pg from 'pg';
import type { Logger } from '../log/index.ts';
import type { PoolWatch } from './dead-pools.ts';
import { toJobError } from './job-error.ts';
import { createRunningJobs, type RunningJobs } from './running-jobs.ts';

/** One kind of work. It may run twice (after a crash, or beside a process that lost its connection): be idempotent. */
export type JobTask = (payload: unknown) => Promise<void>;

export type PoolParts = {
  pool: pg.Pool;
  watch: PoolWatch;
  tasks: Record<string, JobTask>;
  crontab: ParsedCronItem[];
  log: Logger;
  concurrency: number;
  restartDelayMs: number;
  /** So long an outcome may be on its way to the database once the job is over. */
  outcomeMsMax: number;
};

const restartDelayMsMax = 10_000;
/** After so long without a fault the next restart is quick again. */
const steadyAfterMs = 60_000;

/** Resolves when the first pool takes jobs. @throws what the library throws when it cannot start. */
export async function keepPoolRunning(parts: PoolParts): Promise<{ stop(): Promise<void> }> {
  const { log, restartDelayMs } = parts;
  const pools = new Set<StartedPool>();
  let starting: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let delayMs = restartDelayMs;
  let stopped = false;

  const start = async () => {
    const startedAt = performance.now();
    const started = await startPool(parts, (error) => {
      if (stopped) return;
      if (performance.now() - startedAt > steadyAfterMs) delayMs = restartDelayMs;
      startLater(error);
    });
    pools.add(started);
    void started.ended.then(() => pools.delete(started));
  };
  const startLater = (error: unknown) => {
    log.error({ err: error, restartInMs: delayMs }, 'jobs: the queue has stopped; starting it again');
    timer = setTimeout(() => {
      starting = start().catch((fault) => {
        if (!stopped) startLater(fault);
      });
    }, delayMs);
    delayMs = Math.min(delayMs * 2, restartDelayMsMax);
  };

  await start();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await starting;
      await Promise.all([...pools].map((pool) => pool.stop()));
    },
  };
}

type StartedPool = { stop(): Promise<void>; ended: Promise<void> };

/** `onLost` is called once, when the pool takes no more jobs although nobody stopped it. */
async function startPool(parts: PoolParts, onLost: (error: unknown) => void): Promise<StartedPool> {
  const { pool, watch, tasks, crontab, log, concurrency } = parts;
  const events: WorkerEvents = new EventEmitter();
  const running = createRunningJobs();
  let poolId: string | null = null;
  let isLost = false;
  /** From then on it takes no job. */
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  const lose = (error: unknown) => {
    if (isLost) return;
    isLost = true;
    onLost(error);
    close();
  };
  events.on('pool:create', ({ workerPool }) => {
    poolId = workerPool.id;
    watch.add({ id: workerPool.id, running: running.ids });
  });
  // It now waits for its running jobs, perhaps for long, and takes no other.
  events.on('pool:fatalError', ({ error }) => lose(error));
  let lastFailure: unknown = null;
  events.on('worker:getJob:error', ({ error }) => {
    // A question that was asked again would fail with an error of its own. The same object is the one that was kept.
    if (error !== lastFailure) lastFailure = error;
    else if (!isLost) {
      lose(error);
      void starting.then((kept) => kept.stop()).catch(() => undefined);
    }
  });

  const starting: Promise<Runner> = run({
    pgPool: pool,
    taskList: Object.fromEntries(
      Object.entries(tasks).map(([name, task]) => [name, guardTask(name, task, { log, running })]),
    ),
    parsedCronItems: crontab,
    concurrency,
    events,
    logger: jobLogger(log),
    // Without a delay, however short, the library writes outcomes in promises that nobody looks after: the first
    // one to fail would be an unhandled rejection.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    // The process stops its parts itself, in order.
    noHandleSignals: true,
  });
  const runner = await starting;
  const endedByItself = runner.promise.then(
    () => lose(new Error('the pool has ended')),
    (error: unknown) => lose(error),
  );
  const isAbandoned = abandon(endedByItself, closed, { running, ...parts });
  return {
    // What the pool left locked (an outcome that could not be written) is free for the next one.
    ended: isAbandoned.then(() => (poolId === null ? undefined : watch.remove(poolId))),
    async stop() {
      // Refused when the pool has stopped by itself; its end is waited for either way.
      const stopped = runner.stop().catch(() => undefined);
      close();
      if (!(await isAbandoned)) await stopped;
    },
  };
}

/**
 * Resolves with false when the library says that the pool has ended, and with true when it has long taken no jobs,
 * nothing runs in it, every outcome has had its time, and the library says nothing.
 */
async function abandon(
  endedByItself: Promise<void>,
  closed: Promise<void>,
  { running, log, outcomeMsMax }: { running: RunningJobs } & Pick<PoolParts, 'log' | 'outcomeMsMax'>,
): Promise<boolean> {
  const waiting = new AbortController();
  const idle = async () => {
    await closed;
    // A job that was on its way to a worker when the pool closed still runs.
    do {
      await running.none();
      await delay(outcomeMsMax, undefined, { signal: waiting.signal });
    } while (running.ids.size > 0);
    return true;
  };
  const isAbandoned = await Promise.race([endedByItself.then(() => false), idle().catch(() => false)]);
  waiting.abort();
  if (isAbandoned) log.warn('jobs: a pool does not end by itself although none of its jobs runs; it is left');
  return isAbandoned;
}

/** Whatever a task throws reaches the library as an Error that can be logged and written to the database. */
function guardTask(name: string, task: JobTask, { log, running }: { log: Logger; running: RunningJobs }) {
  return async (
    payload: unknown,
    { job }: { job: { id: string; attempts: number; max_attempts: number } },
  ) => {
    try {
      await running.run(job.id, () => task(payload));
    } catch (thrown) {
      const error = toJobError(thrown);
      const willRetry = job.attempts < job.max_attempts;
      log.error(
        { err: error, job: name, attempt: job.attempts, attemptsMax: job.max_attempts },
        willRetry ? 'job failed; it is tried again' : 'job failed for the last time',
      );
      throw error;
    }
  };
}

function jobLogger(log: Logger): JobLogger {
  return new JobLogger((scope) => (level, message, meta) => {
    // What it says of each job it says at info, once a minute for ever: ours is debug. A failed job is ours to tell.
    const isToldAlready = meta?.failure === true;
    const write = level === 'error' && !isToldAlready ? 'error' : level === 'warning' ? 'warn' : 'debug';
    const error = meta?.error;
    log[write]({ jobs: scope, ...(error instanceof Error ? { err: error } : {}) }, message);
  });
}
