// The headers a page must be sent with, and the addresses it may lead to.

import { hash } from 'node:crypto';
import { once } from './fixed-text.ts';

export type PageRefresh = {
  afterSeconds: number;
  /** absolute, or a path on this host; absent: the same address again */
  url?: string;
};

/** The inline style and script of a page. Constants of this program. */
export type Inline = { style: string; script: string | null };

/**
 * The headers of a page. `no-referrer` keeps the address of a checkout (its token) from the shop the buyer
 * goes back to; for the same reason browsers send `Origin: null` with our forms, so a check against forged
 * forms must rest on the form token (and Sec-Fetch-Site), never on Origin.
 */
export function pageHeaders(
  { inline }: { inline: Inline },
  refresh: PageRefresh | null = null,
): Readonly<Record<string, string>> {
  const headers = headersFor(inline.script ?? '')(inline.style);
  return refresh === null ? headers : { ...headers, refresh: refreshHeader(refresh) };
}

const headersFor = once((script) =>
  once((style) =>
    Object.freeze({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': [
        "default-src 'none'",
        `style-src ${sourceOf(style)}`,
        `script-src ${script === '' ? "'none'" : sourceOf(script)}`,
        "img-src data: 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ].join('; '),
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'x-robots-tag': 'noindex',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
    }),
  ),
);

/** Allows the inline element with exactly this text, and no other. */
function sourceOf(text: string): string {
  return `'sha256-${hash('sha256', text, 'base64')}'`;
}

/**
 * An address a page may link or refresh to, in its serialized (ASCII, one line) form, or null. Paths of this
 * host, https, http and the own schemes of apps pass; addresses that run or carry content do not.
 */
export function safeHref(address: string): string | null {
  if (/^\/(?![/\\])/.test(address)) {
    const url = new URL(address, 'http://path.invalid');
    return url.host === 'path.invalid' ? url.pathname + url.search + url.hash : null;
  }
  const url = URL.parse(address);
  if (url === null || refusedSchemes.has(url.protocol)) return null;
  return url.href;
}

const refusedSchemes = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'blob:',
  'file:',
  'filesystem:',
  'about:',
  'view-source:',
]);

function refreshHeader(refresh: PageRefresh): string {
  const seconds = String(Math.max(0, Math.trunc(refresh.afterSeconds)));
  if (refresh.url === undefined) return seconds;
  const href = safeHref(refresh.url);
  if (href === null) throw new Error('refresh address is refused');
  return `${seconds}; url=${href}`;
}
