// `npm run check`: everything but the tests; runs all parts, and fails when one of them did.

import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const projectDir = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const inModules = (path) => join(projectDir, 'node_modules', path);

const parts = [
  ['format and lint', inModules('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings'],
  ['types', inModules('typescript/bin/tsc'), '--noEmit'],
  ['boundaries', '--test', '--test-reporter=dot', 'scripts/boundaries.test.ts'],
  ['lock file', '--test', '--test-reporter=dot', 'scripts/lock-file.test.ts'],
  ['dead code', inModules('knip/bin/knip.js')],
  ['generated files', 'scripts/schema-reference.ts', '--check'],
];

const failed = parts.filter(([name, ...command]) => {
  const started = Date.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: projectDir,
    encoding: 'utf8',
  });
  console.log(
    `${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`,
  );
  if (status !== 0) console.log(`${stdout}${stderr}`);
  return status !== 0;
});
process.exitCode = failed.length === 0 ? 0 : 1;
