// When a soak does not come to rest: what is known of the orders that are still open, and of the jobs that should end them.

import type { SoakStage } from './soak-stage.ts';

export async function tellUnrest({ context }: Pick<SoakStage, 'context'>): Promise<string[]> {
  const { rows } = await context.owner.pool.query<{ line: string }>(
    `(select format('order %s: open until %s, now %s, deadlines %s, set aside %s', merch_txn_ref, expires_at, clock_timestamp(),
        (select array_agg(d.expires_at) from order_deadlines d where d.order_id = orders.id),
        (select array_agg(to_jsonb(f)) from order_deadline_faults f where f.order_id = orders.id)) as line
      from orders where status = 'open' order by created_at limit 3)
     union all
     (select format('jobs %s: %s, of them locked %s, attempts up to %s, last error %s', identifier, count(*), count(locked_at),
        max(attempts), max(left(last_error, 200)))
      from graphile_worker._private_jobs jobs join graphile_worker._private_tasks tasks on tasks.id = task_id
      group by identifier)
     union all
     (select format('sessions %s: %s', application_name, count(*)) from pg_stat_activity
      where datname = current_database() group by application_name)`,
  );
  return rows.map(({ line }) => line);
}
