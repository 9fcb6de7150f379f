// Numbers as people type and paste them: from a contact, a message, a keyboard of another script. Pure.

/** Blanks, marks of direction and whatever else draws nothing, dashes of every kind, dots, brackets, slashes. */
const betweenDigits = /[\s\p{Z}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Pd}\u2212.\u00b7\u30fb()[\]/]/gu;

/**
 * The text with plain instead of full-width characters and without separators: digits only, if it was a
 * number.
 */
export function plainDigits(text: string): string {
  return text.normalize('NFKC').replace(betweenDigits, '');
}
