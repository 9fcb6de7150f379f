// A job may fail in any way: it is logged, written down and tried again, and the process goes on.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createTestDatabase } from '../../../tests/support/database.ts';

const { url, pool, drop } = await createTestDatabase();
after(drop);

const untilMsMax = 30_000;

type Line = { msg: string; job?: string; attempt?: number; tasks?: string[]; err?: { message: string } };
type Row = { task: string; attempts: number; error: string | null; locked: boolean };

async function startProgram() {
  const child = spawn(
    process.execPath,
    [resolve(import.meta.dirname, '../../../tests/support/failing-jobs.ts')],
    {
      env: { ...process.env, JOBS_URL: url },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  after(() => child.kill('SIGKILL'));
  const lines: Line[] = [];
  let faults = '';
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  child.stderr.on('data', (chunk) => (faults += chunk));
  const until = async (holds: () => Promise<boolean> | boolean) => {
    const deadline = Date.now() + untilMsMax;
    while (!(await holds())) {
      assert.ok(Date.now() < deadline, `it did not come about:\n${faults}`);
      assert.equal(child.exitCode, null, `the process ended:\n${faults}`);
      await delay(20);
    }
  };
  return { child, lines, until };
}

async function readRows(): Promise<Map<string, Row>> {
  const { rows } = await pool.query<Row>(
    `select task_identifier as task, attempts, last_error as error, locked_at is not null as locked
      from graphile_worker.jobs`,
  );
  return new Map(rows.map((row) => [row.task, row]));
}

test('every job that fails, however it fails, is logged and tried again; the process goes on', async () => {
  const { child, lines, until } = await startProgram();
  await until(() => lines.some((line) => line.msg === 'started'));
  const names = lines.find((line) => line.msg === 'started')?.tasks ?? [];
  const cutting = 'the connections of the queue cut';
  const failing = names.filter((name) => name !== cutting);
  assert.ok(failing.length >= 17);
  for (const name of failing) await pool.query('select graphile_worker.add_job($1)', [name]);

  const haveFailed = async (attempts: number) => {
    const rows = await readRows();
    return failing.every((name) => {
      const row = rows.get(name);
      // On a slow machine the library has tried some of them again before the last has failed once.
      return row !== undefined && row.attempts >= attempts && Boolean(row.error) && !row.locked;
    });
  };
  await until(() => haveFailed(1));
  // Their next attempt is made due, and takes place.
  await pool.query(
    `select graphile_worker.reschedule_jobs(array(select id from graphile_worker.jobs), now(), null, null, null)`,
  );
  await until(() => haveFailed(2));
  for (const name of failing) {
    const told = lines.filter((line) => line.job === name && line.err !== undefined);
    assert.deepEqual(told.map((line) => line.attempt).slice(0, 2), [1, 2], name);
  }
  await until(
    () =>
      lines.some((line) => line.err?.message === 'rejected late') &&
      lines.some((line) => line.err?.message === 'emitted late'),
  );

  // The library's pool runs again, and the job whose outcome could not be written is taken once more.
  await pool.query('select graphile_worker.add_job($1)', [cutting]);
  await until(async () => {
    const row = (await readRows()).get(cutting);
    return row !== undefined && row.attempts >= 2 && !row.locked && row.error === 'the queue is back';
  });

  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});
