// The final result, as a receipt; and the way back to the shop for the browser that came from it or paid.

import { type Html, html, type Page, renderPage, safeHref } from '../../../ground/pages/index.ts';
import { texts } from '../texts/index.ts';
import { formatInstant } from './format.ts';
import { amountLine, fact, icons, shopLine } from './parts.ts';
import { checkoutScript } from './script.ts';
import type { ResultView } from './view-models.ts';

export function resultPage(view: ResultView): Page {
  const { order } = view;
  const lines = resultLines(view);
  return renderPage({
    ...view,
    title: `${lines.title} – ${order.shopName}`,
    languageHref: `?lang=${view.locale === 'vi' ? 'en' : 'vi'}${view.returnAfterSeconds === null ? '&stay=1' : ''}`,
    script: checkoutScript,
    body: html`<section class="card stack">
      <h1 class="state ${lines.tone}">${lines.icon}<span>${lines.title}</span></h1>
      <div class="tight">${view.seesOrder && amountLine(order.amountDong)}
      <p>${shopLine(view)}</p></div>
      <p>${lines.money !== null && html`<strong>${lines.money}</strong> `}${lines.what}</p>
      ${view.isParty ? receipt(view) : html`<p class="muted">${texts[view.locale].result.stranger}</p>`}
      ${view.isParty && wayBack(view)}
      </section>`,
  });
}

type ResultLines = {
  title: string;
  what: string;
  money: string | null;
  tone: 'good' | 'bad' | '';
  icon: Html;
};

function resultLines(view: ResultView): ResultLines {
  const { result: t, common } = texts[view.locale];
  const untouched = common.noMoneyTaken;
  switch (view.status) {
    case 'paid':
      if (view.responseCode === '07')
        return { title: t.review, what: t.reviewWhat, money: null, tone: '', icon: icons.wait };
      return { title: t.paid, what: t.paidWhat, money: null, tone: 'good', icon: icons.done };
    case 'cancelled':
      return { title: t.cancelled, what: t.cancelledWhat, money: untouched, tone: '', icon: icons.stop };
    case 'expired':
      return {
        title: t.expired,
        what: `${t.expiredWhat} ${t.orderAgain}`,
        money: untouched,
        tone: 'bad',
        icon: icons.wait,
      };
    case 'failed':
      return {
        title: t.failed,
        what: `${t.failedWhat} ${t.orderAgain}`,
        money: untouched,
        tone: 'bad',
        icon: icons.stop,
      };
  }
}

function receipt(view: ResultView): Html {
  const { order: words, result: t, refusal } = texts[view.locale];
  const { order, transactionNo } = view;
  const reasons: Partial<Record<string, { what: string }>> = refusal.codes;
  const reason = view.status === 'failed' ? reasons[view.responseCode]?.what : undefined;
  return html`<dl class="facts">
    ${reason !== undefined && fact(t.reason, reason)}
    ${transactionNo !== null && fact(t.transactionNo, transactionNo)}
    ${fact(view.status === 'paid' ? t.paidAt : t.finalAt, formatInstant(view.finalAt, view.locale))}
    ${fact(words.orderNo, order.orderNo)}
    ${order.description !== '' && fact(words.description, order.description)}
    </dl>`;
}

/** The seconds are the Refresh header's; a script only counts them down. */
function wayBack(view: ResultView): Html {
  const { result: t, common } = texts[view.locale];
  const href = view.returnHref === null ? null : safeHref(view.returnHref);
  if (href === null) return html`<p class="muted">${t.close}</p>`;
  const seconds = view.returnAfterSeconds;
  return html`<div class="tight">
    <a class="button next" href="${href}" rel="noreferrer">${common.backToShop}</a>
    ${
      seconds !== null &&
      html`<p class="muted center">${t.returnBefore} <span data-return="${seconds}">${seconds}</span> ${t.returnAfter}</p>
      <a class="button quiet" href="?stay=1&amp;lang=${view.locale}">${t.stay}</a>`
    }
    </div>`;
}
