// What a module does by the clock. Each module describes its jobs in its own `…-jobs.ts`; app.ts puts them together.

import type { JobTask } from './worker-pool.ts';

/** Jobs that a module leaves to the clock, on connections of their own; `signal` aborts when the process stops. */
export type JobHands<Hands> = { context: Hands; signal: AbortSignal };

export type TimedJob = {
  /** As the queue and the log call it: a verb and what it is done to, `snake_case`. docs/operating/jobs.md lists all. */
  name: string;
  /** One run or more. */
  runs: readonly [JobTime, ...JobTime[]];
  work: JobTask;
};

export type JobTime = {
  /** Minute, hour, day, month, weekday; in UTC. */
  cron: string;
  /** Options of graphile-worker's crontab: `fill=1d` runs what a stopped gateway missed within a day. */
  options?: string;
  /** What the work is given, as JSON5. */
  payload?: string;
};

/**
 * The library's list of tasks, and its crontab.
 * @throws Error when two jobs have one name.
 */
export function assembleJobs(jobs: readonly TimedJob[]): {
  tasks: Record<string, JobTask>;
  crontab: string;
} {
  const tasks: Record<string, JobTask> = {};
  for (const { name, work } of jobs) {
    if (name in tasks) throw new Error(`two jobs are called ${name}`);
    tasks[name] = work;
  }
  const crontab = jobs.flatMap(({ name, runs }) => runs.map((run) => toLine(name, run))).join('\n');
  return { tasks, crontab };
}

function toLine(name: string, { cron, options, payload }: JobTime): string {
  return [cron, name, options && `?${options}`, payload].filter(Boolean).join(' ');
}

export const everyMinute: readonly [JobTime] = [{ cron: '* * * * *' }];
