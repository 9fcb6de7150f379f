import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  countCharacters,
  freeTextProblem,
  nameProblem,
  referencePattern,
  referenceProblem,
  showText,
} from './index.ts';

const decomposed = 'ệ'.normalize('NFD');

test('free text of real documents is taken: line breaks, tabs, marks of direction, spaces of any kind', () => {
  for (const text of [
    'Sen đá\r\nchậu gốm\t1 chậu',
    '\u200eSKU 12\u200f',
    'a\u2028b\u2029c',
    'không\u00a0dính\u200bliền',
    'barcode \u001d21',
    '👨‍👩‍👧 \u{e0067}\u{e0062}',
    '\ufeffBOM',
    '',
  ]) {
    assert.equal(freeTextProblem(text), null, JSON.stringify(text));
  }
  assert.match(freeTextProblem('a\u0000b') ?? '', /NUL/);
  for (const text of ['\ud800', 'a\udc00b']) assert.match(freeTextProblem(text) ?? '', /surrogate/);
});

test('a length counts what a person would count, however the letters are coded', () => {
  for (const letter of ['ệ', decomposed, '🇻🇳', '👩🏽', 'a']) {
    assert.equal(countCharacters(letter.repeat(500)), 500, letter);
    assert.equal(freeTextProblem(letter.repeat(500)), null, letter);
    assert.match(freeTextProblem(letter.repeat(501)) ?? '', /longer than 500/, letter);
  }
  assert.equal(referenceProblem(decomposed.repeat(255)), null);
  assert.notEqual(referenceProblem('a'.repeat(256)), null);
  assert.match(freeTextProblem(`a${'\u0301'.repeat(5000)}`) ?? '', /8192 bytes/, 'one character of 10 kB');
});

test("references are the merchant's own words: printable, not empty, without the separator", () => {
  for (const text of [
    'O1',
    `${'123456789;'.repeat(9)}1`,
    'đơn hàng số 5/2026',
    '=1+1',
    '<script>',
    '注文#1',
    '🧾 12',
    decomposed,
  ]) {
    assert.equal(referenceProblem(text), null, text);
  }
  for (const text of [
    '',
    ' ',
    '\u00a0',
    'a|b',
    'a\n',
    'a\u0000',
    'a\u200b',
    '\u202ea',
    'a\u2028',
    '\ud800',
    'a\u{e0061}',
  ]) {
    assert.notEqual(referenceProblem(text), null, JSON.stringify(text));
  }
  assert.equal(referencePattern.flags, 'u');
});

test('a name must show something, and steer nothing', () => {
  assert.equal(nameProblem('Cửa hàng Sen Đá'), null);
  assert.equal(nameProblem(`${decomposed.repeat(100)}`), null);
  for (const name of [
    '',
    ' ',
    '\u200b',
    '\u2800\u3164',
    '\u0301',
    'a\nb',
    'a\u202eb',
    '\ud800',
    'a'.repeat(101),
  ]) {
    assert.notEqual(nameProblem(name), null, JSON.stringify(name));
  }
});

test('shown text is one clean line', () => {
  const shown: [text: string, as: string][] = [
    ['  Sen đá\r\n\r\nchậu\tgốm  ', 'Sen đá chậu gốm'],
    [`Ti${decomposed}m`, 'Tiệm'],
    ['a\u2028b\u0085c\u2800d', 'a b c d'],
    ['x\u202eexe.gpj\u202c', 'xexe.gpj'],
    ['\u200eSKU\u200b 12\u{e0041}\u00ad', 'SKU 12'],
    ['a\u0000b\u001b[31mc', 'ab[31mc'],
    ['a\ud800b', 'a\ufffdb'],
    ['👨‍👩‍👧 ❤️', '👨‍👩‍👧 ❤️'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['a \u200d\u200d b\u200c', 'a b'],
    ['\u0301\u0301x', 'x'],
    ['\u3164', ''],
    ['200.000\u00a0₫ \u00a0 x\u00a0', '200.000\u00a0₫ x'],
  ];
  for (const [text, as] of shown) assert.equal(showText(text, 100), as, JSON.stringify(text));
});

test('shown text keeps to its room: heaps of marks, endless words, an emoji at the cut', () => {
  assert.equal(showText(`Z${'\u0337'.repeat(900)}algo`, 10), `Z${'\u0337'.repeat(4)}algo`);
  assert.equal(showText('a'.repeat(300), 10), `${'a'.repeat(9)}…`);
  assert.equal(showText('👨‍👩‍👧'.repeat(9), 3), '👨‍👩‍👧👨‍👩‍👧…');
  assert.equal(showText('một hai', 5), 'một…');
  assert.equal(showText(decomposed.repeat(5), 5), 'ệ'.repeat(5));
});

test('whatever is sent, what is shown fits, hides nothing, and showing it again changes nothing', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 80 });
  const nasty = fc
    .array(
      fc.constantFrom(
        'a',
        ' ',
        '\n',
        '\u202e',
        '\u200d',
        '\u0301',
        '\ufe0f',
        '\ud800',
        '\u0000',
        '🇻',
        'ệ',
        '|',
        '\u1160',
      ),
      {
        maxLength: 60,
      },
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(anything, nasty), fc.integer({ min: 1, max: 40 }), (text, max) => {
      const shown = showText(text, max);
      assert.ok(countCharacters(shown) <= max, JSON.stringify(shown));
      assert.ok(shown.isWellFormed());
      assert.doesNotMatch(shown, /[\p{Cc}\p{Bidi_Control}\u2028\u2029\u200b]|^\s|\s$|\p{M}{5}/u);
      assert.equal(showText(shown, max), shown);
    }),
    { numRuns: 2000, seed: 20261126 },
  );
});

test('what is plain is shown as it is, by the short way as by the long one', () => {
  const latin = fc.string({ unit: fc.constantFrom(...'aZ09.,-(ễỡĐñ', ' '), maxLength: 30 });
  fc.assert(
    fc.property(latin, (text) => {
      // A mark that draws nothing takes the long way, and is not shown.
      assert.equal(showText(text, 40), showText(`${text}\u200b`, 40));
    }),
  );
});
