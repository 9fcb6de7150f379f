// The one-time code: where it went, until when it works, and how to get another.

import { formatDong } from '../../../ground/money/index.ts';
import { type Html, html, type Page, renderPage } from '../../../ground/pages/index.ts';
import { texts } from '../texts/index.ts';
import { formatMoment, maskPhone } from './format.ts';
import {
  alertBox,
  alertId,
  buttonForm,
  endPart,
  formAction,
  hiddenFields,
  icons,
  orderSummary,
  submitButton,
} from './parts.ts';
import { checkoutScript } from './script.ts';
import type { CodeView } from './view-models.ts';

/**
 * Six digits with anything between, as the server reads them. A pasted space must be neither cut nor refused.
 */
const sixDigits = '[^0-9０-９]*(?:[0-9０-９][^0-9０-９]*){6}';

export function codePage(view: CodeView): Page {
  const { code: t, common } = texts[view.locale];
  const { error, attemptsLeft } = view;
  const codeWrong = error === 'wrong' || error === 'malformed' || error === 'expired';
  const money = error === 'no_attempt_left' ? null : common.noMoneyTaken;
  const more = attemptsLeft === null ? null : t.attemptsLeft(attemptsLeft);
  const validUntil = formatMoment(view.validUntil, view.now, view.locale, 'seconds');
  return renderPage({
    ...view,
    title: `${t.title} – ${view.order.shopName}`,
    columns: 'two',
    script: checkoutScript,
    body: html`${orderSummary(view, 'short')}
      <div class="stack"><section class="card stack">
      <h1>${t.title}</h1>
      ${error !== null && alertBox({ ...t.errors[error], money, more })}
      ${view.resent && error === null && html`<div class="note good" role="status"><strong>${icons.done}<span>${t.resent}</span></strong></div>`}
      <form class="stack" method="post" action="${formAction(view, 'code')}">
      ${hiddenFields(view, view.paymentId)}
      <p id="sent">${t.sentTo(maskPhone(view.phone))} ${error !== 'expired' && t.validUntil(validUntil)}</p>
      <div><label for="otp">${t.label}</label>
      <input class="code" id="otp" name="otp" inputmode="numeric" autocomplete="one-time-code" pattern="${sixDigits}" maxlength="64" required autofocus${codeWrong && html` aria-invalid="true"`} aria-describedby="${error !== null && `${alertId} `}sent">
      <p class="hint">${t.neverShare}</p></div>
      ${submitButton(view, t.pay(formatDong(view.order.amountDong)), 'next')}
      </form>
      ${resendPart(view)}
      ${view.inboxPath !== null && html`<a class="button quiet" href="${view.inboxPath}" target="_blank" rel="noopener">${t.inbox}</a>`}
      </section>
      ${endPart(view, 'cancel')}</div>`,
  });
}

/** The button works without a script too: pressed too early, the server says until when to wait. */
function resendPart(view: CodeView): Html {
  const { code: t } = texts[view.locale];
  const { resendFrom, now } = view;
  if (resendFrom === null) return html`<p class="muted">${t.resendNever}</p>`;
  const waitSeconds = Math.ceil((resendFrom.getTime() - now.getTime()) / 1000);
  if (waitSeconds <= 0) {
    return html`<div class="tight"><p>${t.resendNow}</p>
      ${buttonForm(view, 'resend', t.resend, 'plain', view.paymentId)}</div>`;
  }
  return html`<div class="tight"><p>${t.resendFrom(formatMoment(resendFrom, now, view.locale, 'seconds'))}</p>
    <form method="post" action="${formAction(view, 'resend')}">
    ${hiddenFields(view, view.paymentId)}
    <button class="button plain" data-busy="${texts[view.locale].common.busy}" data-wait="${waitSeconds}">${t.resend}</button>
    </form></div>`;
}
