// `npm test`: every test file of the project in node's own runner; `npm test -- path …` runs those files only.

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const given = process.argv.slice(2);
const files = given.some((word) => !word.startsWith('-'))
  ? []
  : ['{src,cli,sdk,samples,scripts,tests}/**/*.test.{ts,mjs}'];
const child = spawn(
  process.execPath,
  [
    '--test',
    '--test-reporter=spec',
    // The files wait for PostgreSQL and the browser more than they compute.
    `--test-concurrency=${Math.max(2, availableParallelism() - 1)}`,
    '--test-timeout=300000',
    '--test-global-setup=tests/support/global-setup.ts',
    ...given,
    ...files,
  ],
  { cwd: resolve(dirname(fileURLToPath(import.meta.url)), '..'), stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
