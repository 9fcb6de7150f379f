import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { attemptKinds } from './answer-kinds.ts';

const projectDir = resolve(import.meta.dirname, '../../..');

for (const page of ['answering-notifications.md', 'tra-loi-thong-bao.md']) {
  test(`${page} and the catalogue of kinds say the same, both ways`, () => {
    const rows = readFileSync(join(projectDir, 'docs/guides', page), 'utf8').matchAll(
      /^\| `([a-z0-9_]+)` \| ([^|]+) \| ([^|]+) \|$/gm,
    );
    const told = [...rows].map(([, kind, happened = '', todo = '']) => {
      assert.ok(happened.trim() !== '' && todo.trim() !== '', kind);
      return kind;
    });
    assert.deepEqual(told.sort(), Object.keys(attemptKinds).sort());
  });
}
