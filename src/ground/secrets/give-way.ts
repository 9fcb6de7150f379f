// The threads that compute PIN hashes give way to everybody else: to the thread that answers requests and, on the
// same machine, to the database. A page then never waits behind a hash, and work is interrupted by it less often.

import { readdirSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';

/** Added to the process's own priority (a higher number goes later): about a tenth of an equal share. */
const later = 10;
const latest = 19;
/** As libuv names the threads of its pool, on which Node.js computes argon2. */
const poolThread = 'libuv-worker';
const ownThreads = '/proc/self/task';

/**
 * Lowers the priority of this process's thread pool; returns how many threads. 0 where the system does not show the
 * threads of a process (only Linux does) or does not allow it: hashing then shares the processors with the rest
 * equally.
 */
export async function letHashingGiveWay(): Promise<number> {
  // The pool begins with the first work that it is given.
  await stat('.').catch(() => undefined);
  try {
    const ids = readdirSync(ownThreads).filter((id) => nameThread(id) === poolThread);
    const priority = Math.min(latest, getPriority() + later);
    for (const id of ids) setPriority(Number(id), priority);
    return ids.length;
  } catch {
    return 0;
  }
}

function nameThread(id: string): string {
  return readFileSync(`${ownThreads}/${id}/comm`, 'utf8').trim();
}
