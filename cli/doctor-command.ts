// `vipay doctor`: is everything as it should be, and if not, what to do.

import type { Command } from 'commander';
import { declareBare, text } from './command.ts';
import { examine } from './doctor-checks.ts';
import { examineFromOutside } from './outside-checks.ts';
import { table } from './print.ts';

export function addDoctorCommand(program: Command): void {
  declareBare<{ url?: string }>(
    program,
    {
      usage: 'doctor',
      description: 'Check settings, database, server, notifications, books and disk; say what to do',
      notes:
        'Every line is OK, WARN (look at it) or FAIL (does not work); exit code 1 when a line is FAIL. Changes nothing.',
      options: [
        text(
          '--url <address>',
          'look at a gateway from outside, by its public address alone; needs no settings',
        ),
      ],
      examples: [
        'npx vipay doctor',
        'npx vipay doctor --json',
        'npx vipay doctor --url https://pay.example.vn',
      ],
    },
    async (_args, { url }) => {
      const findings = url === undefined ? await examine() : await examineFromOutside(url);
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
