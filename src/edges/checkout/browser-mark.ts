// A browser's own mark for one order: a random value to which the form tokens and the session are bound, and
// whether the shop sent this browser here. It is signed, so nothing is stored for a browser that only looks.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { KeyRing } from '../../ground/secrets/index.ts';

export type BrowserMark = {
  random: string;
  /** The shop sent this browser: it may cancel, and is taken back. */
  arrived: boolean;
};

const macBytes = 16;

export function createBrowserMark(arrived: boolean): BrowserMark {
  return { random: randomBytes(16).toString('base64url'), arrived };
}

/** The cookie's value. */
export function sealBrowserMark(keyRing: KeyRing, orderId: string, mark: BrowserMark): string {
  const flag = mark.arrived ? '1' : '0';
  const mac = keyRing.hmac('browser', `mark|${orderId}|${mark.random}|${flag}`).subarray(0, macBytes);
  return `${mark.random}.${flag}.${mac.toString('base64url')}`;
}

/** Null for a cookie that is missing, forged, or another order's. */
export function openBrowserMark(
  keyRing: KeyRing,
  orderId: string,
  cookie: string | undefined,
): BrowserMark | null {
  const match = /^([A-Za-z0-9_-]{22})\.([01])\.([A-Za-z0-9_-]{22})$/.exec(cookie ?? '');
  if (!match) return null;
  const [, random = '', flag = '', mac = ''] = match;
  const fits = keyRing.matchesHmac(
    'browser',
    `mark|${orderId}|${random}|${flag}`,
    Buffer.from(mac, 'base64url'),
  );
  return fits ? { random, arrived: flag === '1' } : null;
}

/** What every form carries: it can only be made for this browser and this order. */
export function formToken(keyRing: KeyRing, orderId: string, mark: BrowserMark): string {
  return keyRing
    .hmac('browser', `form|${orderId}|${mark.random}`)
    .subarray(0, macBytes)
    .toString('base64url');
}

export function isFormToken(keyRing: KeyRing, orderId: string, mark: BrowserMark, token: unknown): boolean {
  if (typeof token !== 'string' || !/^[A-Za-z0-9_-]{22}$/.test(token)) return false;
  return keyRing.matchesHmac('browser', `form|${orderId}|${mark.random}`, Buffer.from(token, 'base64url'));
}

/** The hash by which a session recognises its browser. */
export function hashBrowser(mark: BrowserMark): Buffer {
  return createHash('sha256').update(mark.random).digest();
}

export function isSameBrowser(mark: BrowserMark, hash: Buffer): boolean {
  return timingSafeEqual(hashBrowser(mark), hash);
}
