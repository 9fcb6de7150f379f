// How the queue of timed jobs stands.

import { sql } from 'kysely';
import type { DbOrTx } from '../database/index.ts';

export type JobBacklog = {
  /** Failed in all their attempts; kept for a while to be looked at. */
  failed: number;
  /** When the job that waits longest was due; null: none is. By the database's clock, as the queue goes. */
  oldestDue: Date | null;
};

/** The table is small: jobs that are done leave it. */
export async function readJobBacklog(db: DbOrTx): Promise<JobBacklog> {
  const { rows } = await sql<JobBacklog>`
    select count(*) filter (where attempts >= max_attempts)::int as failed,
      min(run_at) filter (where attempts < max_attempts and locked_at is null and run_at <= now()) as "oldestDue"
    from graphile_worker._private_jobs`.execute(db);
  return rows[0] ?? { failed: 0, oldestDue: null };
}
