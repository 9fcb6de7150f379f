import assert from 'node:assert/strict';
import { test } from 'node:test';
import { en } from './en.ts';
import { vi } from './vi.ts';

type Leaf = { path: string; text: string };

function leaves(node: unknown, path: string): Leaf[] {
  if (typeof node === 'string') return [{ path, text: node }];
  if (typeof node === 'function') return [{ path, text: (node as (...words: string[]) => string)('7', '8') }];
  assert.ok(typeof node === 'object' && node !== null, path);
  return Object.entries(node).flatMap(([key, child]) => leaves(child, `${path}.${key}`));
}

test('both languages have the same keys', () => {
  const paths = (language: unknown) => leaves(language, '').map((leaf) => leaf.path);
  assert.deepEqual(paths(en).sort(), paths(vi).sort());
});

test('no text is empty, and every parameter is said', () => {
  for (const { path, text } of [...leaves(vi, 'vi'), ...leaves(en, 'en')]) {
    assert.notEqual(text.trim(), '', path);
    assert.doesNotMatch(text, /undefined|\[object/, path);
  }
});

test('no sentence was left in the other language', () => {
  const english = new Map(leaves(en, '').map((leaf) => [leaf.path, leaf.text]));
  for (const { path, text } of leaves(vi, '')) assert.notEqual(text, english.get(path), path);
  for (const { path, text } of leaves(en, '')) assert.doesNotMatch(text, /[ăâđêôơưạảấầ]/i, path);
});
