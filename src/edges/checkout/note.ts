// What one page has to tell the next over a redirect: an error, the phone number as typed. Sealed in a cookie
// that lives a minute, so that nothing personal stands in an address and nobody can write one for somebody else.

import type { KeyRing } from '../../ground/secrets/index.ts';
import type { BrowserMark } from './browser-mark.ts';
import type { CodeError, SignInError } from './pages/index.ts';

export type Note =
  | { page: 'sign_in'; error: SignInError; phone: string; attemptsLeft?: number | null }
  /** Signing in is refused for a while (10, 79), or to this wallet (12, 09). Stays until the buyer acts on it. */
  | { page: 'sign_in_refused'; code: '10' | '79' | '12' | '09'; retryAt: string | null }
  /** The order has had as many payments as it may, or this wallet as many at it. Stays as the one before. */
  | { page: 'attempts_used' }
  | { page: 'confirm'; error: 'busy' | 'too_many_codes'; nextCodeAt: string | null }
  /** The database did not say what became of the payment: ask again until it does. */
  | { page: 'processing' }
  | {
      page: 'code';
      error: CodeError | null;
      attemptsLeft: number | null;
      resent: boolean;
      nextCodeAt: string | null;
    };

export function sealNote(keyRing: KeyRing, orderId: string, mark: BrowserMark, note: Note): string {
  return keyRing.seal(Buffer.from(JSON.stringify(note)), boundTo(orderId, mark)).toString('base64url');
}

/** Null for a cookie that is missing, forged, altered, or another browser's. */
export function openNote(
  keyRing: KeyRing,
  orderId: string,
  mark: BrowserMark,
  cookie: string | undefined,
): Note | null {
  if (!cookie || cookie.length > 1000) return null;
  try {
    return JSON.parse(
      keyRing.open(Buffer.from(cookie, 'base64url'), boundTo(orderId, mark)).toString(),
    ) as Note;
  } catch {
    return null;
  }
}

function boundTo(orderId: string, mark: BrowserMark): string {
  return `note/${orderId}/${mark.random}`;
}
