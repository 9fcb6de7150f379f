// Pages for what could not be shown. Their address may not be asked twice (a signed redirect, a refused
// form), so there is no language link. The page holds both languages; when the buyer opens the second, it
// replaces the first.

import { type Html, html, type Page, renderPage, safeHref } from '../../../ground/pages/index.ts';
import { responseMessage } from '../../../ground/protocols/index.ts';
import type { Locale } from '../../../ground/terms.ts';
import { texts } from '../texts/index.ts';
import { formatInstant } from './format.ts';
import { fact, icons } from './parts.ts';
import type { ErrorKind, ErrorView, ExpiredAppView, FaultView, PageFrame } from './view-models.ts';

type Lines = { title: string; what: string; money: string; todo: string };

/** Not found, not allowed, too large, our own fault: every error that belongs to no order. */
export function errorPage(view: ErrorView): Page {
  const facts = (locale: Locale) =>
    view.traceId !== null && html`<dl class="facts">${fact(texts[locale].common.traceId, view.traceId)}</dl>`;
  return bilingualPage(
    view,
    (locale) => kindLines(view.kind, locale),
    facts,
    (locale) => wayOn(view, locale),
  );
}

/** A shop's request could not become an order. The browser is sent nowhere. */
export function faultPage(view: FaultView): Page {
  const lines = (locale: Locale): Lines => {
    const fault = texts[locale].error.fault;
    const title = locale === view.locale && view.title !== null ? view.title : fault.title;
    return { ...fault, title, money: texts[locale].common.noMoneyTaken };
  };
  const facts = (locale: Locale) => {
    const { error: t, common } = texts[locale];
    return html`<dl class="facts">
    ${fact(t.codeLabel, `${view.code} – ${responseMessage(view.code, locale)}`)}
    ${fact(common.traceId, view.traceId)}
    ${fact(t.occurredAt, formatInstant(view.now, locale))}
    </dl>
    <div class="tight">
    <h2>${t.forDeveloper}</h2>
    ${view.detail !== null && html`<p><code lang="en"><bdi>${view.detail}</bdi></code></p>`}
    <p class="muted">${t.developerHint}</p>
    </div>`;
  };
  return bilingualPage(view, lines, facts, (locale) => backButton(locale));
}

/** GET /vipay_v2/expired: apps that wrap the checkout watch for this address and close. */
export function expiredAppPage(view: ExpiredAppView): Page {
  const { expiredApp: t, common } = texts[view.locale];
  const href = view.returnHref === null ? null : safeHref(view.returnHref);
  return renderPage({
    ...view,
    title: t.title,
    body: html`<section class="card stack">
      <h1 class="state bad">${icons.wait}<span>${t.title}</span></h1>
      <p><strong>${common.noMoneyTaken}</strong> ${t.what}</p>
      <p>${t.todo}</p>
      ${href !== null && html`<a class="button next" href="${href}" rel="noreferrer">${common.backToShop}</a>`}
      </section>`,
  });
}

function kindLines(kind: ErrorKind, locale: Locale): Lines {
  const { error: t } = texts[locale];
  return { ...t.kinds[kind], money: isOutcomeUnknown(kind) ? t.moneyOnce : t.moneyUntouched };
}

function isOutcomeUnknown(kind: ErrorKind): boolean {
  return kind === 'server_error' || kind === 'unavailable';
}

/**
 * No page is a dead end. An address that was posted to leads to its checkout when it is opened, so opening the same
 * address again is right everywhere.
 */
function wayOn(view: ErrorView, locale: Locale): Html {
  const { error: t } = texts[locale];
  const { checkoutPath, homePath } = view;
  const link = (href: string, text: string) => html`<a class="button next" href="${href}">${text}</a>`;
  if (checkoutPath !== undefined) return link(checkoutPath, t.openCheckout);
  if (isOutcomeUnknown(view.kind) || view.kind === 'too_many_requests') return link('', t.reload);
  return html`${homePath && link(homePath, t.home)}${backButton(locale)}`;
}

/** Appears where a script can tell that there is a page to go back to. */
function backButton(locale: Locale): Html {
  return html`<button class="button plain" data-back hidden>${texts[locale].error.goBack}</button>`;
}

const backScript =
  "if(history.length>1)for(const b of document.querySelectorAll('[data-back]')){b.hidden=false;b.onclick=()=>history.back()}";

const languageNames = { vi: 'Tiếng Việt', en: 'English' };

/** The parts are made for each language; only one is seen at a time. */
function bilingualPage(
  view: PageFrame,
  lines: (locale: Locale) => Lines,
  facts: (locale: Locale) => Html | false,
  way: (locale: Locale) => Html,
): Page {
  const otherLocale = view.locale === 'vi' ? 'en' : 'vi';
  const own = lines(view.locale);
  const other = lines(otherLocale);
  const rest = (locale: Locale, { what, money, todo }: Lines) => html`<p>${what} <strong>${money}</strong></p>
      <p>${todo}</p>
      ${way(locale)}
      ${facts(locale)}`;
  return renderPage({
    ...view,
    title: own.title,
    languageHref: null,
    script: backScript,
    body: html`<section class="card stack">
      <div class="own stack">
      <h1 class="state bad">${icons.alert}<span>${own.title}</span></h1>
      ${rest(view.locale, own)}</div>
      <details class="other"><summary><span><i lang="${otherLocale}">${languageNames[otherLocale]}</i><b lang="${view.locale}">${languageNames[view.locale]}</b></span></summary>
      <div class="stack" lang="${otherLocale}"><h2 class="state bad">${icons.alert}<span>${other.title}</span></h2>
      ${rest(otherLocale, other)}</div></details>
      </section>`,
  });
}
