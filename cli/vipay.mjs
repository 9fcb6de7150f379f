#!/usr/bin/env node
// Starts the command line on the Node that the project pins. Plain JavaScript for whatever Node (20 or later)
// npx was started with; everything else is in main.ts.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import nodeModule from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const nodeMajorMin = 24;
const projectDir = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const pinnedNode = join(
  projectDir,
  'node_modules/node/bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

if (!existsSync(pinnedNode)) {
  // A fresh checkout: install what is missing; what that says goes to stderr, so that --json stays JSON.
  const prepare = spawnSync(process.execPath, [join(projectDir, 'scripts/prepare.mjs'), 'start'], {
    stdio: ['ignore', 2, 2],
  });
  if (prepare.status !== 0) process.exit(1);
}

if (Number.parseInt(process.versions.node, 10) >= nodeMajorMin) {
  nodeModule.enableCompileCache();
  await import('./main.ts');
} else {
  const script = fileURLToPath(import.meta.url);
  const child = spawn(pinnedNode, [script, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A signal meant for this process is for the command: it closes what it opened.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`vipay could not start ${pinnedNode}: ${error.message}. Run "npm ci" in ${projectDir}.`);
    process.exitCode = 1;
  });
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
