// Releases jobs of processes that died. graphile-worker itself waits four hours before it takes such a job again,
// because it cannot know. We can: each worker holds an advisory lock for as long as its process is connected.

import type { WorkerEvents } from 'graphile-worker';
import pg from 'pg';
import type { Logger } from '../log/index.ts';

const sweepMs = 60_000;
/** A worker takes its advisory lock just after it is born; a job locked this recently is left alone. */
const youngSeconds = 30;
/** Advisory locks of workers, apart from all others. */
const lockClass = 1_986_610_249;

export type WorkerWatch = { stop(): Promise<void> };

/** Locks for the workers created on `events`; looks for dead ones at once and then every minute. */
export async function watchWorkers(
  connection: string,
  events: WorkerEvents,
  log: Logger,
): Promise<WorkerWatch> {
  const workerIds = new Set<string>();
  let client: pg.Client | null = null;
  let stopped = false;

  const connect = async () => {
    const opened = new pg.Client({ connectionString: connection, application_name: 'vipay workers' });
    opened.on('error', () => {
      if (client === opened) client = null; // Its locks went with it; the next round takes them again.
    });
    await opened.connect();
    for (const workerId of workerIds) await holdLock(opened, workerId);
    client = opened;
    return opened;
  };
  const round = async () => {
    try {
      await releaseDead(client ?? (await connect()), log);
    } catch (error) {
      log.warn({ err: error }, 'jobs: could not look for dead workers; trying again');
    }
  };

  events.on('worker:create', ({ worker }) => {
    workerIds.add(worker.workerId);
    if (client !== null) holdLock(client, worker.workerId).catch(() => undefined);
  });
  events.on('worker:stop', ({ worker }) => workerIds.delete(worker.workerId));

  await connect();
  let current = round();
  await current;
  const timer = setInterval(() => {
    if (!stopped) current = round();
  }, sweepMs);
  timer.unref();
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      await current;
      await client?.end().catch(() => undefined);
    },
  };
}

async function holdLock(client: pg.Client, workerId: string): Promise<void> {
  await client.query('select pg_advisory_lock($1, hashtext($2))', [lockClass, workerId]);
}

/** A lock that can be had is held by nobody: its worker is gone. */
async function releaseDead(client: pg.Client, log: Logger): Promise<void> {
  const { rows } = await client.query<{ worker_id: string }>(
    `select locked_by as worker_id from graphile_worker.jobs
      where locked_by is not null and locked_at < clock_timestamp() - make_interval(secs => $1)
      group by locked_by
      -- This session's own locks could be had once more; another's could not.
      having not exists (select from pg_locks where locktype = 'advisory' and classid = $2::int::oid and granted
        and objid = hashtext(locked_by)::oid and database = (select oid from pg_database where datname = current_database()))`,
    [youngSeconds, lockClass],
  );
  if (rows.length === 0) return;
  const ids = rows.map((row) => row.worker_id);
  log.warn({ workers: ids }, 'jobs: releasing the jobs of workers that are gone');
  await client.query('select graphile_worker.force_unlock_workers($1)', [ids]);
}
