// A lock between processes of one machine: a file created exclusively, holding its owner's process id.
// Held for the seconds in which the embedded PostgreSQL is started, stopped or given a template, never longer.

import { readFileSync } from 'node:fs';
import { link, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type Say, sayWhenSlow } from '../log/index.ts';
import { GroundFault } from './ground-fault.ts';

/**
 * When only the owner's process id is known, an owner that holds the lock longer than this counts as dead,
 * because another program may have the id by now.
 */
const heldMsMax = 120_000;
const pollMs = 40;

export type LockOptions = {
  /** Default: longer than an owner may hold the lock. */
  waitMs?: number;
  /** Told, when it takes long, who holds the lock. */
  say?: Say | undefined;
  /** Before the first word. Default 2.500. */
  sayAfterMs?: number;
};

/**
 * Runs `work` while holding the lock file at `path`; waits for a living owner, replaces a dead one.
 * @throws GroundFault when the lock was not free in time.
 */
export async function withLockFile<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const mark = `${process.pid} ${Date.now()} ${Math.random().toString(36).slice(2)} ${readStartMark(process.pid) ?? '-'}\n`;
  const { say = () => undefined, sayAfterMs } = options;
  await sayWhenSlow(
    say,
    () => `the process ${readOwner(path)}, which holds ${path}; it starts or stops the database`,
    () => takeLock(path, mark, options.waitMs ?? heldMsMax + 30_000),
    sayAfterMs,
  );
  try {
    return await work();
  } finally {
    const current = await readFile(path, 'utf8').catch(() => null);
    if (current === mark) await unlink(path).catch(() => undefined);
  }
}

async function takeLock(path: string, mark: string, waitMs: number): Promise<void> {
  const waitUntil = Date.now() + waitMs;
  while (!(await createExclusively(path, mark))) {
    const dead = await readMarkOfDeadOwner(path);
    if (dead !== null) await removeDeadLock(path, dead);
    else if (Date.now() > waitUntil) {
      throw new GroundFault(
        `${path} is held by another process (${readOwner(path)}), which does not let it go: it was starting or stopping the database. ` +
          `If it hangs, end it (kill ${readOwner(path)}) and start again.`,
      );
    } else await delay(pollMs);
  }
}

/** The process id in the lock file, as far as it can be read. */
function readOwner(path: string): string {
  try {
    return /^\d{1,10}/.exec(readFileSync(path, 'utf8'))?.[0] ?? '?';
  } catch {
    return '?';
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
    if (!isProcessAlive(pid)) return mark;
    const [, , , wroteStart] = mark.trim().split(' ');
    const start = readStartMark(pid);
    if (wroteStart === undefined || wroteStart === '-' || start === null) {
      return ageMs > heldMsMax ? mark : null;
    }
    return wroteStart === start ? null : mark;
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

/** When a process was started, in ticks since the machine was; null where that cannot be read. */
function readStartMark(pid: number): string | null {
  try {
    // The program's name stands in brackets and may hold anything; the start is the 20th field behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[19] ?? null;
  } catch {
    return null;
  }
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
