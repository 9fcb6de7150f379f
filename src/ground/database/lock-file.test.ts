import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { withLockFile } from './lock-file.ts';

const dir = await mkdtemp(join(tmpdir(), 'vipay-lock-'));
after(() => rm(dir, { recursive: true }));
const path = join(dir, 'lock');

test('works that want the same lock run one after the other, and leave no file', async () => {
  let inside = 0;
  const work = async () => {
    inside += 1;
    await new Promise(setImmediate);
    assert.equal(inside, 1);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 8 }, () => withLockFile(path, work)));
  assert.deepEqual(await readdir(dir), []);
});

test('the lock of a process that has died is replaced', async () => {
  const { pid } = spawnSync(process.execPath, ['--eval', '']);
  await writeFile(path, `${pid} 0 dead\n`);
  assert.equal(await withLockFile(path, async () => 'entered'), 'entered');
});

test('the lock of a living process is waited for, and not for ever', async () => {
  await writeFile(path, `${process.ppid} 0 alive\n`);
  await assert.rejects(
    withLockFile(path, async () => undefined, 60),
    /held by another process/,
  );
});
