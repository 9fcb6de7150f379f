// The plaintext of v2: one JSON object whose names are case-insensitive and may come twice, as the well-known
// Java client sends them. Only read after the signature over its bytes is proven.

import { refuse } from '../classic-fields.ts';
import type { OrderFault } from '../order-words.ts';
import { lowerAscii } from '../raw-query.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the members whose lower-case name is one of `names`; others are ignored. A value is text, or a
 * number, which means the text of its digits (never through a float); null means a field that was not sent,
 * because the well-known Java client writes null for every setter that was not called. Refuses with 03: not
 * UTF-8, not a JSON object, another type of value, and two members of one name, however spelled, with
 * different values. JSON.parse alone would let the last of two win.
 */
export function readPlaintext(
  plaintext: Uint8Array,
  names: readonly string[],
): { ok: true; fields: Map<string, string> } | { ok: false; fault: OrderFault } {
  const text = parseObjectText(plaintext);
  if (text === null) return refuse('data', 'not a JSON object in UTF-8');
  const fields = new Map<string, string>();
  for (const [spelled, token] of topLevelMembers(text)) {
    const name = lowerAscii(spelled);
    if (!names.includes(name) || token === 'null') continue;
    const value = readScalar(token);
    if (value === null) return refuse(name, 'must be a string or a number without exponent');
    if (fields.has(name) && fields.get(name) !== value)
      return refuse(name, 'sent twice with different values');
    fields.set(name, value);
  }
  return { ok: true, fields };
}

function parseObjectText(plaintext: Uint8Array): string | null {
  try {
    const text = utf8.decode(plaintext);
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? text : null;
  } catch {
    return null;
  }
}

function readScalar(token: string): string | null {
  if (token.startsWith('"')) return JSON.parse(token) as string;
  return /^-?[0-9]+(?:\.[0-9]+)?$/.test(token) ? token : null;
}

/** The members of a valid JSON object as written, repeated names included; a nested value is its bracket. */
function* topLevelMembers(json: string): Generator<[name: string, token: string]> {
  let depth = 0;
  let name: string | null = null;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g)) {
    if (depth === 1 && token !== ':' && token !== ',' && token !== '}') {
      if (name === null) {
        name = JSON.parse(token) as string;
      } else {
        yield [name, token];
        name = null;
      }
    }
    if (token === '{' || token === '[') depth++;
    if (token === '}' || token === ']') depth--;
  }
}
