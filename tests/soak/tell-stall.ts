// When hardly anybody is answered for a while, the one who looks at the soak is told who waits for whom in the database.

import type { SoakStage } from './soak-stage.ts';

export async function tellStall({ context }: Pick<SoakStage, 'context'>): Promise<string[]> {
  const { rows } = await context.owner.pool.query<{ line: string }>(
    `select format('%s %s %s %s s, %s/%s, waits for %s: %s', pid, application_name, state,
        round(extract(epoch from clock_timestamp() - coalesce(xact_start, state_change)), 1),
        wait_event_type, wait_event, pg_blocking_pids(pid), left(regexp_replace(query, '\\s+', ' ', 'g'), 120)) as line
     from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()
       and (state <> 'idle' or wait_event_type = 'Lock')
     order by xact_start limit 20`,
  );
  return rows.map(({ line }) => line);
}
