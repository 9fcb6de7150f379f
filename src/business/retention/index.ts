export { retentionJobs } from './retention-jobs.ts';
export { trimTables } from './trim-tables.ts';
