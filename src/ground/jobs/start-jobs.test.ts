import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pg from 'pg';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { createLogger } from '../log/index.ts';
import { startJobs } from './index.ts';

const log = createLogger('silent');
const { url, ownerUrl, pool, drop } = await createTestDatabase();
after(drop);

test('the running role runs jobs, and stopping waits for the one that runs', async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let ended = false;
  const jobs = await startJobs({
    connection: url,
    crontab: '0 4 * * * clean_up ?fill=1h',
    log,
    tasks: {
      clean_up: async () => undefined,
      wait: async (payload) => {
        assert.deepEqual(payload, { a: 1 });
        begin();
        await released;
        ended = true;
      },
    },
  });
  await pool.query(`select graphile_worker.add_job('wait', '{"a":1}')`);
  await begun;
  const stopped = jobs.stop();
  release();
  await stopped;
  assert.equal(ended, true);
  const { rows } = await pool.query('select 1 from graphile_worker.jobs');
  assert.equal(rows.length, 0);
});

test('a job whose worker died is taken by the next process, one whose worker lives is not', async () => {
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  await owner.query(
    `select graphile_worker.add_job('once', json_build_object('of', name)) from (values ('dead'), ('living')) n (name)`,
  );
  await owner.query(`update graphile_worker._private_jobs set locked_by = 'worker-' || (payload ->> 'of'),
    locked_at = now() - interval '2 minutes'`);
  await owner.query(`select pg_advisory_lock(1986610249, hashtext('worker-living'))`);

  const { promise: ran, resolve } = Promise.withResolvers<unknown>();
  const jobs = await startJobs({
    connection: url,
    crontab: '',
    log,
    lookMs: 20,
    tasks: { once: async (payload) => resolve(payload) },
  });
  assert.deepEqual(await ran, { of: 'dead' });
  await jobs.stop();
  const { rows } = await pool.query('select locked_by from graphile_worker.jobs');
  assert.deepEqual(rows, [{ locked_by: 'worker-living' }]);
  await owner.end();
});

test('a job that runs for long is not taken from its living process by another one', async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let runs = 0;
  const long = async () => {
    runs += 1;
    begin();
    await released;
  };
  const { promise: seen, resolve: see } = Promise.withResolvers<void>();
  const options = { connection: url, crontab: '', log, tasks: { long, orphan: async () => see() } };
  const first = await startJobs(options);
  await pool.query(`select graphile_worker.add_job('long')`);
  await begun;
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  await owner.query(
    `update graphile_worker._private_jobs set locked_at = now() - interval '2 minutes'
      where task_id = (select id from graphile_worker._private_tasks where identifier = 'long')`,
  );
  // That of a dead process beside it, so that it is seen when the second has looked for such jobs.
  await owner.query(`select graphile_worker.add_job('orphan', run_at => now() + interval '1 hour')`);
  await owner.query(
    `update graphile_worker._private_jobs set locked_by = 'pool-gone', locked_at = now() - interval '2 minutes', run_at = now()
      where locked_by is null`,
  );
  await owner.end();
  const second = await startJobs({ ...options, lookMs: 200 });
  await seen;
  await second.stop();
  const { rows } = await pool.query(
    `select locked_by is not null as locked from graphile_worker.jobs where task_identifier = 'long'`,
  );
  assert.deepEqual(rows, [{ locked: true }]);
  release();
  await first.stop();
  assert.equal(runs, 1);
});

test('a crontab that names no task is refused at the start', async () => {
  await assert.rejects(
    startJobs({ connection: url, crontab: '* * * * * nothing', log, tasks: {} }),
    /task nothing/,
  );
});
