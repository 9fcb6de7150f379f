import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageStyle } from './page-style.ts';
import { darkTokens, lightTokens, type Tokens } from './tokens.ts';

/** Relative luminance, WCAG 2.2. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((one, other) => other - one);
  return (light + 0.05) / (dark + 0.05);
}

/** Text on what it stands on: 4.5:1. */
const texts: [keyof Tokens, keyof Tokens][] = [
  ...(['ink', 'muted', 'accent', 'good', 'bad'] as const).flatMap((text): [keyof Tokens, keyof Tokens][] => [
    [text, 'paper'],
    [text, 'ground'],
  ]),
  ['on-accent', 'accent'],
  ['on-accent', 'accent-down'],
  ['on-rest', 'rest'],
  ['ink', 'good-wash'],
  ['good', 'good-wash'],
  ['ink', 'bad-wash'],
  ['bad', 'bad-wash'],
  ['on-ribbon', 'ribbon'],
];

/** Edges of fields and buttons, and the ring of the focus: 3:1. */
const edges: [keyof Tokens, keyof Tokens][] = [
  ['field', 'paper'],
  ['field', 'ground'],
  ['accent', 'paper'],
  ['ink', 'paper'],
  ['ink', 'ground'],
];

for (const [scheme, tokens] of [
  ['light', lightTokens],
  ['dark', darkTokens],
] as const) {
  test(`every text is read and every edge is seen (${scheme})`, () => {
    for (const [pairs, least] of [
      [texts, 4.5],
      [edges, 3],
    ] as const) {
      for (const [front, back] of pairs) {
        const ratio = contrast(tokens[front], tokens[back]);
        assert.ok(ratio >= least, `${front} on ${back}: ${ratio.toFixed(2)}:1`);
      }
    }
  });
}

test('a button at rest wins over every pointer, and hover is styled only where pointers hover', () => {
  const outside = pageStyle.replace(/@media\(hover:hover\)\{(?:[^{}]*\{[^{}]*\})*\}/, '');
  assert.doesNotMatch(outside, /:hover/);
  for (const [rule] of pageStyle.matchAll(/[^{}]*:hover\{/g)) assert.match(rule, /:not\(:disabled\):hover/);
});

test('colours are named once: the parts speak of tokens alone', () => {
  const parts = pageStyle.replace(/:root\{[^}]*\}/g, '');
  assert.doesNotMatch(parts, /#[0-9a-f]{3,8}\b/i);
});
