// Attempts that end while others are being written down are written down together, in one commit. A single one does not
// wait for company.

import {
  createGroupCommit,
  type Database,
  type GroupCommit,
  isPassingFault,
} from '../../ground/database/index.ts';
import { type EndedAttempt, recordAttempts } from './notification-queries.ts';

type Recording = { recorded: true; written: boolean } | { recorded: false; error: unknown };

const recorders = new WeakMap<Database, GroupCommit<EndedAttempt, Recording>>();

/**
 * Resolves once it is committed: true when the notification was written, false when its lease had been lost and the
 * attempt is only in the log. @throws what the database throws for this attempt.
 */
export async function recordAttempt(db: Database, ended: EndedAttempt): Promise<boolean> {
  let recorder = recorders.get(db);
  if (recorder === undefined) {
    recorder = createGroupCommit<EndedAttempt, Recording>({
      runBatch: (batch) => recordBatch(db, batch),
      inFlightMax: 1,
    });
    recorders.set(db, recorder);
  }
  const recording = await recorder.submit(ended);
  if (!recording.recorded) throw recording.error;
  return recording.written;
}

/** An attempt that the database refuses fails alone: the others are then written one by one. */
async function recordBatch(db: Database, batch: EndedAttempt[]): Promise<Recording[]> {
  try {
    return (await recordAttempts(db, batch)).map((written) => ({ recorded: true, written }));
  } catch (error) {
    if (batch.length === 1 || isPassingFault(error)) {
      return batch.map(() => ({ recorded: false, error }));
    }
    const each: Recording[] = [];
    for (const ended of batch) each.push(...(await recordBatch(db, [ended])));
    return each;
  }
}
