// Trims the tables that people outside can fill: by the minute, each in small commits, each by itself.

import { Counter } from '@prometheus-io/client';
import type { Context } from '../../ground/context.ts';
import { logEvent } from '../../ground/log/index.ts';
import { metricsRegistry } from '../../ground/metrics/index.ts';
import {
  findNewestBound,
  type RetentionRule,
  type RetentionSubject,
  readRetentionRules,
  retentionSubjects,
  trimBatch,
} from './retention-queries.ts';

const registers = [metricsRegistry];
const removed = new Counter({
  name: 'vipay_retention_removed_total',
  help: 'Rows removed, or erased, because their time was over.',
  labelNames: ['subject'],
  registers,
});
const failures = new Counter({
  name: 'vipay_retention_failures_total',
  help: 'Runs in which a table could not be trimmed.',
  labelNames: ['subject'],
  registers,
});
const unfinished = new Counter({
  name: 'vipay_retention_unfinished_total',
  help: 'Runs that ended before a table was trimmed to its rule: more comes in than goes out.',
  labelNames: ['subject'],
  registers,
});
for (const subject of retentionSubjects) {
  removed.inc({ subject }, 0);
  failures.inc({ subject }, 0);
  unfinished.inc({ subject }, 0);
}

/** A run goes from table to table, a batch of each in turn, until none has more or its time is over. */
const bounds = { batchRows: 5_000, runMs: 20_000 };

export type Trimmed = Record<RetentionSubject, number>;

/** Returns the rows removed of each subject. @throws when the rules cannot be read. */
export async function trimTables(
  context: Pick<Context, 'db' | 'clock' | 'log'>,
  options: Partial<typeof bounds> & { signal?: AbortSignal } = {},
): Promise<Trimmed> {
  const { batchRows, runMs, signal } = { ...bounds, ...options };
  const endsAt = performance.now() + runMs;
  const trimmed = Object.fromEntries(retentionSubjects.map((subject) => [subject, 0])) as Trimmed;
  let left: readonly RetentionRule[] = await readRetentionRules(context.db, context.clock.now());
  while (left.length > 0) {
    const more: RetentionRule[] = [];
    for (const rule of left) {
      if (performance.now() > endsAt || signal?.aborted === true) {
        unfinished.inc({ subject: rule.subject });
        continue;
      }
      const count = await trimOnce(context, rule, batchRows);
      trimmed[rule.subject] += count;
      if (count >= batchRows) more.push(rule);
    }
    left = more;
  }
  return trimmed;
}

/** One batch; a table that fails is told, and holds up no other. */
async function trimOnce(
  { db, clock, log }: Pick<Context, 'db' | 'clock' | 'log'>,
  { subject, keptSeconds, rowsMax }: RetentionRule,
  batchRows: number,
): Promise<number> {
  try {
    const byAge = new Date(clock.now().getTime() - Number(keptSeconds) * 1000);
    const byNumber = rowsMax === null ? null : await findNewestBound(db, rowsMax);
    const before = byNumber !== null && byNumber > byAge ? byNumber : byAge;
    const count = await trimBatch(db, subject, before, batchRows);
    removed.inc({ subject }, count);
    return count;
  } catch (error) {
    failures.inc({ subject });
    logEvent(log, 'retention.failed', { subject }, { err: error });
    return 0;
  }
}
