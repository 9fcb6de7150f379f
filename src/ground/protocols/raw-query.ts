// Splits a query string as it came over the wire. The usual parsers lose what the classic dialects depend on:
// a bare `%` that stays a literal `%`, whether a `+` was sent raw, and escapes that are not UTF-8. Pure.

/** The longest query read at all; Node stops at 16 KiB of headers anyway. */
export const rawQueryLengthMax = 16_384;
const pairsMax = 64;

/** One `name=value`, both decodings of the value: a raw `+` as a space, and as a literal plus. */
export type RawPair = { name: string; value: string; valueWithLiteralPlus: string };

export type SplitQuery = { ok: true; pairs: RawPair[] } | { ok: false; detail: string };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the text after `?`, one character per byte, as node:http hands it over. Empty segments are skipped and
 * a segment without `=` is a name with an empty value, as in the URL standard. Refused: more than
 * 16,384 characters or 64 pairs, characters above U+00FF, and names or values that are not UTF-8.
 */
export function splitRawQuery(rawQuery: string): SplitQuery {
  if (rawQuery.length > rawQueryLengthMax) return { ok: false, detail: 'query is too long' };
  const pairs: RawPair[] = [];
  for (const segment of rawQuery.split('&')) {
    if (segment === '') continue;
    if (pairs.length === pairsMax) return { ok: false, detail: 'query has too many parameters' };
    const equalsAt = segment.indexOf('=');
    const rawName = equalsAt === -1 ? segment : segment.slice(0, equalsAt);
    const rawValue = equalsAt === -1 ? '' : segment.slice(equalsAt + 1);
    const name = decode(rawName.replaceAll('+', ' '));
    const valueWithLiteralPlus = decode(rawValue);
    const value = rawValue.includes('+') ? decode(rawValue.replaceAll('+', ' ')) : valueWithLiteralPlus;
    if (name === null) return { ok: false, detail: 'a parameter name is not UTF-8' };
    if (value === null || valueWithLiteralPlus === null) {
      return { ok: false, detail: `${printableName(name)}: not UTF-8` };
    }
    pairs.push({ name, value, valueWithLiteralPlus });
  }
  return { ok: true, pairs };
}

/** A name the other side made up, safe to put into a fault's text and a log line. */
export function printableName(name: string): string {
  return /^[A-Za-z0-9_.-]{1,40}$/.test(name) ? name : '(a name with other characters)';
}

/** Lower case of ASCII only: `toLowerCase` would also turn the Kelvin sign into a k. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Percent-decodes to bytes, then reads them as UTF-8; null when they are not. */
function decode(raw: string): string | null {
  if (/^[\x20-\x24\x26-\x7e]*$/.test(raw)) return raw;
  const bytes = Buffer.alloc(raw.length);
  let length = 0;
  for (let at = 0; at < raw.length; at++) {
    const hex = raw[at] === '%' ? raw.slice(at + 1, at + 3) : '';
    if (/^[0-9A-Fa-f]{2}$/.test(hex)) {
      bytes[length++] = Number.parseInt(hex, 16);
      at += 2;
      continue;
    }
    const code = raw.charCodeAt(at);
    if (code > 0xff) return null;
    bytes[length++] = code;
  }
  try {
    return utf8.decode(bytes.subarray(0, length));
  } catch {
    return null;
  }
}
