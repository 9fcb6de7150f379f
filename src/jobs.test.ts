// The jobs of all modules together.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, test } from 'node:test';
import { parseCrontab } from 'graphile-worker';
import { createTestContext } from '../tests/support/context.ts';
import { listJobs } from './app.ts';
import { assembleJobs } from './ground/jobs/index.ts';

const context = await createTestContext();
after(() => context.drop());
const jobs = listJobs({ context, signal: new AbortController().signal });

test('every job has a line of the crontab that the library takes, and a name of its own', () => {
  const { tasks, crontab } = assembleJobs(jobs);
  const lines = parseCrontab(crontab);
  assert.deepEqual(new Set(lines.map(({ task }) => task)), new Set(Object.keys(tasks)));
  assert.equal(new Set(lines.map(({ identifier }) => identifier)).size, lines.length);
  for (const { name } of jobs) assert.match(name, /^[a-z]+(?:_[a-z]+)+$/);
  const [first] = jobs;
  assert.ok(first);
  assert.throws(() => assembleJobs([...jobs, first]), new RegExp(`two jobs are called ${first.name}`));
});

test('every job runs on an empty gateway', async () => {
  for (const { name, work } of jobs) await assert.doesNotReject(async () => work({}), name);
});

test('the page of jobs lists each, with its times', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../docs/operating/jobs.md'), 'utf8');
  const listed = [...page.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name, times]) => [name, times]);
  const expected = jobs.map(({ name, runs }) => [name, runs.map(({ cron }) => `\`${cron}\``).join(', ')]);
  assert.deepEqual(listed.sort(), expected.sort());
});
