// Work that runs by the clock (expiry, clean-up), by graphile-worker: once for all processes, and again after
// a crash. No decision about money needs a job to be on time, because every rule asks the clock itself.

import { parseCrontab } from 'graphile-worker';
import { openPool } from '../database/index.ts';
import type { Logger } from '../log/index.ts';
import { watchPools } from './dead-pools.ts';
import { releaseOnce } from './release-once.ts';
import { type JobTask, keepPoolRunning } from './worker-pool.ts';

export type JobsOptions = {
  /** Address with the running role. A direct one: the queue listens and locks, which PgBouncer's pooling forbids. */
  connection: string;
  tasks: Record<string, JobTask>;
  /** Lines as `* * * * * expire_orders`, times in UTC; see graphile-worker's crontab. */
  crontab: string;
  log: Logger;
  /** Jobs at a time; default 2. */
  concurrency?: number;
  /** Before the library is started again after a fault of its own; doubled each time, up to 10 s. Default 500. */
  restartDelayMs?: number;
  /** How often jobs that nobody works on are looked for; two looks release one. Default: every 5 s. */
  lookMs?: number;
  /** A job's outcome is given up when it is not stored so long after the job's end. Default: 6 s. */
  outcomeMsMax?: number;
};

/** The pool that takes jobs, and those before it whose jobs still run. */
const poolsMax = 3;
/** Longer than the wait for a place in the pool of connections. */
const outcomeMsMaxDefault = 6_000;

export type Jobs = {
  /** Takes no more work, waits for what is running, closes the connections. */
  stop(): Promise<void>;
};

/** Starts taking jobs. @throws Error when a crontab line is wrong or names no task, or the database cannot be used. */
export async function startJobs(options: JobsOptions): Promise<Jobs> {
  const { connection, tasks, log, concurrency = 2 } = options;
  const crontab = parseCrontab(options.crontab);
  for (const { task } of crontab) {
    if (!(task in tasks)) throw new Error(`the crontab names the task ${task}, which does not exist`);
  }
  const pool = openPool(connection, {
    // Each of the library's pools needs a place to listen, one to ask, and one for each job. One that has stopped by
    // itself keeps its places until its jobs are done, and the next one must not wait for that.
    max: (concurrency + 2) * poolsMax,
    purpose: 'job',
    applicationName: 'vipay jobs',
    // The library writes the ids of its jobs as JSON, which knows no bigint.
    types: 'of the driver',
    onIdleError: (error) => log.warn({ err: error }, 'jobs: lost an idle connection'),
  });
  releaseOnce(pool);
  const watch = await watchPools(connection, log, options.lookMs).catch(async (error) => {
    await pool.end();
    throw error;
  });
  const closeConnections = async () => {
    await watch.stop();
    await pool.end();
  };
  try {
    const { restartDelayMs = 500, outcomeMsMax = outcomeMsMaxDefault } = options;
    const running = await keepPoolRunning({
      pool,
      watch,
      tasks,
      crontab,
      log,
      concurrency,
      restartDelayMs,
      outcomeMsMax,
    });
    return {
      async stop() {
        await running.stop();
        await closeConnections();
      },
    };
  } catch (error) {
    await closeConnections();
    throw error;
  }
}
