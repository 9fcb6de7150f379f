// Whose page it is: the mark and the wordmark at its head, the operator and the way to reach them at its foot.

import type { Environment, Locale, Operator } from '../terms.ts';
import { type Html, html, raw } from './html.ts';

// A "v" of two strokes that meet, the buyer's and the shop's, in a square: drawn here, 24 units wide, and ours.
const square = 'M7 0h10a7 7 0 0 1 7 7v10a7 7 0 0 1-7 7H7a7 7 0 0 1-7-7V7a7 7 0 0 1 7-7Z';
const strokes = ['m6 7.5 6 9', 'm18 7.5-6 9'];

/** The mark beside the wordmark; the mark has the colour of the accent in both schemes. */
export const brand = html`<span class="brand" translate="no">${raw(
  `<svg width="28" height="28" viewBox="0 0 24 24" aria-hidden="true"><path fill="currentColor" d="${square}"/><g fill="none" stroke="var(--paper)" stroke-width="3.5" stroke-linecap="round"><path opacity=".6" d="${strokes[0]}"/><path d="${strokes[1]}"/></g></svg>`,
)}viPay</span>`;

/** As data, so that the browser does not ask for /favicon.ico. Its namespace is no address that is fetched. */
export const icon = `data:image/svg+xml,%3Csvg xmlns='http%3A//www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Cpath fill='%231d4ed8' d='${square}'/%3E%3Cg fill='none' stroke='white' stroke-width='3.5' stroke-linecap='round'%3E%3Cpath opacity='.6' d='${strokes[0]}'/%3E%3Cpath d='${strokes[1]}'/%3E%3C/g%3E%3C/svg%3E`;

const words = {
  vi: {
    runBy: 'Dịch vụ thanh toán của',
    help: 'Hỗ trợ:',
    nobody: 'Bản chạy thử viPay, chưa có đơn vị vận hành.',
  },
  en: {
    runBy: 'A payment service of',
    help: 'Help:',
    nobody: 'A trial installation of viPay, without an operator.',
  },
};

/** Null where nothing can be said: a live page whose operator has not given a name. */
export function pageFoot(page: {
  locale: Locale;
  environment: Environment;
  operator?: Operator | null | undefined;
  columns?: 'one' | 'two';
}): Html | null {
  const t = words[page.locale];
  const { operator } = page;
  if (!operator && page.environment === 'live') return null;
  return html`<footer class="foot ${page.columns ?? 'one'}"><p>${
    operator
      ? html`${t.runBy} <strong><bdi>${operator.name}</bdi></strong>. ${
          operator.contact !== null && html`${t.help} ${contactLinks(operator.contact)}`
        }`
      : t.nobody
  }</p></footer>`;
}

/** "1900 1234, help@pay.example.vn": numbers are called and addresses written to by a tap; other words stand as they are. */
function contactLinks(contact: string): Html[] {
  return contact.split(',').map((part, index) => {
    const text = part.trim();
    const href = contactHref(text);
    return html`${index > 0 && ', '}${href === null ? text : html`<a href="${href}">${text}</a>`}`;
  });
}

function contactHref(text: string): string | null {
  if (/^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/.test(text)) return `mailto:${text}`;
  return /^\+?\d[\d .-]{2,}$/.test(text) ? `tel:${text.replace(/[ .-]/g, '')}` : null;
}
