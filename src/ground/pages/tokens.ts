// The colours of every page rendered on the server, once for each scheme. A test computes their contrast.

/**
 * `field` outlines inputs (3:1 on paper, which `line` is not); `on-accent` is the text on the accent and on
 * `accent-down`, its shade under a pointer. `rest` and `on-rest` are a button that cannot be pressed now: its words
 * are the only sign that something happens. `ribbon` is the sandbox's.
 */
export type Tokens = Record<
  | 'ink'
  | 'muted'
  | 'line'
  | 'field'
  | 'paper'
  | 'ground'
  | 'accent'
  | 'accent-down'
  | 'on-accent'
  | 'rest'
  | 'on-rest'
  | 'good'
  | 'good-wash'
  | 'bad'
  | 'bad-wash'
  | 'ribbon'
  | 'on-ribbon',
  `#${string}`
>;

export const lightTokens: Tokens = {
  ink: '#1c1917',
  muted: '#57534e',
  line: '#e7e5e4',
  field: '#78716c',
  paper: '#ffffff',
  ground: '#fafaf9',
  accent: '#1d4ed8',
  'accent-down': '#1e40af',
  'on-accent': '#ffffff',
  rest: '#e7e5e4',
  'on-rest': '#44403c',
  good: '#15803d',
  'good-wash': '#f0fdf4',
  bad: '#b91c1c',
  'bad-wash': '#fef2f2',
  ribbon: '#fef3c7',
  'on-ribbon': '#713f12',
};

/** The same, with accent, good and bad lightened until they are read on dark paper. */
export const darkTokens: Tokens = {
  ink: '#fafaf9',
  muted: '#b8b2ad',
  line: '#3b3733',
  field: '#8f8781',
  paper: '#1c1917',
  ground: '#0c0a09',
  accent: '#93c5fd',
  'accent-down': '#bfdbfe',
  'on-accent': '#172554',
  rest: '#3b3733',
  'on-rest': '#e7e5e4',
  good: '#4ade80',
  'good-wash': '#0f2418',
  bad: '#fca5a5',
  'bad-wash': '#331414',
  ribbon: '#3a2506',
  'on-ribbon': '#fde68a',
};

/** The tokens as custom properties: `--ink:#1c1917;…`. */
export function toProperties(tokens: Tokens): string {
  return Object.entries(tokens)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';');
}
