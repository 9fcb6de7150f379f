import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { problems } from '../../ground/http/index.ts';
import { responseCodes } from '../../ground/protocols/index.ts';
import { problemAdvice } from './problem-advice.ts';

/** The cells of a page's table whose first cell looks like `key`. */
function readTable(page: string, key: RegExp): string[][] {
  const path = resolve(import.meta.dirname, '../../../docs/reference', page);
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([first = '']) => key.test(first));
}

test('response-codes.md and the catalogue of codes say the same, both ways', () => {
  const inCode = Object.entries(responseCodes)
    .map(([code, { vi, en, final, whoMustAct }]) => [code, vi, en, final ? 'yes' : 'no', whoMustAct])
    .sort();
  assert.deepEqual(readTable('response-codes.md', /^[0-9]{2}$/).sort(), inCode);
});

test('rest-api.md and the catalogue of problems say the same, both ways, and each has its advice', () => {
  const inCode = Object.entries(problems)
    .map(([slug, { status, code, title }]) => {
      return [`\`${slug}\``, String(status), slug === 'order-already-final' ? '(own)' : code, title];
    })
    .sort();
  assert.deepEqual(readTable('rest-api.md', /^`[a-z-]+`$/).sort(), inCode);
  assert.deepEqual(Object.keys(problemAdvice).sort(), Object.keys(problems).sort());
});
