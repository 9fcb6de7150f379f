export { type Jobs, type JobsOptions, startJobs } from './start-jobs.ts';
export type { JobTask } from './worker-pool.ts';
