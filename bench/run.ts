// `npm run bench -- NAME [--json FILE] [--quick] [--write-docs]`: runs one benchmark by its name. Each one
// starts its servers in a place of its own, measures something simple beside it in the same run, and checks
// the books before it reports figures.

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchCheckout } from './checkout.ts';
import { writeBlock } from './docs-block.ts';
import { benchLedger } from './ledger.ts';
import { describeMachine, type Machine } from './machine.ts';
import { table } from './table.ts';

/**
 * What a benchmark gives back: lines for people, everything for programs, and what was wrong (empty: nothing).
 * `docs`: its part of docs/reference/performance.md, for --write-docs.
 */
type Report = {
  text: string;
  docs?: () => string;
  data: { postgres: string } & Record<string, unknown>;
  faults: string[];
};

const page = resolve(import.meta.dirname, '../docs/reference/performance.md');

const benchmarks: Record<string, (options: { quick: boolean }) => Promise<Report>> = {
  checkout: benchCheckout,
  ledger: benchLedger,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    'write-docs': { type: 'boolean', default: false },
  },
});
const [name = ''] = positionals;
const bench = benchmarks[name];
if (bench === undefined || (values.quick && values['write-docs'])) {
  process.stderr.write(
    'Usage: npm run bench -- NAME [--json FILE] [--quick | --write-docs]\n' +
      `Names: ${Object.keys(benchmarks).join(', ')}\n`,
  );
  process.exit(2);
}

const startedAt = new Date();
const machine = describeMachine();
process.stdout.write(`${describe(machine)}; load average ${machine.loadBefore} before the run\n`);
const report = await bench({ quick: values.quick });
const seconds = Math.round((Date.now() - startedAt.getTime()) / 1000);
process.stdout.write(`${report.text}\n`);
if (values.json !== undefined) {
  const file = { name, at: startedAt.toISOString(), seconds, quick: values.quick, machine, ...report.data };
  await writeFile(values.json, `${JSON.stringify({ ...file, faults: report.faults }, null, 2)}\n`);
}
for (const fault of report.faults) process.stderr.write(`FAILED: ${fault}\n`);
process.exitCode = report.faults.length === 0 ? 0 : 1;
if (values['write-docs'] && report.docs && report.faults.length === 0) {
  const at = startedAt.toISOString().slice(0, 16).replace('T', ' ');
  const facts = table(
    ['', ''],
    [
      ['machine', describe(machine)],
      ['Node.js', machine.node],
      ['PostgreSQL', `${report.data.postgres}, embedded`],
      ['load average before the run', String(machine.loadBefore)],
    ],
  );
  const intro = `From one run of \`npm run bench -- ${name} --write-docs\` at ${at} UTC, ${seconds} seconds long.`;
  await writeBlock(page, name, `${intro}\n\n${facts}\n\n${report.docs()}`);
}

function describe({ cores, cpu, memoryGib, os }: Machine): string {
  return `${cores} cores (${cpu}), ${memoryGib} GiB, ${os}`;
}
