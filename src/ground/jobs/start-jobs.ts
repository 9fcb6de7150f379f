// Work that comes by the clock (expiry, clean-up), run by graphile-worker: once for all processes, again after a
// crash. Money never depends on it in time: every rule asks the clock itself.

import { EventEmitter } from 'node:events';
import { Logger as JobLogger, parseCrontab, run, type WorkerEvents } from 'graphile-worker';
import { openPool } from '../database/index.ts';
import type { Logger } from '../log/index.ts';
import { watchWorkers } from './dead-workers.ts';

/** One kind of work. It may run twice (after a crash, or beside a process that lost its connection): be idempotent. */
export type JobTask = (payload: unknown) => Promise<void>;

export type JobsOptions = {
  /** Address with the running role. A direct one: the queue listens and locks, which PgBouncer's pooling forbids. */
  connection: string;
  tasks: Record<string, JobTask>;
  /** Lines as `* * * * * expire_orders`, times in UTC; see graphile-worker's crontab. */
  crontab: string;
  log: Logger;
  /** Jobs at a time; default 2. */
  concurrency?: number;
};

export type Jobs = {
  /** Takes no more work, waits for what is running, closes the connections. */
  stop(): Promise<void>;
};

/** Starts taking jobs. @throws Error when a crontab line is wrong or names no task. */
export async function startJobs(options: JobsOptions): Promise<Jobs> {
  const { tasks, log, concurrency = 2 } = options;
  const parsedCronItems = parseCrontab(options.crontab);
  for (const { task } of parsedCronItems) {
    if (!(task in tasks)) throw new Error(`the crontab names the task ${task}, which does not exist`);
  }
  const pool = openPool(options.connection, { max: concurrency + 2, applicationName: 'vipay jobs' });
  pool.on('error', (error) => log.warn({ err: error }, 'jobs: lost an idle connection'));
  pool.on('connect', (client) => client.on('error', () => undefined));

  const events: WorkerEvents = new EventEmitter();
  const watch = await watchWorkers(options.connection, events, log);
  const runner = await run({
    pgPool: pool,
    taskList: Object.fromEntries(
      Object.entries(tasks).map(([name, task]) => [name, async (payload: unknown) => task(payload)]),
    ),
    parsedCronItems,
    concurrency,
    events,
    logger: jobLogger(log),
    // The process stops its parts itself, in order.
    noHandleSignals: true,
  }).catch(async (error) => {
    await watch.stop();
    await pool.end();
    throw error;
  });
  return {
    async stop() {
      await runner.stop();
      await watch.stop();
      await pool.end();
    },
  };
}

function jobLogger(log: Logger): JobLogger {
  return new JobLogger((scope) => (level, message, meta) => {
    // What it says of each job it says at info, once a minute for ever: ours is debug.
    const write = level === 'error' ? 'error' : level === 'warning' ? 'warn' : 'debug';
    const error = meta?.error;
    log[write]({ jobs: scope, ...(error instanceof Error ? { err: error } : {}) }, message);
  });
}
