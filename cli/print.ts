// How results look: aligned for people, JSON for programs. Text of strangers cannot steer the terminal.

import { formatDong } from '../src/ground/money/index.ts';
import { showText } from '../src/ground/text/index.ts';
import { vietnamParts } from '../src/ground/time/index.ts';

/** Longer than any address or description; a terminal has room. */
const cellCharactersMax = 2100;

/** What a command answers; `text` for people, `json` for programs. `failed`: exit code 1 all the same. */
export type Answer = { text: string; json: unknown; failed?: boolean };

type Cell = string | null | undefined;

/** Rows under a heading, columns as wide as their widest cell; those named in `right` are aligned to the right. */
export function table(heading: string[], rows: Cell[][], right: string[] = []): string {
  const cells = [heading, ...rows.map((row) => row.map(clean))];
  const widths = heading.map((_, at) => Math.max(...cells.map((row) => width(row[at] ?? ''))));
  return cells
    .map((row) =>
      heading
        .map((name, at) => pad(row[at] ?? '', widths[at] ?? 0, right.includes(name)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `name  value` lines; those without a value are left out. */
export function fields(entries: [name: string, value: Cell][]): string {
  const shown = entries.filter(([, value]) => value !== null && value !== undefined);
  const widest = Math.max(0, ...shown.map(([name]) => width(name)));
  return shown.map(([name, value]) => `  ${pad(name, widest, false)}  ${clean(value)}`).join('\n');
}

export function dong(amountDong: bigint): string {
  return formatDong(amountDong);
}

/** "2026-11-23 10:00:05 GMT+7" */
export function moment(at: Date | null): string | null {
  if (at === null) return null;
  const { year, month, day, hour, minute, second } = vietnamParts(at);
  return `${year}-${month}-${day} ${hour}:${minute}:${second} GMT+7`;
}

/** "0900000001" → "090****001" */
export function maskPhone(phone: string): string {
  return `${phone.slice(0, 3)}****${phone.slice(-3)}`;
}

export function yesOrNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

/** Two spaces deep; bigint as decimal text. What a terminal could obey, and what does not show, is escaped. */
export function toJsonText(value: unknown): string {
  const text = JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? String(item) : item), 2);
  return text.replace(/[\u007f-\u009f\p{Zl}\p{Zp}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, (found) =>
    Array.from({ length: found.length }, (_, at) => found.charCodeAt(at).toString(16).padStart(4, '0'))
      .map((digits) => `\\u${digits}`)
      .join(''),
  );
}

/** Controls, formats and what draws nothing; joiners and the two common selectors stay, which words and emoji need. */
const unseen =
  /(?!\n|\u200c|\u200d|\ufe0e|\ufe0f)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Text of any length and origin, its line breaks kept, with nothing in it that a terminal obeys or an eye misses. */
export function neutralise(text: string): string {
  return text.toWellFormed().replace(unseen, '\u{fffd}');
}

/** One clean line, as on every page; Vietnamese letters composed, so that widths are right. */
function clean(value: Cell): string {
  return showText(value ?? '–', cellCharactersMax);
}

function width(text: string): number {
  return [...text.replace(/\p{M}/gu, '')].length;
}

function pad(text: string, toWidth: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, toWidth - width(text)));
  return right ? space + text : text + space;
}
