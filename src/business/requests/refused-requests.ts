// Writes refused requests down, and keeps the log within its bounds.

import type { Context } from '../../ground/context.ts';
import { cleanText, redactFields } from './redact-fields.ts';
import { deleteBehindNewest, deleteReceivedBefore, insertRefusedRequest } from './request-queries.ts';

export type RefusedRequestInput = {
  traceId: string;
  entryPoint: string;
  method: string;
  remoteAddress: string;
  /** The code as the request named it, known or not; null when it named none. */
  merchantSite: string | null;
  code: string;
  detail: string;
  /** Fields as received; masked here, so that no caller can forget it. */
  received: Record<string, unknown>;
};

/** A stranger's refusals may take this many connections of the pool, never all of them. */
const writesInFlightMax = 4;
let writesInFlight = 0;

/**
 * Writes one refusal down. Resolves when it is written, or when it could not be (said in the program's log):
 * the refusal is answered either way. Under a flood, what exceeds the writers goes to the program's log only.
 */
export async function recordRefusedRequest(
  context: Pick<Context, 'db' | 'clock' | 'log'>,
  input: RefusedRequestInput,
): Promise<void> {
  const { traceId, code } = input;
  if (writesInFlight >= writesInFlightMax) {
    context.log.warn({ traceId, code }, 'refused request not written down: too many at once');
    return;
  }
  writesInFlight += 1;
  try {
    await insertRefusedRequest(context.db, {
      traceId: cleanText(traceId, 100),
      receivedAt: context.clock.now(),
      entryPoint: cleanText(input.entryPoint, 100),
      method: cleanText(input.method, 16),
      remoteAddress: cleanText(input.remoteAddress, 64),
      merchantSite: input.merchantSite === null ? null : cleanText(input.merchantSite, 50),
      code: cleanText(code, 8),
      detail: cleanText(input.detail, 500),
      receivedJson: redactFields(input.received),
    });
  } catch (error) {
    context.log.warn({ err: error, traceId, code }, 'refused request not written down');
  } finally {
    writesInFlight -= 1;
  }
}

/** As the table's comment says. Deleted in batches, so that no single statement holds many locks for long. */
const bounds = { rowsMax: 100_000, ageMaxMs: 90 * 24 * 60 * 60 * 1000, batchRows: 5_000, batchesMax: 200 };

/** Removes what is older than 90 days or behind the newest 100.000 rows; returns how many rows. Run by the cron. */
export async function trimRefusedRequests(
  context: Pick<Context, 'db' | 'clock'>,
  limits: Partial<typeof bounds> = {},
): Promise<number> {
  const { rowsMax, ageMaxMs, batchRows, batchesMax } = { ...bounds, ...limits };
  const before = new Date(context.clock.now().getTime() - ageMaxMs);
  const ways = [
    () => deleteReceivedBefore(context.db, before, batchRows),
    () => deleteBehindNewest(context.db, rowsMax, batchRows),
  ];
  let removed = 0;
  for (const deleteBatch of ways) {
    for (let batch = 0; batch < batchesMax; batch += 1) {
      const count = await deleteBatch();
      removed += count;
      if (count < batchRows) break;
    }
  }
  return removed;
}
