import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { actorKinds, acts } from './index.ts';

const projectDir = resolve(import.meta.dirname, '../../..');
const page = readFileSync(join(projectDir, 'docs/reference/audit-acts.md'), 'utf8');

function readRows(form: RegExp): string[][] {
  const rows = page.split('\n').filter((line) => form.test(line));
  return rows.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('audit-acts.md and the catalogue of acts say the same, both ways', () => {
  const inCode = Object.entries(acts).map(([name, rule]) => [
    `\`${name}\``,
    rule.subject,
    rule.says,
    rule.holds,
  ]);
  assert.deepEqual(readRows(/^\| `[a-z_]+\.[a-z_]+`/).sort(), inCode.sort());
  assert.deepEqual(
    readRows(/^\| `[a-z_]+` \|/).map(([kind]) => kind),
    actorKinds.map((kind) => `\`${kind}\``),
  );
});

test('every act of the catalogue is recorded somewhere', () => {
  const sources = readdirSync(join(projectDir, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('acts.ts'))
    .map((name) => readFileSync(join(projectDir, 'src', name), 'utf8'));
  for (const name of Object.keys(acts))
    assert.ok(
      sources.some((source) => source.includes(`'${name}'`)),
      `${name} is never recorded`,
    );
});
