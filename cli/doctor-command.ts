// `vipay doctor`: is everything as it should be, and if not, what to do.

import type { Command } from 'commander';
import { declareBare } from './command.ts';
import { examine } from './doctor-checks.ts';
import { table } from './print.ts';

export function addDoctorCommand(program: Command): void {
  declareBare(
    program,
    {
      usage: 'doctor',
      description: 'Check settings, database, server, notifications, books and disk; say what to do',
      notes:
        'Every line is OK, WARN (look at it) or FAIL (does not work); exit code 1 when a line is FAIL. Changes nothing.',
      examples: ['npx vipay doctor', 'npx vipay doctor --json'],
    },
    async () => {
      const findings = await examine();
      const failed = findings.some((finding) => finding.level === 'FAIL');
      const rows = findings.map(({ level, check, found, advice }) => [
        level,
        check,
        advice ? `${found} ${advice}` : found,
      ]);
      return {
        failed,
        json: { healthy: !failed, checks: findings },
        text: table(['', 'CHECK', 'FOUND'], rows),
      };
    },
  );
}
