// Faults as they are found: each once, the first thousand by name and the rest by number, however many there are.

import type { LedgerFault, LedgerFaultName } from '../../books/ledger/index.ts';
import type { Environment } from '../../ground/terms.ts';

const listedMax = 1_000;

export type FaultList = {
  report: (fault: LedgerFault) => void;
  has(name: LedgerFaultName): boolean;
  /** The faults of one environment and those of none; null: all. */
  list(environment: Environment | null): LedgerFault[];
  /**
   * The number of them, including those that are not listed. Beyond the listed ones, a fault seen from two
   * sides counts twice.
   */
  count(environment: Environment | null): bigint;
};

export function createFaultList(): FaultList {
  const listed = new Map<string, LedgerFault>();
  const names = new Set<LedgerFaultName>();
  const counts = new Map<Environment | null, bigint>();
  return {
    report(fault) {
      names.add(fault.fault);
      // A wallet may have several totals.
      const about = fault.fault === 'wallet_total_differs' ? fault.detail : fault.subject;
      const key = `${fault.fault}/${about}`;
      if (listed.has(key)) return;
      counts.set(fault.environment, (counts.get(fault.environment) ?? 0n) + 1n);
      if (listed.size < listedMax) listed.set(key, fault);
    },
    has: (name) => names.has(name),
    list: (environment) =>
      [...listed.values()].filter(
        (fault) => environment === null || fault.environment === null || fault.environment === environment,
      ),
    count: (environment) =>
      [...counts].reduce(
        (sum, [of, count]) => (environment === null || of === null || of === environment ? sum + count : sum),
        0n,
      ),
  };
}
