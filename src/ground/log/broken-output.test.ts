// A log that cannot be written costs its lines and nothing else.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const program = `
  const { createLogger, outliveBrokenOutput, outliveStrayErrors } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))});
  const log = createLogger('info');
  outliveBrokenOutput();
  outliveStrayErrors(log);
  let thrown = 0;
  for (let line = 0; line < 500; line += 1) {
    try { log.info({ line: 'x'.repeat(10_000) }, 'line'); } catch { thrown += 1; }
    process.stdout.write('line\\n');
    await new Promise(setImmediate);
  }
  process.send({ thrown });
`;

async function runOn(stdout: 'pipe' | number): Promise<{ thrown: number; code: number | null }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', stdout, 'ignore', 'ipc'],
  });
  child.stdout?.destroy(); // As a reader such as `head` that has seen enough.
  const told = once(child, 'message') as Promise<[{ thrown: number }]>;
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const [message] = await Promise.race([told, ended.then(() => [{ thrown: -1 }])]);
  child.disconnect?.();
  const [code] = await ended;
  return { thrown: message?.thrown ?? -1, code };
}

test('the reader of the log goes away: nothing is thrown, the process goes on', async () => {
  assert.deepEqual(await runOn('pipe'), { thrown: 0, code: 0 });
});

test('the disk under the log is full: nothing is thrown, the process goes on', async () => {
  // Only Linux has a device that is always full; elsewhere a file opened for reading takes no line either.
  const full = existsSync('/dev/full') ? openSync('/dev/full', 'w') : openSync(import.meta.filename, 'r');
  assert.deepEqual(await runOn(full), { thrown: 0, code: 0 });
  closeSync(full);
});
