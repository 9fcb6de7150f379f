// Pages for what could not be shown. Their address may not be asked twice (a signed redirect, a refused form),
// so there is no language link: the other language is on the page, folded.

import { type Html, html, renderPage } from '../../../ground/pages/index.ts';
import { responseMessage } from '../../../ground/protocols/index.ts';
import type { Locale } from '../../../ground/terms.ts';
import { texts } from '../texts/index.ts';
import { formatInstant } from './format.ts';
import { fact, icons } from './parts.ts';
import type { ErrorKind, ErrorView, FaultView, PageFrame } from './view-models.ts';

type Lines = { title: string; what: string; money: string; todo: string };

/** Not found, not allowed, too large, our own fault: everything that is no page of an order. */
export function errorPage(view: ErrorView): string {
  const { common } = texts[view.locale];
  const facts =
    view.traceId === null ? null : html`<dl class="facts">${fact(common.traceId, view.traceId)}</dl>`;
  return bilingualPage(view, (locale) => kindLines(view.kind, locale), facts);
}

/** The request that reached us from a shop could not become an order. Nobody is sent anywhere. */
export function faultPage(view: FaultView): string {
  const { error: t, common } = texts[view.locale];
  const lines = (locale: Locale): Lines => {
    const fault = texts[locale].error.fault;
    const title = locale === view.locale && view.title !== null ? view.title : fault.title;
    return { ...fault, title, money: texts[locale].common.noMoneyTaken };
  };
  const facts = html`<dl class="facts">
    ${fact(t.codeLabel, `${view.code} – ${responseMessage(view.code, view.locale)}`)}
    ${fact(common.traceId, view.traceId)}
    ${fact(t.occurredAt, formatInstant(view.now, view.locale))}
    </dl>
    <div class="tight">
    <h2>${t.forDeveloper}</h2>
    ${view.detail !== null && html`<p><code lang="en"><bdi>${view.detail}</bdi></code></p>`}
    <p class="muted">${t.developerHint}</p>
    </div>`;
  return bilingualPage(view, lines, facts);
}

/** GET /vipay_v2/expired: apps that wrap the checkout watch for this address and close. */
export function expiredAppPage(view: PageFrame): string {
  const { expiredApp: t, common } = texts[view.locale];
  return renderPage({
    ...view,
    title: t.title,
    body: html`<section class="card stack">
      <h1 class="state bad">${icons.wait}<span>${t.title}</span></h1>
      <p><strong>${common.noMoneyTaken}</strong> ${t.what}</p>
      <p>${t.todo}</p>
      </section>`,
  });
}

function kindLines(kind: ErrorKind, locale: Locale): Lines {
  const { error: t } = texts[locale];
  const unknown = kind === 'server_error' || kind === 'unavailable';
  return { ...t.kinds[kind], money: unknown ? t.moneyOnce : t.moneyUntouched };
}

const languageNames = { vi: 'Tiếng Việt', en: 'English' };

function bilingualPage(view: PageFrame, lines: (locale: Locale) => Lines, facts: Html | null): string {
  const own = lines(view.locale);
  const otherLocale = view.locale === 'vi' ? 'en' : 'vi';
  const other = lines(otherLocale);
  return renderPage({
    ...view,
    title: own.title,
    languageHref: null,
    body: html`<section class="card stack">
      <h1 class="state bad">${icons.alert}<span>${own.title}</span></h1>
      <p>${own.what} <strong>${own.money}</strong></p>
      <p>${own.todo}</p>
      ${facts}
      <details lang="${otherLocale}"><summary>${languageNames[otherLocale]}</summary>
      <div class="tight"><h2>${other.title}</h2>
      <p>${other.what} <strong>${other.money}</strong></p>
      <p>${other.todo}</p></div></details>
      </section>`,
  });
}
