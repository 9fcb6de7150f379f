// How bytes travel in a v2 query: base64url without padding, read with some tolerance.

export function encodeBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/**
 * Reads base64url, and the standard alphabet too (a space in a parameter was a `+`), with or without padding.
 * Null when a character is foreign, the padding is not the right one, or the last character is not canonical
 * (bits that no byte uses must be zero: else several texts would mean the same bytes).
 */
export function decodeBase64url(text: string): Buffer | null {
  const match = /^([A-Za-z0-9_-]*)(={0,2})$/.exec(text.replace(/[ +]/g, '-').replaceAll('/', '_'));
  const body = match?.[1];
  if (body === undefined) return null;
  if (match?.[2] !== '' && text.length % 4 !== 0) return null;
  const bytes = Buffer.from(body, 'base64url');
  return encodeBase64url(bytes) === body ? bytes : null;
}
