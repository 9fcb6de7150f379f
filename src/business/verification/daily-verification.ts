// The verification that comes by the clock: its outcome goes to the log, and to /metrics of every process.

import { VerificationImpossible } from '../../books/ledger/index.ts';
import type { Context } from '../../ground/context.ts';
import { exposeGauges } from '../../ground/metrics/index.ts';
import { findLastOutcome } from './outcome.ts';
import { verifyLedger } from './verify-ledger.ts';

const loggedFaultsMax = 20;

/**
 * @throws the error that stopped it before an outcome; the job is then tried again. Faults in the books are
 * an outcome, and an error in the log.
 */
export async function runVerification(
  context: Context,
  options: { full: boolean; signal: AbortSignal },
): Promise<void> {
  try {
    const { faults, faultCount, ...told } = await verifyLedger(context, options);
    const { checkpointNo, uptoJournalNo, chainHash } = told.checkpoint;
    const facts = {
      ...told,
      checkpoint: { checkpointNo: String(checkpointNo), uptoJournalNo: String(uptoJournalNo), chainHash },
    };
    if (faultCount === 0n) context.log.info(facts, 'the ledger was verified: it is right');
    else {
      context.log.error(
        { ...facts, faultCount: String(faultCount), faults: faults.slice(0, loggedFaultsMax) },
        'THE LEDGER IS WRONG',
      );
    }
  } catch (error) {
    if (options.signal.aborted) return; // The process stops; the next run goes on from the last checkpoint.
    if (error instanceof VerificationImpossible)
      context.log.warn({ err: error }, 'the ledger was not verified');
    throw error;
  }
}

/** Shows the newest outcome at /metrics, from any process. The last context given is the one that is read. */
export function exposeVerification(context: Context): void {
  exposeGauges({
    gauges: {
      vipay_ledger_faults: 'Faults the last verification of the ledger found; absent before the first.',
      vipay_ledger_verified_timestamp_seconds:
        'When the last verification of the ledger ended; absent before the first.',
    },
    read: async () => {
      const last = await findLastOutcome(context, context.db);
      return {
        vipay_ledger_faults: last && Number(last.outcome.faultCount),
        vipay_ledger_verified_timestamp_seconds: last && last.outcome.endedAt.getTime() / 1000,
      };
    },
  });
}
