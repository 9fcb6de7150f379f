import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

test('what a library writes to the console is a line of the log, with its error, and nothing else is written', () => {
  const log = JSON.stringify(join(import.meta.dirname, 'index.ts'));
  const program = `
    const { createLogger, tellLibraryConsole } = await import(${log});
    tellLibraryConsole(createLogger('info'));
    console.trace(new Error('the pool is gone'));
    console.error('%s of 0912345678', 'phone');
    console.log('x'.repeat(100_000));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', `${program}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: string; msg: string; said: string });
  assert.deepEqual(
    lines.map(({ level, msg }) => [level, msg]),
    Array(3).fill(['warn', 'a library says']),
  );
  assert.match(lines[0]?.said ?? '', /^Error: the pool is gone\n {4}at /);
  assert.equal(lines[1]?.said, 'phone of 091****678');
  assert.equal(lines[2]?.said.length, 4_096);
});
