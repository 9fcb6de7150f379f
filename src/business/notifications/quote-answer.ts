// How a merchant's words are told to people: one line, short, without anything a screen obeys or an eye misses, and
// without what looks like a secret or a person's number. Pure.

const quotedMax = 80;
/** Read of a long answer, before it is cleaned. */
const readMax = 400;

/** Long runs of digits (phones, cards, accounts), addresses of mail, and what is long and has no words (tokens). */
const personal = /[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,190}|\d(?:[ .-]?\d){6,}|[A-Za-z0-9+/_=-]{24,}/g;
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\ufffd]/gu;

/** With `…` in place of what looks like a secret or a person's number. */
export function maskPersonal(text: string): string {
  return text.replace(personal, '…');
}

/** `"<html>\n…"`: the beginning of a text, in quotation marks; `…` where something was left out. */
export function quoteText(text: string): string {
  const clean = maskPersonal(text.slice(0, readMax).toWellFormed())
    .replace(/["\\]/g, '\\$&')
    .replace(hidden, spellOut);
  const characters = [...clean];
  const isCut = characters.length > quotedMax || text.length > readMax;
  return `"${characters.slice(0, quotedMax).join('')}${isCut ? '…' : ''}"`;
}

/** The beginning of bytes: as text where it is text, else as hexadecimal digits. */
export function quoteBytes(bytes: Buffer): string {
  const first = bytes.subarray(0, readMax);
  const text = first.toString('utf8').replace(/\ufffd$/, '');
  const odd = text.match(/[\ufffd\0]/g)?.length ?? 0;
  return odd === 0 ? quoteText(text) : `bytes ${first.subarray(0, 16).toString('hex')}`;
}

/** Where a redirect leads: scheme, host and path; its query may hold a session or the result itself. */
export function quoteTarget(location: string | null, sentTo: string): string {
  if (location === null || !URL.canParse(location, sentTo)) return 'nowhere';
  const { protocol, host, pathname, search } = new URL(location, sentTo);
  const path = pathname.replace(/[A-Za-z0-9+_=-]{24,}/g, '…').slice(0, quotedMax);
  return `${protocol}//${host}${path}${search === '' ? '' : '?…'}`;
}

function spellOut(character: string): string {
  const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  return named[character] ?? `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`;
}
