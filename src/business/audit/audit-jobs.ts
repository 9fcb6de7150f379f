// What comes by the clock: new acts are sealed every minute, and every night the whole log is verified.

import { Gauge } from '@prometheus-io/client';
import type { Context } from '../../ground/context.ts';
import { everyMinute, type JobHands, type TimedJob } from '../../ground/jobs/index.ts';
import { logEvent } from '../../ground/log/index.ts';
import { metricsRegistry } from '../../ground/metrics/index.ts';
import { sealActs } from './seal-acts.ts';
import { verifyActs } from './verify-acts.ts';

const lastFaults = new Gauge({
  name: 'vipay_audit_faults',
  help: 'Faults that the last verification of the audit log by this process found.',
  registers: [metricsRegistry],
});

type Hands = Pick<Context, 'db' | 'clock' | 'keyRing' | 'log'>;

/** Less than the minute after which the next run comes. */
const sealWithinMs = 20_000;
const loggedFaultsMax = 20;

export function auditJobs({ context }: JobHands<Hands>): TimedJob[] {
  return [
    { name: 'seal_audit', runs: everyMinute, work: () => sealAudit(context) },
    // At 03:30 in Vietnam.
    {
      name: 'verify_audit',
      runs: [{ cron: '30 20 * * *', options: 'fill=1d' }],
      work: () => runAuditVerification(context),
    },
  ];
}

/** What cannot be sealed now, because a transaction is still writing, is sealed by the next run. */
export async function sealAudit(context: Hands): Promise<void> {
  const { outcome, end } = await sealActs(context, { withinMs: sealWithinMs });
  if (outcome !== 'broken') return;
  logEvent(context.log, 'audit.not_sealed', { checkpoint: String(end.checkpointNo) });
}

/** The line in the log says where the chain ends; kept elsewhere, it proves later that nothing was cut off. */
export async function runAuditVerification(context: Hands): Promise<void> {
  const { faultCount, faults, acts, end } = await verifyActs(context);
  lastFaults.set(faultCount);
  const chain = `${end.checkpointNo}:${end.chainHash.toString('hex')}`;
  if (faultCount === 0) logEvent(context.log, 'audit.verified', { acts, chain });
  else {
    const told = faults.slice(0, loggedFaultsMax).map(({ fault, detail }) => `${fault}: ${detail}`);
    logEvent(context.log, 'audit.wrong', { faultCount, faults: told, chain });
  }
}
