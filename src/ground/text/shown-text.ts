// How text of strangers is shown: on a page, in a message, in a terminal. It must not change the text around
// it, hide something, or push it out of sight. Stored text is never changed by this.

const segmenter = new Intl.Segmenter('vi', { granularity: 'grapheme' });

/** Longer text is cut before it is read; no accepted text is as long. */
const codeUnitsMax = 16_384;

/**
 * Line breaks and tabs, however they are coded, and blanks that are no space; U+2800 is the empty Braille cell. A
 * single no-break space stays, because it holds an amount and its sign together.
 */
const blanks = /[\s\p{Z}\u0085\u2800]+/gu;

/**
 * Controls, and what draws nothing: marks of direction, tags, fillers, soft hyphens. Kept are the joiners and the
 * selectors of emoji, without which a family falls into its members and Persian words change their shape.
 */
const invisible = /(?!\u200c|\u200d|\ufe0e|\ufe0f)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** Joiners and selectors with nothing to join draw nothing either. */
const loose = /(^|\s)(?:\u200c|\u200d|\p{M})+|(?:\u200c|\u200d)+(?=\s|$)/gu;

/** More marks on one letter than any script needs: "zalgo", which climbs over the lines around it. */
const heaped = /(\p{M}{4})\p{M}+/gu;

/** Composed Latin letters and signs between single spaces: nearly every text, and nothing to clean in it. */
const plain = /^(?:[!-~\u00c0-\u024f\u1ea0-\u1ef9]+ )*[!-~\u00c0-\u024f\u1ea0-\u1ef9]+$/;

/**
 * The text as one clean line of at most `charactersMax` characters (the last is then an ellipsis), letters composed.
 * May be empty. Put it into <bdi>: letters of a script written from right to left stay what they are.
 */
export function showText(text: string, charactersMax: number): string {
  if (text.length <= charactersMax && plain.test(text)) return text;
  const clean = text
    .slice(0, codeUnitsMax)
    .toWellFormed()
    .replace(blanks, (run) => (run === '\u00a0' ? run : ' '))
    .replace(invisible, '')
    .normalize('NFC')
    .replace(heaped, '$1')
    .replace(loose, '$1')
    .replace(/[ \u00a0]{2,}/g, ' ')
    .trim();
  if (clean.length <= charactersMax) return clean;
  const characters = Array.from(segmenter.segment(clean), (part) => part.segment);
  if (characters.length <= charactersMax) return clean;
  return `${characters
    .slice(0, charactersMax - 1)
    .join('')
    .trimEnd()}…`;
}
