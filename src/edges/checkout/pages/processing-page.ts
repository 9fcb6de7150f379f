// The outcome is not known yet: the page that keeps a buyer from paying twice. It refreshes by header.

import { html, type Page, renderPage } from '../../../ground/pages/index.ts';
import { texts } from '../texts/index.ts';
import { fact, icons, orderSummary } from './parts.ts';
import type { ProcessingView } from './view-models.ts';

export function processingPage(view: ProcessingView): Page {
  const { processing: t, result } = texts[view.locale];
  return renderPage({
    ...view,
    title: `${t.title} – ${view.order.shopName}`,
    columns: 'two',
    body: html`${orderSummary(view, 'short')}
      <section class="card stack">
      <h1 class="state">${icons.wait}<span>${t.title}</span></h1>
      <p>${t.what} <strong>${t.money}</strong></p>
      <p>${t.todo}</p>
      ${view.transactionNo !== null && html`<dl class="facts">${fact(result.transactionNo, view.transactionNo)}</dl>`}
      <a class="button next" href="${view.checkoutPath}">${t.check}</a>
      </section>`,
  });
}
