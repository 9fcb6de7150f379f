export { type JobBacklog, readJobBacklog } from './job-backlog.ts';
export { type Jobs, type JobsOptions, startJobs } from './start-jobs.ts';
export type { JobTask } from './worker-pool.ts';
