// What an outbox costs the commit that pays: a row of `notifications` against a job of graphile-worker, for
// batches as postings make them; and what waking by NOTIFY costs commits of several connections at once.
// On a durable PostgreSQL of its own, in a temporary folder. Figures: docs/decisions/0001.
//
//   node bench/outbox-insert.ts

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMigrations } from 'graphile-worker';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { migrate, openEmbeddedPostgres } from '../src/ground/database/index.ts';

const rowsPerCase = 6_000;
const roundsMax = 5;
const batches = [1, 10, 50];

const dataDir = await mkdtemp(join(tmpdir(), 'vipay-bench-'));
const server = await openEmbeddedPostgres({ dataDir });
await migrate({ ownerUrl: server.ownerUrl, appUrl: server.url });
await runMigrations({ connectionString: server.ownerUrl });
const client = new pg.Client({ connectionString: server.ownerUrl });
await client.connect();

const now = new Date('2026-03-02T03:00:00Z');
const ids = (count: number) => Array.from({ length: count }, () => uuidv7());

const asRows = async (count: number, notify: boolean) => {
  await client.query(
    `insert into notifications (id, order_id, merchant_site, environment, next_attempt_at, created_at)
     select id, order_id, 'shop_v1', 'sandbox', $3, $3 from unnest($1::uuid[], $2::uuid[]) as n (id, order_id)`,
    [ids(count), ids(count), now],
  );
  if (notify) await client.query(`select pg_notify('notifications_due', '')`);
};
const asJob = async (count: number) => {
  for (const id of ids(count)) {
    await client.query(`select graphile_worker.add_job('notify', json_build_object('id', $1::text))`, [id]);
  }
};
const asJobBatch = async (count: number) => {
  const specs = ids(count).map((id) => ({ identifier: 'notify', payload: { id } }));
  await client.query(
    `select 1 from graphile_worker.add_jobs(array(select json_populate_recordset(null::graphile_worker.job_spec, $1::json)))`,
    [JSON.stringify(specs)],
  );
};
const cases: Record<string, (count: number) => Promise<void>> = {
  'notifications rows': (count) => asRows(count, false),
  'notifications rows + notify': (count) => asRows(count, true),
  'add_job, one by one': asJob,
  'add_jobs, one statement': asJobBatch,
};

console.log(
  'microseconds per result inside the transaction, best of five rounds (the commit itself not counted)',
);
for (const batch of batches) {
  for (const [name, work] of Object.entries(cases)) {
    let bestMicros = Number.POSITIVE_INFINITY;
    for (let round = 0; round < roundsMax; round += 1) {
      await client.query('truncate notifications, notification_attempts');
      await client.query('delete from graphile_worker._private_jobs');
      await client.query('vacuum analyze graphile_worker._private_jobs');
      let ms = 0;
      for (let done = 0; done < rowsPerCase / roundsMax; done += batch) {
        await client.query('begin');
        const startedAt = performance.now();
        await work(batch);
        ms += performance.now() - startedAt;
        await client.query('commit');
      }
      bestMicros = Math.min(bestMicros, (ms * 1000) / (rowsPerCase / roundsMax));
    }
    console.log(
      `batch ${String(batch).padStart(3)}  ${name.padEnd(28)} ${bestMicros.toFixed(0).padStart(6)}`,
    );
  }
}

console.log('\ncommits per second of 8 connections, each inserting one row');
const commitsPerSecond = async (notify: boolean): Promise<number> => {
  const clients = Array.from({ length: 8 }, () => new pg.Client({ connectionString: server.ownerUrl }));
  await Promise.all(clients.map((each) => each.connect()));
  const endAt = performance.now() + 3_000;
  let commits = 0;
  const text = `insert into notifications (id, order_id, merchant_site, environment, next_attempt_at, created_at)
    values ($1, $2, 'shop_v1', 'sandbox', $3, $3)`;
  await Promise.all(
    clients.map(async (each) => {
      while (performance.now() < endAt) {
        await each.query('begin');
        await each.query(text, [uuidv7(), uuidv7(), now]);
        await each.query(notify ? `select pg_notify('notifications_due', '')` : 'select 1');
        await each.query('commit');
        commits += 1;
      }
    }),
  );
  await Promise.all(clients.map((each) => each.end()));
  return commits / 3;
};
for (const notify of [false, true, false, true]) {
  console.log(
    `${notify ? 'with notify   ' : 'without notify'} ${(await commitsPerSecond(notify)).toFixed(0)}`,
  );
}

await client.end();
await server.stop();
await rm(dataDir, { recursive: true, force: true });
