// The hash of v1, over requests and results alike.

import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Lower-case hex of SHA-256 over UTF-8 of the secret and the values, joined by `|`, in ascending order of the
 * names exactly as received (ordinal: upper case sorts before lower case).
 */
export function hashV1Values(
  fields: Iterable<readonly [name: string, value: string]>,
  secret: string,
): string {
  const sorted = [...fields].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const text = [secret, ...sorted.map(([, value]) => value)].join('|');
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Constant in the position of the first difference. Upper-case hex does not fit. */
export function hashesFit(expected: string, received: string): boolean {
  const a = Buffer.from(expected, 'utf8');
  const b = Buffer.from(received, 'utf8');
  return a.length === b.length && timingSafeEqual(a, b);
}
