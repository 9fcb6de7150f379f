// Releases jobs of processes that died. graphile-worker itself waits four hours before it takes such a job again,
// because it cannot know. We can: for each of its pools (whose id is what a job is locked by) an advisory lock is
// held for as long as the process is connected.

import type pg from 'pg';
import { openClient } from '../database/index.ts';
import type { Logger } from '../log/index.ts';

const sweepMs = 60_000;
const reconnectMs = 1_000;
/** A pool's advisory lock is taken just after the pool is born; a job locked this recently is left alone. */
const youngSeconds = 30;
/** Advisory locks of pools, apart from all others. */
const lockClass = 1_986_610_249;

export type PoolWatch = {
  /** From now on the pool counts as living. */
  add(poolId: string): void;
  /** The pool has ended: the jobs that it left locked are released at once. */
  remove(poolId: string): Promise<void>;
  stop(): Promise<void>;
};

/** Looks for dead pools at once and then every minute. @throws what the driver throws when it cannot connect. */
export async function watchPools(connection: string, log: Logger): Promise<PoolWatch> {
  const poolIds = new Set<string>();
  const endedIds = new Set<string>();
  let client: pg.Client | null = null;
  let stopped = false;
  let reconnecting: NodeJS.Timeout | undefined;
  /** One round runs at a time; the next waits for it. */
  let current: Promise<void> = Promise.resolve();

  const connect = async () => {
    const opened = await openClient(connection, { purpose: 'job', applicationName: 'vipay job locks' });
    opened.on('end', () => {
      if (client !== opened) return;
      // Its locks went with it. Taken again soon, before another process looks and finds them free.
      client = null;
      if (!stopped) reconnecting = setTimeout(round, reconnectMs);
    });
    const held = new Set<string>();
    client = opened;
    return { opened, held };
  };
  let connected: Awaited<ReturnType<typeof connect>> | null = null;

  const look = async () => {
    try {
      if (client === null || connected === null) connected = await connect();
      const { opened, held } = connected;
      for (const poolId of poolIds) {
        if (!held.has(poolId) && (await takeLock(opened, poolId))) held.add(poolId);
      }
      for (const poolId of endedIds) {
        await releaseJobs(opened, [poolId]);
        if (held.delete(poolId)) await giveLockBack(opened, poolId);
        endedIds.delete(poolId);
      }
      const dead = await findDead(opened);
      if (dead.length === 0) return;
      log.warn({ pools: dead }, 'jobs: releasing the jobs of processes that are gone');
      await releaseJobs(opened, dead);
    } catch (error) {
      if (!stopped) log.warn({ err: error }, 'jobs: could not look for dead processes; trying again');
    }
  };
  const round = (): Promise<void> => {
    current = current.then(look);
    return current;
  };

  connected = await connect();
  await round();
  const timer = setInterval(round, sweepMs);
  timer.unref();
  return {
    add(poolId) {
      poolIds.add(poolId);
      void round();
    },
    remove(poolId) {
      poolIds.delete(poolId);
      endedIds.add(poolId);
      return round();
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      clearTimeout(reconnecting);
      await current;
      await client?.end().catch(() => undefined);
    },
  };
}

/** False while another session holds it: our own former one, whose end the server has not noticed yet. */
async function takeLock(client: pg.Client, poolId: string): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    'select pg_try_advisory_lock($1, hashtext($2)) as taken',
    [lockClass, poolId],
  );
  return rows[0]?.taken === true;
}

async function giveLockBack(client: pg.Client, poolId: string): Promise<void> {
  await client.query('select pg_advisory_unlock($1, hashtext($2))', [lockClass, poolId]);
}

/** Pools that hold jobs although nobody holds their lock. */
async function findDead(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ pool_id: string }>(
    `select locked_by as pool_id from graphile_worker.jobs
      where locked_by is not null and locked_at < clock_timestamp() - make_interval(secs => $1)
      group by locked_by
      having not exists (select from pg_locks where locktype = 'advisory' and classid = $2::int::oid and granted
        and objid = hashtext(locked_by)::oid and database = (select oid from pg_database where datname = current_database()))`,
    [youngSeconds, lockClass],
  );
  return rows.map((row) => row.pool_id);
}

async function releaseJobs(client: pg.Client, poolIds: string[]): Promise<void> {
  await client.query('select graphile_worker.force_unlock_workers($1)', [poolIds]);
}
