// Which text of strangers is accepted. A refusal has words for its sender; accepted text is kept unchanged.

/** Descriptions: 500 characters of any script; a Vietnamese letter written with separate marks takes 5 bytes. */
export const freeTextCharactersMax = 500;
export const freeTextBytesMax = 8192;

/** Order numbers and references: the longest fits into one entry of a PostgreSQL index (2704 bytes). */
const referenceCharactersMax = 255;
export const referenceBytesMax = 2048;

const nameCharactersMax = 100;
const nameBytesMax = 1024;

/** Every reference fits this; `referenceProblem` also looks at the length. Needs the flag `u`. */
export const referencePattern =
  /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}|]*[^\p{Cc}\p{Cf}\p{Cs}\p{Z}|][^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}|]*$/u;

/** Null when the text is accepted. Real product names hold line breaks, tabs and marks of direction. */
export function freeTextProblem(text: string): string | null {
  if (isTooLong(text, freeTextCharactersMax, freeTextBytesMax)) {
    return `longer than ${freeTextCharactersMax} characters or ${freeTextBytesMax} bytes`;
  }
  return storableProblem(text);
}

/** The merchant's own words for an order, which people read aloud, search for and compare: printable, not `|`. */
export function referenceProblem(text: string): string | null {
  const fits = referencePattern.test(text) && !isTooLong(text, referenceCharactersMax, referenceBytesMax);
  return fits ? null : `1 to ${referenceCharactersMax} printable characters, without |`;
}

/** The name of a shop, a business or a person stands alone on pages and in messages: it must show, as it is. */
export function nameProblem(text: string): string | null {
  if (isTooLong(text, nameCharactersMax, nameBytesMax)) return `longer than ${nameCharactersMax} characters`;
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(text)) return 'holds a control character';
  return /[^\p{Z}\p{M}\p{C}\p{Default_Ignorable_Code_Point}\u2800]/u.test(text) ? null : 'shows nothing';
}

/** Neither PostgreSQL nor UTF-8 has a place for these two. */
function storableProblem(text: string): string | null {
  if (text.includes('\u0000')) return 'holds a NUL character';
  return text.isWellFormed() ? null : 'holds half of a surrogate pair';
}

const segmenter = new Intl.Segmenter('vi', { granularity: 'grapheme' });

/** How many characters a person would count. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of segmenter.segment(text)) count++;
  return count;
}

/** A character is at least one code unit, so short text is never taken apart. */
function isTooLong(text: string, charactersMax: number, bytesMax: number): boolean {
  if (text.length > bytesMax || Buffer.byteLength(text) > bytesMax) return true;
  return text.length > charactersMax && countCharacters(text) > charactersMax;
}
