// A lock between processes of one machine: a file created exclusively, holding its owner's process id.
// Held for the seconds in which the embedded PostgreSQL is started, stopped or given a template, never longer.

import { readFileSync } from 'node:fs';
import { link, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** An owner that holds the lock for longer than this is taken for dead, even if its process id lives (again). */
const heldMsMax = 120_000;
const pollMs = 40;

/**
 * Runs `work` while holding the lock file at `path`; waits for a living owner, replaces a dead one.
 * @throws Error when the lock was not free within `waitMs` (default: longer than an owner may hold it).
 */
export async function withLockFile<T>(
  path: string,
  work: () => Promise<T>,
  waitMs = heldMsMax + 30_000,
): Promise<T> {
  const mark = `${process.pid} ${Date.now()} ${Math.random().toString(36).slice(2)}\n`;
  const waitUntil = Date.now() + waitMs;
  while (!(await createExclusively(path, mark))) {
    const dead = await readMarkOfDeadOwner(path);
    if (dead !== null) await removeDeadLock(path, dead);
    else if (Date.now() > waitUntil) throw new Error(`${path} is held by another process; gave up waiting`);
    else await delay(pollMs);
  }
  try {
    return await work();
  } finally {
    const current = await readFile(path, 'utf8').catch(() => null);
    if (current === mark) await unlink(path).catch(() => undefined);
  }
}

async function createExclusively(path: string, mark: string): Promise<boolean> {
  try {
    await writeFile(path, mark, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The mark in the lock file if its owner is gone, else null (also when the file itself has gone). */
async function readMarkOfDeadOwner(path: string): Promise<string | null> {
  try {
    const [mark, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    const ageMs = Date.now() - mtimeMs;
    // Created but not yet written: its owner is between two system calls.
    if (mark === '') return ageMs > 5_000 ? mark : null;
    const pid = Number.parseInt(mark, 10);
    return ageMs > heldMsMax || !isProcessAlive(pid) ? mark : null;
  } catch {
    return null;
  }
}

/** Takes the dead owner's file away; if a new owner's file was caught instead, puts that one back. */
async function removeDeadLock(path: string, deadMark: string): Promise<void> {
  const aside = `${path}.${process.pid}.dead`;
  try {
    await rename(path, aside);
  } catch {
    return; // Somebody else was faster.
  }
  const caught = await readFile(aside, 'utf8').catch(() => deadMark);
  if (caught !== deadMark) await link(aside, path).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
}

/** Whether a process with this id runs, whoever owns it; one that has ended and only awaits its parent does not. */
export function isProcessAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true; // Not Linux.
  }
}
