// Releases jobs that are locked although nobody works on them: of a process that died, of a pool that could not write
// an outcome, or taken by a statement whose answer was lost. graphile-worker itself waits four hours before it takes
// such a job again, because it cannot know. We can: a pool (its id is what a job is locked by) tells us what runs in
// it, and for each pool an advisory lock is held for as long as its process is connected.

import type pg from 'pg';
import { openClient } from '../database/index.ts';
import type { Logger } from '../log/index.ts';

const lookMsDefault = 5_000;
/** Of the time between two looks: a lost connection is made again long before others release what it stood for. */
const reconnectShare = 0.2;
const releaseShare = 0.8;
/** Advisory locks of pools, apart from all others. */
const lockClass = 1_986_610_249;

/** A pool of this process. */
export type WatchedPool = {
  id: string;
  /** The ids of the jobs that run in it now. */
  running: ReadonlySet<string>;
};

export type PoolWatch = {
  /** From now on the pool counts as living. */
  add(pool: WatchedPool): void;
  /** The pool has ended: the jobs that it left locked are released at once. */
  remove(poolId: string): Promise<void>;
  stop(): Promise<void>;
};

/**
 * Looks at once and then every `lookMs`. A job is released by the second look that finds nobody at work on it: it may
 * just have been taken, or its outcome may be on its way, and a pool's advisory lock is missing for a moment after
 * the pool is born and after its process has lost the connection that holds it.
 * @throws what the driver throws when it cannot connect.
 */
export async function watchPools(
  connection: string,
  log: Logger,
  lookMs: number = lookMsDefault,
): Promise<PoolWatch> {
  const pools = new Map<string, WatchedPool>();
  const endedIds = new Set<string>();
  let session: Session | null = null;
  let stopped = false;
  let reconnecting: NodeJS.Timeout | undefined;
  /** One round runs at a time; the next waits for it. */
  let current: Promise<void> = Promise.resolve();

  const soon = () => {
    clearTimeout(reconnecting);
    if (!stopped) reconnecting = setTimeout(round, lookMs * reconnectShare);
  };
  const connect = async (): Promise<Session> => {
    const client = await openClient(connection, { purpose: 'job', applicationName: 'vipay job locks' });
    const opened: Session = { client, held: new Set(), idleSince: new Map() };
    client.on('end', () => {
      if (session !== opened) return;
      // Its locks went with it. Taken again soon, before another process has looked twice and found them free.
      session = null;
      soon();
    });
    return opened;
  };

  const look = async () => {
    if (stopped) return;
    try {
      session ??= await connect();
      const { client, held } = session;
      for (const poolId of pools.keys()) {
        if (!held.has(poolId) && (await takeLock(client, poolId))) held.add(poolId);
      }
      for (const poolId of endedIds) {
        await releasePools(client, [poolId]);
        if (held.delete(poolId)) await giveLockBack(client, poolId);
        endedIds.delete(poolId);
      }
      await releaseIdle(session, pools, { log, idleMsMin: lookMs * releaseShare });
    } catch (error) {
      if (stopped) return;
      log.warn({ err: error }, 'jobs: could not look for jobs that nobody works on; trying again');
      soon();
    }
  };
  const round = (): Promise<void> => {
    current = current.then(look);
    return current;
  };

  session = await connect();
  await round();
  const timer = setInterval(round, lookMs);
  timer.unref();
  return {
    add(pool) {
      pools.set(pool.id, pool);
      void round();
    },
    remove(poolId) {
      pools.delete(poolId);
      endedIds.add(poolId);
      return round();
    },
    async stop() {
      clearInterval(timer);
      clearTimeout(reconnecting);
      await current;
      stopped = true;
      await session?.client.end().catch(() => undefined);
    },
  };
}

/** A connection, the locks that it holds, and since when it has found nobody at work on which jobs. */
type Session = { client: pg.Client; held: Set<string>; idleSince: Map<string, number> };

async function releaseIdle(
  session: Session,
  pools: ReadonlyMap<string, WatchedPool>,
  { log, idleMsMin }: { log: Logger; idleMsMin: number },
): Promise<void> {
  const { client, idleSince } = session;
  const locked = await listLocked(client);
  const now = performance.now();
  const idle = locked.filter(({ id, poolId, isHeld }) => {
    const own = pools.get(poolId);
    return own === undefined ? !isHeld : !own.running.has(id);
  });
  session.idleSince = new Map(idle.map((job) => [nameLocked(job), idleSince.get(nameLocked(job)) ?? now]));
  const released = idle.filter((job) => now - (idleSince.get(nameLocked(job)) ?? now) >= idleMsMin);
  if (released.length === 0) return;
  const [left, orphaned] = [
    released.filter(({ poolId }) => pools.has(poolId)),
    released.filter(({ poolId }) => !pools.has(poolId)),
  ];
  if (orphaned.length > 0) {
    const poolIds = [...new Set(orphaned.map(({ poolId }) => poolId))];
    log.warn({ pools: poolIds }, 'jobs: releasing the jobs of processes that are gone');
    await releasePools(client, poolIds);
  }
  if (left.length > 0) {
    log.warn({ jobs: left.map(({ id }) => id) }, 'jobs: releasing jobs whose outcome could not be written');
    await releaseJobs(client, left);
  }
}

type LockedJob = { id: string; poolId: string; isHeld: boolean };

const nameLocked = ({ id, poolId }: LockedJob) => `${poolId} ${id}`;

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

/** Jobs that are locked, and whether somebody holds the lock of their pool. */
async function listLocked(client: pg.Client): Promise<LockedJob[]> {
  const { rows } = await client.query<LockedJob>(
    `with held as (
      select objid from pg_locks where locktype = 'advisory' and classid = $1::int::oid and granted
        and database = (select oid from pg_database where datname = current_database()))
    select id::text, locked_by as "poolId", hashtext(locked_by)::oid in (select objid from held) as "isHeld"
    from graphile_worker._private_jobs where locked_by is not null`,
    [lockClass],
  );
  return rows;
}

async function releasePools(client: pg.Client, poolIds: string[]): Promise<void> {
  await client.query('select graphile_worker.force_unlock_workers($1)', [poolIds]);
}

/** Single jobs of a pool that lives. The library has no function for it; none of our jobs stands in a named queue. */
async function releaseJobs(client: pg.Client, jobs: readonly LockedJob[]): Promise<void> {
  await client.query(
    `update graphile_worker._private_jobs as jobs set locked_at = null, locked_by = null
    from unnest($1::bigint[], $2::text[]) as left_behind (id, pool_id)
    where jobs.id = left_behind.id and jobs.locked_by = left_behind.pool_id`,
    [jobs.map(({ id }) => id), jobs.map(({ poolId }) => poolId)],
  );
}
