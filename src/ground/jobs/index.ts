export { type JobBacklog, readJobBacklog } from './job-backlog.ts';
export { type Jobs, type JobsOptions, startJobs } from './start-jobs.ts';
export { assembleJobs, everyMinute, type JobHands, type TimedJob } from './timed-job.ts';
