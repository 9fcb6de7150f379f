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
    withLockFile(path, async () => undefined, { waitMs: 60 }),
    /held by another process/,
  );
});

test('who waits for long is told what for, and by whom the lock is held', async () => {
  await writeFile(path, `${process.ppid} 0 alive\n`);
  const said: string[] = [];
  const waiting = withLockFile(path, async () => 'entered', {
    sayAfterMs: 10,
    say: (line) => {
      said.push(line);
      void rm(path);
    },
  });
  assert.equal(await waiting, 'entered');
  assert.match(said[0] ?? '', new RegExp(`waiting for the process ${process.ppid}`));
});

test('a process id that another program has been given since is not waited for', async () => {
  // Its start is another than the one written down; where starts cannot be read, it is waited for as before.
  await writeFile(path, `${process.ppid} 0 former 1\n`);
  const entered = withLockFile(path, async () => 'entered', { waitMs: 1_000 });
  if (process.platform === 'linux') assert.equal(await entered, 'entered');
  else await assert.rejects(entered, /held by another process/);
  await rm(path, { force: true });
});
