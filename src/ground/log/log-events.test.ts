import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { mock, test } from 'node:test';
import { createLogger, logEvent, logEvents, withoutTrace, withTrace } from './index.ts';
import { linesMax, windowMs } from './line-bound.ts';

const projectDir = resolve(import.meta.dirname, '../../..');

function openLog() {
  const lines: string[] = [];
  const log = createLogger('info', { write: (line: string) => void lines.push(line) });
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('log-events.md and the catalogue of events say the same, both ways', () => {
  const page = readFileSync(join(projectDir, 'docs/reference/log-events.md'), 'utf8');
  const onPage = page
    .split('\n')
    .filter((line) => /^\| `[a-z_]+\.[a-z_]+`/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const inCode = Object.entries(logEvents).map(([name, { level, security, says, fields }]) => [
    `\`${name}\``,
    level,
    security ? 'yes' : '',
    says,
    fields.map((field) => `\`${field}\``).join(', '),
  ]);
  assert.deepEqual(onPage.sort(), inCode.sort());
});

test('every event of the catalogue is written somewhere, and nothing writes one past it', () => {
  const sources = readdirSync(join(projectDir, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('log-events.ts'))
    .map((name) => readFileSync(join(projectDir, 'src', name), 'utf8'));
  for (const name of Object.keys(logEvents))
    assert.ok(
      sources.some((source) => source.includes(`'${name}'`)),
      `${name} is never written`,
    );
  for (const source of sources) assert.doesNotMatch(source, /\bevent: ['"`]/);
});

test('a line has each key once, whatever its own fields repeat, and belongs to the request that caused it', async () => {
  const { log, lines, parsed } = openLog();
  await withTrace('t1', async () => {
    await Promise.resolve();
    log.info({ traceId: 'own', event: 'x' }, 'said with an id of its own');
    logEvent(log, 'sign_in.unlocked', { walletId: 'w' });
    withoutTrace(() => log.warn('shared work'));
  });
  log.info('outside');
  assert.deepEqual(
    parsed().map(({ traceId }) => traceId),
    ['own', 't1', undefined, undefined],
  );
  for (const line of lines) {
    const keys = [...line.matchAll(/[{,]"(\w+)":/g)].map(([, key]) => key);
    assert.equal(new Set(keys).size, keys.length, line);
  }
});

test('of lines alike that a client causes a few are written, then how many were left out; others are not touched', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { log, parsed } = openLog();
    const refuse = (address: string, code = '97') =>
      logEvent(log, 'order.refused', { code, detail: 'hash', merchantSite: 'A', address });
    for (let n = 0; n < 5_000; n += 1) refuse('203.0.113.7');
    refuse('198.51.100.1');
    refuse('203.0.113.7', '03');
    assert.equal(parsed().length, linesMax + 2);
    mock.timers.tick(windowMs);
    const { leftOut, event, address, level } = parsed().at(-1) ?? {};
    assert.deepEqual(
      { leftOut, event, address, level },
      {
        leftOut: 5_000 - linesMax,
        event: 'order.refused',
        address: '203.0.113.7',
        level: 'info',
      },
    );
    assert.equal(parsed().length, linesMax + 3);
    refuse('203.0.113.7');
    assert.equal(parsed().length, linesMax + 4);
  } finally {
    mock.timers.reset();
  }
});

test('every event that names its caller is bounded, but those of attempts that were counted', () => {
  const counted = ['sign_in.succeeded', 'sign_in.failed', 'sign_in.locked'];
  const unbounded = Object.entries(logEvents)
    .filter(([, rule]) => rule.fields.some((field) => field === 'address') && !('boundedBy' in rule))
    .map(([name]) => name);
  assert.deepEqual(unbounded, counted);
});

test('a flood from ever new addresses is bounded too', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { log, parsed } = openLog();
    for (let n = 0; n < 10_000; n += 1) {
      const fields = { orderId: 'ord_1', action: 'cancel', reason: 'form_token', address: `2001:db8::${n}` };
      logEvent(log, 'form.refused', fields);
    }
    assert.ok(parsed().length <= 1_000 + linesMax, String(parsed().length));
    mock.timers.tick(windowMs);
    const leftOut = parsed().reduce((sum, line) => sum + Number(line.leftOut ?? 0), 0);
    assert.equal(parsed().length - 1 + leftOut, 10_000);
  } finally {
    mock.timers.reset();
  }
});
