// How a result's parameters stand beside those the shop's own address already has (decision 0005). The
// result's parameters always come last. A reader takes the last value of each of the result's names and
// checks exactly those. A site whose reader cannot do that gets them under a prefix, which no name of the
// shop's may have.

import { lowerAscii, type RawPair } from './raw-query.ts';

/** `plain`: the dialect's own names. `prefixed`: each with `vipay_` before it. */
export type ResultNames = 'plain' | 'prefixed';

export const resultPrefix = 'vipay_';

/** The fields under the names they are sent by. What is hashed or signed never changes: all have the same prefix. */
export function nameResultFields(
  fields: Iterable<readonly [name: string, value: string]>,
  names: ResultNames = 'plain',
): [name: string, value: string][] {
  return Array.from(fields, ([name, value]) => [wireName(name, names), value]);
}

/** Whether a parameter of the shop's own address would be taken for one of a prefixed result. */
export function isPrefixedName(name: string): boolean {
  return lowerAscii(name).startsWith(resultPrefix);
}

/** The merchant's side: the last pair of each of `wanted`, by its name without the prefix; null when one is missing. */
export function lastOfEach<Name extends string>(
  pairs: readonly RawPair[],
  wanted: readonly Name[],
  names: ResultNames = 'plain',
): Record<Name, RawPair> | null {
  const found = wanted.map((name) => pairs.findLast((pair) => pair.name === wireName(name, names)));
  if (found.includes(undefined)) return null;
  return Object.fromEntries(wanted.map((name, at) => [name, found[at]])) as Record<Name, RawPair>;
}

function wireName(name: string, names: ResultNames): string {
  return names === 'prefixed' ? resultPrefix + name : name;
}
