// A log that cannot be written costs its lines and nothing else.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

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

/** Logs far more than may wait, says that it has, and stops in order when told to. */
const unread = `
  const { createLogger, makeRoomForLastLines, outliveBrokenOutput, say, writeLastLines } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))});
  const log = createLogger('info');
  outliveBrokenOutput();
  for (let line = 0; line < 2_000; line += 1) {
    log.info({ number: line, more: 'x'.repeat(2_000) }, 'line');
    await new Promise(setImmediate);
  }
  process.once('message', async () => {
    makeRoomForLastLines();
    say('the last line but one');
    log.warn('the last line');
    await writeLastLines(60_000);
    process.exit(0);
  });
  process.send('logged');
`;

function startUnread(code: string) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  after(() => child.kill('SIGKILL'));
  return { child, told: once(child, 'message'), ended: once(child, 'exit') };
}

test('nobody reads the log: nothing stands still, what is too much is dropped and counted, the last lines are kept', async () => {
  const { child, told, ended } = startUnread(unread);
  await told;
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    output += chunk;
  });
  child.send('stop');
  const closed = once(child, 'close');
  assert.deepEqual((await ended)[0], 0);
  await closed;
  const lines = output.trimEnd().split('\n');
  const numbers = lines.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  const kept = numbers.filter(({ msg }) => msg === 'line').length;
  assert.ok(kept > 400 && kept < 1_000, `${kept} lines were kept`);
  assert.ok(lines.includes('the last line but one'));
  assert.ok(numbers.some(({ msg }) => msg === 'the last line'));
  const [{ dropped }] = numbers.filter((line) => line.dropped !== undefined);
  assert.equal(dropped + kept, 2_000);
});

test('nobody reads the log until the end: the stop does not wait for a reader for ever', async () => {
  const { child, told, ended } = startUnread(unread.replace('60_000', '50'));
  await told;
  child.send('stop');
  assert.deepEqual((await ended)[0], 0);
});
