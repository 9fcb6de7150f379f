// The address to which a buyer's browser goes back: what is accepted, and how a result is appended to it. Pure.

import type { OrderFault } from './order-words.ts';
import { splitRawQuery } from './raw-query.ts';
import { isPrefixedName, type ResultNames, resultPrefix } from './result-names.ts';

export const returnUrlLengthMax = 2048;

/**
 * Schemes that run something, read local files, steer the browser, call, write or install: the device's own, never an
 * app of a merchant. `intent` is refused because its fragment names the component to start.
 */
const deviceSchemes = new Set(
  [
    'about android-app blob content data file filesystem ftp ftps intent jar javascript livescript mhtml mk mocha',
    'resource res vbscript view-source ws wss wyciwyg moz-extension edge opera brave vivaldi safari-extension',
    'tel callto sms smsto mms mmsto mailto facetime facetime-audio facetime-group geo maps market',
    'itms itms-apps itms-appss itms-beta itms-books itms-bookss itms-services feed webcal pcast news nntp snews',
    'search search-ms shell ssh sftp telnet smb afp nfs ldap ldaps dav davs rdp vnc rtsp mms mmst help hcp dict',
    'prefs app-prefs app-settings shortcuts workflow cydia magnet steam',
  ].flatMap((line) => line.split(' ')),
);
const deviceFamilies = /^(?:ms-|microsoft|chrome|x-apple|apple-|com\.apple\.|com\.android\.|web\+|vnd\.)/;

/** Whether a scheme (lower case, without colon) may be an app's own at all: a site can list no other. */
export function isListableScheme(scheme: string): boolean {
  return (
    /^[a-z][a-z0-9+.-]{1,63}$/.test(scheme) &&
    scheme !== 'http' &&
    scheme !== 'https' &&
    !deviceSchemes.has(scheme) &&
    !deviceFamilies.test(scheme)
  );
}

/**
 * Accepts http, https and what could be an app's own scheme, always as `scheme://…`, at most 2048 characters, without
 * credentials, spaces, controls or backslashes. Its own query may hold any names, those of the result too; only where
 * the result comes prefixed (`names`) may none of them begin with the prefix.
 * Returns a fault of code 03 that names `field`. Which schemes and hosts a site may use is the caller's rule.
 */
export function checkReturnUrl(
  url: string,
  { field = 'return_url', names = 'plain' }: { field?: string; names?: ResultNames } = {},
): OrderFault | null {
  const fault = (problem: string): OrderFault => ({ code: '03', detail: `${field}: ${problem}` });
  if (url.length > returnUrlLengthMax) return fault(`longer than ${returnUrlLengthMax} characters`);
  if (/[\p{Cc}\p{Z}\p{Bidi_Control}\p{Cs}\\]/u.test(url)) return fault('holds a space, control or backslash');
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined || !URL.canParse(url)) return fault('not an absolute URL (scheme://…)');
  const isWeb = scheme === 'http' || scheme === 'https';
  if (!isWeb && !isListableScheme(scheme)) return fault('scheme is not accepted');
  // A browser would skip the further slashes and take what follows for the host; other readers find no host.
  if (isWeb && /^[^:]+:\/\/[/?#:]/.test(url)) return fault('names no host');
  const parsed = new URL(url);
  if (parsed.username !== '' || parsed.password !== '') return fault('holds credentials');
  const own = splitRawQuery(toSendableUrl(url).split('#', 1)[0]?.split('?').slice(1).join('?') ?? '');
  if (!own.ok) return fault(own.detail);
  const clashes = names === 'prefixed' && own.pairs.some((pair) => isPrefixedName(pair.name));
  return clashes ? fault(`its query already holds a name that begins with ${resultPrefix}`) : null;
}

/**
 * Appends fields to the query a checked URL already has, before its fragment, in the given order, with `%20`
 * for a space (right under both readings of `+`). The URL keeps all its own parameters: when a name comes
 * twice, the shop's comes first and ours last.
 */
export function appendToUrl(url: string, fields: Iterable<readonly [name: string, value: string]>): string {
  const sendable = toSendableUrl(url);
  const hashAt = sendable.indexOf('#');
  const base = hashAt === -1 ? sendable : sendable.slice(0, hashAt);
  const fragment = hashAt === -1 ? '' : sendable.slice(hashAt);
  const query = Array.from(fields, ([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  const joint = !base.includes('?') ? '?' : /[?&]$/.test(base) ? '' : '&';
  return `${base}${joint}${query}${fragment}`;
}

/** The URL fit for a Location header: untouched when it already is, else as a browser would write it. */
function toSendableUrl(url: string): string {
  return /^[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]*$/.test(url) ? url : new URL(url).href;
}
