// Finds why a v1 hash is wrong: some clients hash the right values in another way. The finding helps the
// merchant's developer, who reads it in the log of refused requests. It never goes into an answer, because it
// would tell a stranger that a guess is close.

import { createHash } from 'node:crypto';
import { hashesFit } from './hash.ts';

type Field = readonly [name: string, value: string];
type Habit = { wouldFitIf: string; textOf: (fields: Field[], secret: string) => string };

const ordinal = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const sortedBy =
  (compare: (a: string, b: string) => number) =>
  (fields: Field[]): Field[] =>
    [...fields].sort(([a], [b]) => compare(a, b));
const inOrder = sortedBy(ordinal);
const withoutCase = sortedBy((a, b) => ordinal(a.toLowerCase(), b.toLowerCase()));
/** The order of a language's collation that ignores punctuation: merchant_site before merch_txn_ref. */
const byCulture = sortedBy(new Intl.Collator('vi', { ignorePunctuation: true }).compare);
const valuesOf = (fields: Field[]): string[] => fields.map(([, value]) => value);
const joined = (secret: string, values: string[]): string => [secret, ...values].join('|');

const habits: readonly Habit[] = [
  { wouldFitIf: 'it were written in lower case', textOf: (f, s) => joined(s, valuesOf(inOrder(f))) },
  {
    wouldFitIf:
      'names were sorted with capitals first (Branch_code before access_code), not without regard to case',
    textOf: (f, s) => joined(s, valuesOf(withoutCase(f))),
  },
  {
    wouldFitIf: 'names were sorted by the codes of their characters, not by the rules of a language',
    textOf: (f, s) => joined(s, valuesOf(byCulture(f))),
  },
  { wouldFitIf: 'names were sorted, not taken as sent', textOf: (f, s) => joined(s, valuesOf(f)) },
  {
    wouldFitIf: 'empty values that are sent kept their place between two bars',
    textOf: (f, s) =>
      joined(
        s,
        valuesOf(inOrder(f)).filter((value) => value !== ''),
      ),
  },
  {
    wouldFitIf: 'values were hashed before they are percent-encoded',
    textOf: (f, s) => joined(s, valuesOf(inOrder(f)).map(encodeURIComponent)),
  },
  {
    wouldFitIf: 'values were hashed before they are form-encoded',
    textOf: (f, s) => joined(s, valuesOf(inOrder(f)).map(formEncoded)),
  },
  {
    wouldFitIf: 'names were left out, and only values hashed',
    textOf: (f, s) =>
      joined(
        s,
        inOrder(f).map(([name, value]) => `${name}=${value}`),
      ),
  },
  { wouldFitIf: 'values were joined by |', textOf: (f, s) => [s, ...valuesOf(inOrder(f))].join('') },
  {
    wouldFitIf: 'the secret came first, not last',
    textOf: (f, s) => [...valuesOf(inOrder(f)), s].join('|'),
  },
  {
    wouldFitIf: 'the secret had no line break behind it',
    textOf: (f, s) => joined(`${s}\n`, valuesOf(inOrder(f))),
  },
];

/**
 * A sentence for the log, or null when no known habit explains the hash. Every known mistake is tried, even
 * after one fits, so that the time of a refusal tells nothing.
 */
export function explainWrongHash(
  readings: readonly Field[][],
  secrets: readonly string[],
  received: string,
): string | null {
  const lower = received.toLowerCase();
  let found: string | null = null;
  for (const { wouldFitIf, textOf } of habits) {
    for (const fields of readings) {
      for (const secret of secrets) {
        const hash = createHash('sha256').update(textOf(fields, secret), 'utf8').digest('hex');
        if (hashesFit(hash, lower)) found ??= `the hash would fit if ${wouldFitIf}`;
      }
    }
  }
  return found;
}

function formEncoded(value: string): string {
  return new URLSearchParams({ v: value }).toString().slice(2);
}
