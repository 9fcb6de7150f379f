// What of a change may stand in the log, in which form: no secrets, phone numbers masked, bounded, and always the same
// text for the same content, so that it can be sealed. Pure.

import { maskPhones, redactFields } from '../../ground/log/index.ts';

export type ActContent = { [name: string]: Content };
type Content = string | boolean | null | Content[] | ActContent;

/** What PostgreSQL allows is four times this (audit_log_content_bounded): it writes the text with more spaces. */
const bytesMax = 16_384;
const depthMax = 6;
const leftOut = '[left out]';

type Bounds = { charactersMax: number; membersMax: number };
const bounds: Bounds = { charactersMax: 2_048, membersMax: 100 };
const tightBounds: Bounds = { charactersMax: 100, membersMax: 20 };

/**
 * The values as the log keeps them. Members that are named like secrets are left out, numbers are decimal text (jsonb
 * has numbers that no program tells apart), addresses lose their query. What is too large is cut, and says so.
 */
export function toContent(values: Record<string, unknown>): ActContent {
  const harmless = redactFields(values);
  for (const each of [bounds, tightBounds]) {
    const content = clean(harmless, each, 0) as ActContent;
    if (Buffer.byteLength(canonicalText(content)) <= bytesMax) return content;
  }
  return { '…': `too large, not kept` };
}

/** JSON whose members stand in the order of their names: jsonb keeps none. */
export function canonicalText(content: unknown): string {
  return JSON.stringify(content, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** Text of a stranger as PostgreSQL takes it, at most `charactersMax` (UTF-16 units) long. Control characters stay. */
export function fitText(text: string, charactersMax: number): string {
  const short = text.length > charactersMax ? `${text.slice(0, charactersMax - 1)}…` : text;
  return short.toWellFormed().replaceAll('\0', '\u{fffd}');
}

function clean(value: unknown, of: Bounds, depth: number): Content | undefined {
  switch (typeof value) {
    case 'string':
      return fitText(maskPhones(hideQuery(value)), of.charactersMax);
    case 'number':
    case 'bigint':
      return String(value);
    case 'boolean':
      return value;
    case 'object':
      return cleanObject(value, of, depth);
    default:
      return undefined;
  }
}

function cleanObject(value: object | null, of: Bounds, depth: number): Content {
  if (value === null) return null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value) || depth >= depthMax) return leftOut;
  if (Array.isArray(value)) {
    const items = value.slice(0, of.membersMax).map((item) => clean(item, of, depth + 1) ?? null);
    return value.length > of.membersMax ? [...items, `… ${value.length - of.membersMax} more`] : items;
  }
  const members = Object.entries(value);
  const kept = members.slice(0, of.membersMax).flatMap(([name, item]) => {
    const content = clean(item, of, depth + 1);
    return content === undefined ? [] : [[fitText(name, of.charactersMax), content] as const];
  });
  const more = members.length - of.membersMax;
  return Object.fromEntries(more > 0 ? [...kept, ['…', `${more} more`] as const] : kept);
}

/** A query may carry a shop's own token. */
function hideQuery(text: string): string {
  return /^https?:\/\//i.test(text) ? text.replace(/[?#].*$/s, '?…') : text;
}
