// What is kept of a merchant's answer: its beginning, as it came, without what is nobody's business here. A merchant's
// server may answer with anything: its own keys in a dump of settings, the buyer's name and phone number in its record
// of the order. Pure.

import { maskPersonal } from './quote-answer.ts';

/** Enough to see what answered, and why. */
const keptMax = 1_024;
/** Read of a longer answer, before what is masked makes it shorter. */
const readMax = 4_096;

/** `"api_key": "…"`, `password=…`, `Authorization: Bearer …`, `Set-Cookie: …`: a name and the value behind it. */
const named =
  /(?<![\w-])(["']?)([\w-]{1,40})\1(\s{0,8}(?:=>|[:=])\s{0,8})("(?:[^"\\]|\\.){0,4096}"?|'(?:[^'\\]|\\.){0,4096}'?|(?:bearer|basic|digest)\s+[^\s"'<]+|[^\s,;&<>{}[\]"']+)/gi;

/** Whole words of a name, as in `user_name`, `userName`, `X-Api-Key`. */
const maskedWords = new Set(
  (
    'password passwd passphrase pwd pass secret token key apikey authorization auth cookie session sid ' +
    'signature hash otp pin cvv cvc credential credentials ' +
    'name fullname firstname lastname phone mobile tel email mail address birthday dob passport cccd cmnd ' +
    'card account ip'
  ).split(' '),
);

/** At most 1 KiB or so, masked, fit to be stored. */
export function keepAnswer(answer: string): string {
  const isLong = answer.length > readMax;
  // The last word of what was read may be half of a secret, too short to look like one.
  const read = isLong ? answer.slice(0, readMax).replace(/\S+$/, '') : answer;
  const shown = maskPersonal(read.replace(named, maskNamed));
  return toStorableText(isLong || shown.length > keptMax ? `${shown.slice(0, keptMax)}…` : shown);
}

function maskNamed(whole: string, quote: string, name: string, sign: string, value: string): string {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[-_]/);
  if (!words.some((word) => maskedWords.has(word))) return whole;
  const mark = /^["']/.exec(value)?.[0] ?? '';
  return `${quote}${name}${quote}${sign}${mark}…${mark}`;
}

/** Bounded, and as PostgreSQL's text can hold it: well-formed, without the zero character. */
export function toStorableText(text: string): string {
  return text.slice(0, readMax).replaceAll('\0', '\uFFFD').toWellFormed();
}
