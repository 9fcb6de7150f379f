// The document every server-rendered page is put into. One response is the whole page: style and script inline, each
// allowed by its hash, no request to any host.

import type { Environment, Locale, Operator } from '../terms.ts';
import { brand, icon, pageFoot } from './brand.ts';
import { FixedText, once } from './fixed-text.ts';
import { escapeHtml, type Html, html, raw } from './html.ts';
import type { Inline } from './page-headers.ts';
import { pageStyle } from './page-style.ts';

export type PageDocument = {
  locale: Locale;
  /** sandbox pages carry a ribbon, so that nobody takes them for the real thing */
  environment: Environment;
  /** who runs the gateway; at the foot of the page */
  operator?: Operator | null | undefined;
  /** plain text; " – viPay" is added */
  title: string;
  /** what goes into <main> */
  body: Html;
  /** 'two' sets summary and action side by side on wide screens, 'one' (default) is one narrow column */
  columns?: 'one' | 'two';
  /** where the same page is in the other language; absent: `?lang=…`; null: no link */
  languageHref?: string | null;
  /** constants of this program only: they are printed as they are, and kept for ever */
  style?: string;
  script?: string;
};

const ribbon = {
  vi: 'Bản thử nghiệm – không phải tiền thật',
  en: 'Test environment – not real money',
};
const otherLanguage = { vi: ['en', 'English'], en: ['vi', 'Tiếng Việt'] } as const;

/** Longer than any page, so that each is written here first and copied at its length. */
const desk = Buffer.allocUnsafeSlow(65_536);
/** UTF-8 takes no more for one unit of a text. */
const bytesPerUnitMax = 3;

/** A whole page, ready to be sent with `pageHeaders(page)`. */
export class Page {
  readonly inline: Inline;
  readonly #parts: readonly (FixedText | string)[];

  constructor(inline: Inline, parts: readonly (FixedText | string)[]) {
    this.inline = inline;
    this.#parts = parts;
  }

  /** The document as text. */
  get markup(): string {
    return this.#parts.map((part) => (typeof part === 'string' ? part : part.text)).join('');
  }

  /** The document as the bytes to be sent. */
  encode(): Buffer {
    let at = 0;
    for (const part of this.#parts) {
      const isText = typeof part === 'string';
      const bytesMax = isText ? part.length * bytesPerUnitMax : part.bytes.length;
      if (at + bytesMax > desk.length) return Buffer.from(this.markup);
      if (isText) at += desk.write(part, at);
      else {
        desk.set(part.bytes, at);
        at += bytesMax;
      }
    }
    return Buffer.from(desk.subarray(0, at));
  }
}

/** The whole document. */
export function renderPage(page: PageDocument): Page {
  const { locale, environment, columns = 'one', languageHref, script = null } = page;
  const { style, top } = styled(page.style ?? '');
  const foot = pageFoot(page)?.markup ?? '';
  return new Page({ style, script }, [
    start(locale),
    escapeHtml(page.title),
    top(`${locale} ${environment} ${columns}`),
    `${languageHref === null ? '' : languageLink(locale, languageHref).markup}
</div></header>
<main class="wrap ${columns}">${page.body.markup}</main>
${foot}
`,
    end(script ?? ''),
  ]);
}

/** Up to the title. */
const start = once(
  (locale) =>
    new FixedText(
      html`<!doctype html>
    <html lang="${locale}">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width,initial-scale=1">
    <meta name="format-detection" content="telephone=no">
    <meta name="robots" content="noindex">
    <title>`.markup,
    ),
);

/** From the title to the link of the other language. `kind`: locale, environment and columns. */
const styled = once((more) => {
  const style = pageStyle + more;
  const top = once((kind) => {
    const [locale, environment, columns] = kind.split(' ') as [Locale, Environment, string];
    return new FixedText(
      html` – viPay</title>
    <link rel="icon" href="${icon}">
    <style>${raw(style)}</style>
    </head>
    <body>
    <header>
    ${environment === 'sandbox' && html`<p class="ribbon">${ribbon[locale]}</p>`}
    <div class="top ${columns}">${brand}
    `.markup,
    );
  });
  return { style, top };
});

function languageLink(locale: Locale, given: string | undefined): Html {
  const [code, name] = otherLanguage[locale];
  return html`<a href="${given ?? `?lang=${code}`}" lang="${code}" hreflang="${code}">${name}</a>`;
}

const end = once(
  (script) =>
    new FixedText(
      html`${script !== '' && html`<script>${raw(script)}</script>`}
    </body>
    </html>`.markup,
    ),
);
