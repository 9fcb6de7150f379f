// A pool of the library that could not write an outcome keeps no job from the others, and no gateway from stopping.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { after, afterEach, test } from 'node:test';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { until } from '../../../tests/support/notification-fixtures.ts';
import { createLogger } from '../log/index.ts';
import { type Jobs, startJobs } from './index.ts';

const { url, pool, owner, drop } = await createTestDatabase();
after(drop);

const lines: string[] = [];
const log = createLogger('warn', { write: (line) => void lines.push(line) });
/** So short that nobody waits in a test; what is looked for does not depend on it. */
const times = { restartDelayMs: 10, lookMs: 50, outcomeMsMax: 200 };

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await owner.pool.query('delete from graphile_worker._private_jobs');
  lines.length = 0;
});

/** Stopped at the end of the test; `stop` may be called before. */
async function start(
  tasks: Record<string, (payload: unknown) => Promise<void>>,
  lookMs = times.lookMs,
): Promise<Jobs> {
  const jobs = await startJobs({ connection: url, crontab: '', log, tasks, ...times, lookMs });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= jobs.stop();
    return stopped;
  };
  ends.push(stop);
  return { stop };
}

const add = (name: string) => owner.pool.query('select graphile_worker.add_job($1)', [name]);

async function listJobs(): Promise<{ task: string; poolId: string | null }[]> {
  const { rows } = await owner.pool.query<{ task: string; poolId: string | null }>(
    `select identifier as task, locked_by as "poolId"
     from graphile_worker._private_jobs jobs join graphile_worker._private_tasks tasks on tasks.id = task_id`,
  );
  return rows;
}

/** The end of this task's jobs cannot be stored until `mend`. */
async function spoilOutcome(task: string): Promise<{ mend(): Promise<void> }> {
  await owner.pool.query(
    `create or replace function refuse_outcome() returns trigger language plpgsql as $$ begin
       if (select identifier from graphile_worker._private_tasks where id = old.task_id) = '${task}'
       then raise exception 'this outcome is not stored'; end if;
       return old; end $$`,
  );
  await owner.pool.query(
    'create trigger refuse_outcome before delete on graphile_worker._private_jobs for each row execute function refuse_outcome()',
  );
  return {
    mend: async () => {
      await owner.pool.query('drop trigger refuse_outcome on graphile_worker._private_jobs');
    },
  };
}

/** A task that runs until it is told to end. */
function longTask() {
  const begun = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const work = async () => {
    begun.resolve();
    await released.promise;
  };
  ends.push(() => released.resolve());
  return { begun: begun.promise, release: released.resolve, work };
}

test('a job whose outcome was lost runs again while another job of its pool still runs; then everything stops', async () => {
  const long = longTask();
  let runs = 0;
  const short = async () => {
    runs += 1;
  };
  const jobs = await start({ long: long.work, short });
  await add('long');
  await long.begun;
  const { mend } = await spoilOutcome('short');
  await add('short');
  await until('its outcome is refused', () => lines.some((line) => line.includes('is not stored')));
  await mend();
  await until('it has run again and is stored', async () => (await listJobs()).length === 1);
  assert.ok(runs > 1);

  // The library has counted one outcome too few by now, and would never say that its pool has ended.
  long.release();
  await until('the long one is stored', async () => (await listJobs()).length === 0);
  await jobs.stop();
});

test('a job that was taken by a statement whose answer was lost is taken again', async () => {
  const long = longTask();
  const taken = Promise.withResolvers<void>();
  await start({ long: long.work, lost: async () => taken.resolve() });
  await add('long');
  await long.begun;
  const [running] = await listJobs();
  await owner.pool.query(
    `with added as (select id from graphile_worker.add_job('lost', run_at => now() + interval '1 hour'))
     select from added`,
  );
  await owner.pool.query(
    `update graphile_worker._private_jobs set locked_by = $1, locked_at = now(), run_at = now() where locked_by is null`,
    [running?.poolId],
  );
  await taken.promise;
  assert.ok((await listJobs()).some(({ task, poolId }) => task === 'long' && poolId === running?.poolId));
  long.release();
});

test('the job of a process that is gone is taken by another one that runs already', async () => {
  const taken = Promise.withResolvers<void>();
  await start({ orphan: async () => taken.resolve() });
  await owner.pool.query(`select graphile_worker.add_job('orphan', run_at => now() + interval '1 hour')`);
  await owner.pool.query(
    `update graphile_worker._private_jobs set locked_by = 'pool-gone', locked_at = now(), run_at = now()`,
  );
  await taken.promise;
});

test('a job that runs is nobody else’s, while the connection that holds its lock comes and goes', async () => {
  const long = longTask();
  let runs = 0;
  const counted = async () => {
    runs += 1;
    await long.work();
  };
  // Long enough for a connection to be made again meanwhile, on a machine that is busy too.
  const lookMs = 1_000;
  await start({ long: counted }, lookMs);
  await add('long');
  await long.begun;
  const others = await start({ long: counted }, lookMs);
  for (let cuts = 0; cuts < 3; cuts += 1) {
    const { rows } = await pool.query<{ pid: number }>(
      `select pg_terminate_backend(pid), pid from pg_stat_activity
       where datname = current_database() and application_name = 'vipay job locks'`,
    );
    const gone = rows.map(({ pid }) => pid);
    await until('both hold their locks again', async () => {
      const held = await pool.query<{ count: number }>(
        `select count(distinct pid)::int as count from pg_locks
         where locktype = 'advisory' and granted and classid = 1986610249 and pid <> all ($1)
           and database = (select oid from pg_database where datname = current_database())`,
        [gone],
      );
      return held.rows[0]?.count === 2;
    });
  }
  long.release();
  await others.stop();
  assert.equal(runs, 1);
});

/** Before the server: a connection that sends `text` is held from there on, until all that are held are cut. */
async function startHoldingProxy(text: string) {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  const held: Socket[] = [];
  const server = createServer((client) => {
    const upstream = connect({ host: hostname, port: Number(port) });
    const sever = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', sever);
    }
    client.on('data', (chunk) => {
      if (held.includes(client)) return;
      if (chunk.includes(text)) held.push(client);
      else upstream.write(chunk);
    });
    upstream.on('data', (chunk) => client.write(chunk));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const through = new URL(url);
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  through.port = String(address.port);
  ends.push(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  const cut = () => {
    for (const socket of held) socket.destroy();
  };
  return { url: through.href, held, cut };
}

test('the listener’s connection is lost while it is being stopped: no error is left to nobody', async () => {
  const unhandled: unknown[] = [];
  const hear = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', hear);
  const proxy = await startHoldingProxy('LISTEN "jobs:insert"');
  const jobs = await startJobs({ connection: proxy.url, crontab: '', log, tasks: {}, ...times });
  await until('it listens', () => proxy.held.length === 1);
  const stopped = jobs.stop();
  await new Promise(setImmediate);
  proxy.cut();
  await stopped;
  await new Promise(setImmediate);
  process.off('unhandledRejection', hear);
  assert.deepEqual(unhandled, []);
});

test('a pool whose first statement failed is replaced: its jobs run once the database is well', async () => {
  await owner.pool.query(
    `create function refuse_tasks() returns trigger language plpgsql as $$ begin
       raise exception 'the server only reads' using errcode = '25006'; end $$`,
  );
  await owner.pool.query(
    'create trigger refuse_tasks before insert on graphile_worker._private_tasks for each statement execute function refuse_tasks()',
  );
  let ran = 0;
  await start({
    first: async () => {
      ran += 1;
    },
  });
  await until('the library has asked in vain', () =>
    lines.some((line) => line.includes('the server only reads')),
  );
  await owner.pool.query('drop trigger refuse_tasks on graphile_worker._private_tasks');
  await owner.pool.query('drop function refuse_tasks()');
  await add('first');
  await until('the job has run', () => ran === 1);
});
