import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseLocale } from './locale.ts';

test('the language is the one asked for, else the browser’s favourite of ours, else Vietnamese', () => {
  const cases: [lang: unknown, header: string | undefined, locale: string][] = [
    ['en', 'vi', 'en'],
    ['fr', 'en', 'en'],
    [['en', 'vi'], undefined, 'vi'],
    [undefined, undefined, 'vi'],
    [undefined, 'fr-FR, en-GB;q=0.8, vi;q=0.9', 'vi'],
    [undefined, 'en-US,en;q=0.9', 'en'],
    [undefined, 'en;q=0, vi;q=0.1', 'vi'],
    [undefined, 'en;q=0', 'vi'],
    [undefined, 'de, *;q=0.5', 'vi'],
  ];
  for (const [lang, header, locale] of cases)
    assert.equal(chooseLocale(lang, header), locale, String(header));
});
