// The document every server-rendered page is put into, and the headers it must be sent with.
// One response is the whole page: style and script inline under a nonce, no request to any host.

import { randomBytes } from 'node:crypto';
import type { Environment, Locale, Operator } from '../terms.ts';
import { brand, icon, pageFoot } from './brand.ts';
import { type Html, html, raw } from './html.ts';
import { pageStyle } from './page-style.ts';

export type PageDocument = {
  locale: Locale;
  /** sandbox pages carry a ribbon, so that nobody takes them for the real thing */
  environment: Environment;
  /** who runs the gateway; at the foot of the page */
  operator?: Operator | null | undefined;
  /** fresh for each response (`createNonce`), the same as given to `pageHeaders` */
  nonce: string;
  /** plain text; " – viPay" is added */
  title: string;
  /** what goes into <main> */
  body: Html;
  /** 'two' sets summary and action side by side on wide screens, 'one' (default) is one narrow column */
  columns?: 'one' | 'two';
  /** where the same page is in the other language; absent: `?lang=…`; null: no link */
  languageHref?: string | null;
  /** constants of this program only: they are printed as they are */
  style?: string;
  script?: string;
};

export type PageRefresh = {
  afterSeconds: number;
  /** absolute, or a path on this host; absent: the same address again */
  url?: string;
};

const ribbon = {
  vi: 'Bản thử nghiệm – không phải tiền thật',
  en: 'Test environment – not real money',
};
const otherLanguage = { vi: ['en', 'English'], en: ['vi', 'Tiếng Việt'] } as const;

/** The whole document as text. */
export function renderPage(page: PageDocument): string {
  const [otherCode, otherName] = otherLanguage[page.locale];
  const href = page.languageHref === undefined ? `?lang=${otherCode}` : page.languageHref;
  const document = html`<!doctype html>
    <html lang="${page.locale}">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width,initial-scale=1">
    <meta name="format-detection" content="telephone=no">
    <meta name="robots" content="noindex">
    <title>${page.title} – viPay</title>
    <link rel="icon" href="${icon}">
    <style nonce="${page.nonce}">${raw(pageStyle + (page.style ?? ''))}</style>
    </head>
    <body>
    <header>
    ${page.environment === 'sandbox' && html`<p class="ribbon">${ribbon[page.locale]}</p>`}
    <div class="top ${page.columns ?? 'one'}">${brand}
    ${href !== null && html`<a href="${href}" lang="${otherCode}" hreflang="${otherCode}">${otherName}</a>`}
    </div></header>
    <main class="wrap ${page.columns ?? 'one'}">${page.body}</main>
    ${pageFoot(page)}
    ${page.script !== undefined && html`<script nonce="${page.nonce}">${raw(page.script)}</script>`}
    </body>
    </html>`;
  return document.markup;
}

/** 128 random bits, for one response. */
export function createNonce(): string {
  return randomBytes(16).toString('base64url');
}

/**
 * The headers of a page. `no-referrer` keeps the address of a checkout (its token) from the shop the buyer
 * goes back to; for the same reason browsers send `Origin: null` with our forms, so a check against forged
 * forms must rest on the form token (and Sec-Fetch-Site), never on Origin.
 */
export function pageHeaders(page: { nonce: string; refresh?: PageRefresh | null }): Record<string, string> {
  if (!/^[\w+/=-]{16,}$/.test(page.nonce)) throw new Error('page nonce is malformed');
  const headers: Record<string, string> = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      "default-src 'none'",
      `style-src 'nonce-${page.nonce}'`,
      `script-src 'nonce-${page.nonce}'`,
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
  };
  if (page.refresh) headers.refresh = refreshHeader(page.refresh);
  return headers;
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
