// How fast a verification goes: a rest after each page, in which posting and vacuum have the machine to themselves.

import { setTimeout as wait } from 'node:timers/promises';

export type VerificationPhase = 'journal' | 'balances' | 'payments' | 'orders' | 'totals';

/** The table whose estimated size is the total of a phase. */
const tables: Record<VerificationPhase, string> = {
  journal: 'transfers',
  balances: 'accounts',
  payments: 'payments',
  orders: 'orders',
  totals: 'wallets',
};

const restMsMax = 5_000;

export type Pace = {
  enter(phase: VerificationPhase): void;
  /** Counts the rows that were read, tells the progress, rests. @throws the signal's reason when it is ended. */
  breathe(rowCount: number): Promise<void>;
  readonly rows: Record<VerificationPhase, number>;
};

export type PaceOptions = {
  /** Seconds to rest for each second of work. */
  rest: number;
  /** `total`: estimated, and of the whole table even when only its new rows are read. */
  onProgress?: (progress: { phase: VerificationPhase; done: number; total: number }) => void;
  signal?: AbortSignal;
};

export function createPace(
  { rest, onProgress, signal }: PaceOptions,
  estimates: Record<string, number>,
): Pace {
  const rows = { journal: 0, balances: 0, payments: 0, orders: 0, totals: 0 };
  let phase: VerificationPhase = 'journal';
  let resumedAt = performance.now();
  const tell = () => onProgress?.({ phase, done: rows[phase], total: estimates[tables[phase]] ?? 0 });
  return {
    rows,
    enter(next) {
      phase = next;
      tell();
    },
    async breathe(rowCount) {
      rows[phase] += rowCount;
      tell();
      signal?.throwIfAborted();
      const workedMs = performance.now() - resumedAt;
      if (rest > 0) await wait(Math.min(workedMs * rest, restMsMax), undefined, signal ? { signal } : {});
      resumedAt = performance.now();
    },
  };
}
