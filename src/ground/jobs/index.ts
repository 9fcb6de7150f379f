export { type Jobs, type JobsOptions, type JobTask, startJobs } from './start-jobs.ts';
