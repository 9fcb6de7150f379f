// The report of a soak, for a person.

import { inMegabytes } from './memory.ts';
import type { SoakReport } from './soak.ts';
import { sumStillMs } from './stillness.ts';

export function describeSoak(report: SoakReport): string {
  const { memory, violations } = report;
  const faults = new Map<string, number>();
  const stillMs = sumStillMs(report.injected);
  for (const { name } of report.injected)
    if (name !== 'everything stood still') faults.set(name, (faults.get(name) ?? 0) + 1);
  return [
    `${(report.seconds / 60).toFixed(1)} min, seed ${report.seed}`,
    `took ${[...report.took].map(([part, seconds]) => `${part} ${seconds.toFixed(1)} s`).join(', ')}`,
    `requests ${report.requests} (${list(report.statuses)}), without an answer ${report.noAnswers}`,
    `orders ${report.orders} (${list(report.ordersByStatus)}); results heard ${report.heard} times`,
    `errands: ${list(report.errands)}`,
    `shown to buyers: ${list(report.shown) || 'nothing out of the way'}`,
    `faults ${[...faults.values()].reduce((sum, count) => sum + count, 0)}: ${list(faults)}`,
    ...(stillMs === 0
      ? []
      : [`the machine let everything stand still for ${(stillMs / 1_000).toFixed(1)} s in all`]),
    'lines at error level:',
    ...[...report.errorLines].map(([line, count]) => `  ${count} × ${line}`),
    `memory of the first gateway, ${memory.samples} samples: heap ${inMegabytes(memory.early.heapBytes)} → ${inMegabytes(memory.late.heapBytes)}, resident ${inMegabytes(memory.early.rssBytes)} → ${inMegabytes(memory.late.rssBytes)}`,
    ...[...report.latencies].map(([kind, tookMs]) => `latency of ${kind}: ${describeLatency(tookMs)}`),
    violations.length === 0 ? 'nothing is wrong' : `WRONG, ${violations.length} findings:`,
    ...violations.map((violation) => `  ${violation}`),
  ].join('\n');
}

function describeLatency(tookMs: readonly number[]): string {
  const sorted = tookMs.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return `${sorted.length} answers, median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms`;
}

function list(counts: ReadonlyMap<string | number, number>): string {
  return [...counts].map(([what, count]) => `${what} ${count}`).join(', ');
}
