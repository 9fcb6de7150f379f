// Which mail addresses we write to: one plain address, in a form that no mail server reads as two. Pure.

import { domainToASCII } from 'node:url';

/** RFC 5321, 4.5.3.1; the whole without the angle brackets. */
const localCharactersMax = 64;
const domainCharactersMax = 253;
const addressCharactersMax = 254;

/**
 * Words parted by single dots. Left out of what RFC 5322 allows: quoted words, comments, and the signs with which old
 * servers send a message on to somewhere else (`%`, `!`, `|`, `/`, a leading `-`).
 */
const localPattern = /^[A-Za-z0-9_+'&=~#](?:[A-Za-z0-9_+'&=~#-]|\.(?!\.|$))*$/;
/** Letters of every script, digits, dots and hyphens: nothing that would end the name in an address of the web. */
const typedDomain = /^[\p{L}\p{M}\p{Nd}.\u3002-]+$/u;
const asciiDomain =
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?=[a-z])[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The address with its domain in lower case and in ASCII (IDN by punycode), or null when it is none. The local part
 * stays as it is written, since only its own server knows what its letters mean.
 */
export function parseMailAddress(text: string): string | null {
  if (text.length > 2 * addressCharactersMax) return null;
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(0, at));
  const typed = text.slice(at + 1);
  if (local.length > localCharactersMax || !localPattern.test(local) || !typedDomain.test(typed)) return null;
  const domain = domainToASCII(typed);
  if (domain.length > domainCharactersMax || !asciiDomain.test(domain)) return null;
  const address = `${local}@${domain}`;
  return address.length > addressCharactersMax ? null : address;
}

export type MailSender = { name: string | null; address: string };

/** `viPay <no-reply@pay.example.vn>`, or the address alone; null when it is neither. */
export function parseMailSender(text: string): MailSender | null {
  const [, name, inBrackets] = /^([^<>\p{Cc}"\\]{0,100}?) *<([^<>]*)>$/u.exec(text) ?? [];
  const address = parseMailAddress(inBrackets ?? text);
  if (address === null) return null;
  const shown = name?.normalize('NFC').trim();
  return { name: shown ? shown : null, address };
}
