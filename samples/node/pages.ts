// The shop's pages: the goods, an order, and a page for what went wrong. They work without scripts and ask no
// other host for anything.

import { createHash } from 'node:crypto';
import { drawing } from './drawings.ts';
import { Html, html } from './html.ts';
import type { OrderEvent, ShopOrder } from './order-book.ts';
import { style } from './page-style.ts';
import { findProduct, products } from './products.ts';
import type { Protocol } from './shop-settings.ts';
import { eventNames, type Locale, protocolNames, stateWords, words } from './words.ts';

/** `prefix` is the path of the shop's public address, without a slash at its end. */
type Look = { prefix: string; locale: Locale };

/** Names the one style sheet and icon the pages hold; `'self'` and the gateway are where its forms may lead. */
export function contentSecurityPolicy(gatewayUrl: string): string {
  const hash = createHash('sha256').update(style).digest('base64');
  return [
    "default-src 'none'",
    `style-src 'sha256-${hash}'`,
    'img-src data:',
    `form-action 'self' ${new URL(gatewayUrl).origin}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

export function shopPage({ prefix, locale }: Look, offered: Protocol[]): Html {
  const choice = offered.map(
    (protocol, index) =>
      html`<label><input type="radio" name="protocol" value="${protocol}"${index === 0 ? new Html(' checked') : null}><span>${protocolNames[protocol][locale]}</span></label>`,
  );
  const goods = products.map(
    (
      product,
    ) => html`<li><article class="card"><div class="picture">${drawing(product.id)}</div><div class="body">
<h2>${product.name[locale]}</h2><p class="muted">${product.about[locale]}</p>
<p class="price">${formatDong(product.priceDong)}</p>
<button class="button quiet" name="product" value="${product.id}" aria-label="${words.buy[locale]} ${product.name[locale]}">${words.buy[locale]}</button></div></article></li>`,
  );
  const otherAddress = locale === 'vi' ? `${prefix}/?lang=en` : `${prefix}/`;
  const body = html`<main class="wide"><h1>${words.headline[locale]}</h1><p class="muted">${words.demo[locale]}</p>
<form method="post" action="${prefix}/buy">
<button disabled hidden></button><input type="hidden" name="lang" value="${locale}">
<fieldset><legend>${words.payBy[locale]}</legend><div class="segments">${choice}</div></fieldset>
<ul class="goods">${goods}</ul></form></main>`;
  return layout({ prefix, locale }, 'wide', words.shop[locale], otherAddress, body);
}

/** The order's state, and everything the shop saw of it. `refreshing`: this page reloads itself. */
export function orderPage({ prefix, locale }: Look, order: ShopOrder, refreshing: boolean): Html {
  const here = `${prefix}/orders/${order.id}`;
  const state = shownState(order);
  const mood = state === 'paid' ? 'good' : state === 'failed' || state === 'unsent' ? 'bad' : 'open';
  const fact = (name: keyof typeof words, value: string | null) =>
    value !== null && html`<dt>${words[name][locale]}</dt><dd>${value}</dd>`;
  const body = html`<main class="narrow"><section class="state ${mood}">
<h1>${stateWords[state].title[locale]}</h1><p>${stateWords[state].text[locale]}</p>
<p class="sum">${formatDong(order.amountDong)}</p>
<p>${findProduct(order.product)?.name[locale] ?? order.product}</p>
<dl class="facts">${fact('orderNo', order.orderNo)}${fact('reference', order.merchTxnRef)}${fact('transactionNo', order.transactionNo)}${fact('responseCode', order.responseCode)}${fact('protocol', protocolNames[order.protocol][locale])}</dl>
<div class="actions">${actions({ prefix, locale }, order, state, here, refreshing)}</div></section>
<h2>${words.wire[locale]}</h2><p class="muted">${words.wireTimes[locale]}</p>
<ol class="events">${order.events.map((event) => eventLine(locale, event))}</ol></main>`;
  const title = `${stateWords[state].title[locale]} · ${order.orderNo}`;
  const otherAddress = `${here}?lang=${locale === 'vi' ? 'en' : 'vi'}`;
  return layout({ prefix, locale }, 'narrow', title, otherAddress, body);
}

/** A page for what went wrong: the fact, what it means for the money, and the way back. */
export function messagePage(look: Look, title: string, text: string): Html {
  const { prefix, locale } = look;
  const body = html`<main class="narrow"><section class="state bad"><h1>${title}</h1><p>${text}</p>
<div class="actions"><a class="button plain" href="${home(look)}">${words.backToShop[locale]}</a></div></section></main>`;
  return layout(look, 'narrow', title, locale === 'vi' ? `${prefix}/?lang=en` : `${prefix}/`, body);
}

/** What the page says: while waiting, whether the browser has returned, or never got a checkout. */
function shownState(order: ShopOrder): keyof typeof stateWords {
  if (order.state !== 'waiting') return order.state;
  if (order.paymentUrl === null) return 'unsent';
  return order.returnedAt ? 'returned' : 'waiting';
}

function actions(look: Look, order: ShopOrder, state: string, here: string, refreshing: boolean): Html[] {
  const { locale } = look;
  const parts: Html[] = [];
  const waiting = order.state === 'waiting' && order.paymentUrl !== null;
  if (state === 'waiting') {
    parts.push(html`<a class="button" href="${order.paymentUrl}">${words.goToPay[locale]}</a>`);
    if (order.protocol === 'rest') {
      parts.push(
        html`<form method="post" action="${here}/cancel"><input type="hidden" name="lang" value="${locale}"><button class="button plain">${words.cancel[locale]}</button></form>`,
      );
    }
  }
  if (waiting) {
    const address = `${here}?lang=${locale}${refreshing ? '&stay=1' : ''}`;
    parts.push(
      html`<a href="${address}">${refreshing ? words.stopRefresh[locale] : words.startRefresh[locale]}</a>`,
    );
  } else {
    const again = order.state !== 'paid' && order.state !== 'held';
    const label = again ? words.buyAgain[locale] : words.backToShop[locale];
    parts.push(html`<a class="button ${again ? '' : 'plain'}" href="${home(look)}">${label}</a>`);
  }
  return parts;
}

function eventLine(locale: Locale, event: OrderEvent): Html {
  const kind = event.signature === 'valid' ? 'proven' : event.signature === 'invalid' ? 'forged' : 'plain';
  const signature =
    event.signature === 'valid'
      ? html`<span class="good-text">${words.signatureValid[locale]}</span>`
      : event.signature === 'invalid' &&
        html`<span class="bad-text">${words.signatureInvalid[locale]}</span>`;
  return html`<li class="${kind}"><p><time datetime="${event.at.toISOString()}">${formatTime(event.at)}</time><b>${eventNames[event.what][locale]}</b></p>
<p>${signature}${event.responseCode !== null && html`<span>${words.code[locale]} ${event.responseCode}</span>`}${event.answered !== null && html`<span>${words.answered[locale]} ${event.answered}</span>`}</p>
${event.received !== '' && html`<details><summary>${words.asReceived[locale]}</summary><pre>${event.received}</pre></details>`}</li>`;
}

function layout(look: Look, width: string, title: string, otherAddress: string, body: Html): Html {
  const { locale } = look;
  return html`<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title}</title><link rel="icon" href="${icon}"><style>${new Html(style)}</style></head><body>
<header class="${width} top"><a class="brand" href="${home(look)}">${words.shop[locale]}</a><a href="${otherAddress}" hreflang="${locale === 'vi' ? 'en' : 'vi'}" lang="${locale === 'vi' ? 'en' : 'vi'}">${words.other[locale]}</a></header>
${body}${width === 'narrow' ? html`<footer class="narrow">${words.demo[locale]}</footer>` : html`<footer></footer>`}</body></html>`;
}

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cg fill='%235b9080'%3E%3Cpath d='M16 28C6 22 8 10 16 4c8 6 10 18 0 24z'/%3E%3Cpath d='M16 28C6 28 2 20 3 13c7 1 12 7 13 15zM16 28c10 0 14-8 13-15-7 1-12 7-13 15z' fill='%23478a75' fill-opacity='.75'/%3E%3C/g%3E%3C/svg%3E";

function home({ prefix, locale }: Look): string {
  return `${prefix}/${locale === 'en' ? '?lang=en' : ''}`;
}

/** 1.000.000 ₫, the sign kept on the same line. */
export function formatDong(amountDong: bigint): string {
  return `${String(amountDong).replace(/\B(?=(\d{3})+$)/g, '.')}\u00a0₫`;
}

const clockTime = new Intl.DateTimeFormat('vi-VN', { timeZone: 'Asia/Ho_Chi_Minh', timeStyle: 'medium' });

function formatTime(at: Date): string {
  return clockTime.format(at);
}
