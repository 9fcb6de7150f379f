// The pieces the pages are made of: the order, an error, a form of one button. Pure.

import { formatDong } from '../../../ground/money/index.ts';
import { type Html, html, raw } from '../../../ground/pages/index.ts';
import { texts } from '../texts/index.ts';
import { formatMoment, remainingTime } from './format.ts';
import type { FormFrame, OrderFrame } from './view-models.ts';

/** id of the alert, for aria-describedby */
export const alertId = 'alert';

/** An amount as the largest thing on the page; the longest ones step down to fit 320 px. */
export function amountLine(amountDong: bigint): Html {
  const text = formatDong(amountDong);
  return html`<p class="amount${text.length > 14 && ' long'}">${text}</p>`;
}

/**
 * The order: the shop, the amount, the description, the time limit. The merchant's words are isolated, so
 * that they cannot reorder ours. 'short' is for pages whose own words need the height of a phone: it shows
 * shop and amount there, and everything on a wide screen.
 */
export function orderSummary(view: OrderFrame, length: 'full' | 'short' = 'full'): Html {
  const t = texts[view.locale].order;
  const { order } = view;
  const payTo = html`<p><span class="muted">${t.payTo}</span> ${shopLine(view)}</p>`;
  if (!view.seesOrder)
    return html`<section class="summary tight" aria-label="${t.region}">${payTo}<p>${t.hidden}</p></section>`;
  return html`<section class="summary tight${length === 'short' && ' brief'}" aria-label="${t.region}">
    ${payTo}
    ${amountLine(order.amountDong)}
    <div class="extra tight">
    ${merchantWords(view, order.description)}
    <p class="muted">${timeLeft(view)}</p>
    <p class="muted">${t.orderNo} <bdi>${order.orderNo}</bdi></p>
    </div></section>`;
}

/** The shop's name, and the host that the buyer goes back to if this browser may see the order. */
export function shopLine({ order, seesOrder }: OrderFrame): Html {
  return html`<strong class="shop"><bdi>${order.shopName}</bdi></strong>${
    seesOrder && order.shopDomain !== null && html` <span class="muted"><bdi>${order.shopDomain}</bdi></span>`
  }`;
}

/** About two lines on a phone. */
const wordsShownMax = 80;

/** A merchant's text: a long one shows two lines, and the rest when it is pressed, so that no button is pushed away. */
export function merchantWords(view: OrderFrame, words: string): Html | null {
  if (words === '') return null;
  const text = html`<bdi>${words}</bdi>`;
  if (words.length <= wordsShownMax) return html`<p>${text}</p>`;
  return html`<details class="words"><summary><span>${text} <i>${texts[view.locale].order.more}</i></span></summary></details>`;
}

/** "Pay before 14:05 (GMT+7), 15 min left": the moment is true for ever, the rest when it is shown; a script counts. */
function timeLeft(view: OrderFrame): Html {
  const t = texts[view.locale].order;
  const { expiresAt } = view.order;
  const left = remainingTime(expiresAt, view.now);
  const before = t.payBefore(formatMoment(expiresAt, view.now, view.locale));
  if (left.unit !== 'minutes') {
    const text = left.unit === 'days' ? t.daysLeft : t.hoursLeft;
    return html`${before}, ${text(String(left.count))}`;
  }
  if (left.count === 0) return html`${before}, ${t.secondsLeft}`;
  const seconds = Math.floor((expiresAt.getTime() - view.now.getTime()) / 1000);
  const [head, tail] = t.minutesLeft('#').split('#');
  return html`${before}<span data-left="${seconds}">, ${head}<span>${left.count}</span>${tail}</span>`;
}

/** One row of a <dl class="facts">. */
export function fact(label: string, value: string): Html {
  return html`<div><dt>${label}</dt><dd><bdi>${value}</bdi></dd></div>`;
}

/** What happened, what it means for the money, what to do: read out at once. */
export function alertBox(lines: {
  what: string;
  /** A sentence on the money that is certain; null while nothing is. */
  money: string | null;
  todo: string;
  more?: string | null;
}): Html {
  return html`<div class="note bad" role="alert" id="${alertId}">
    <strong>${icons.alert}<span>${lines.what}</span></strong>
    <p>${lines.money} ${lines.todo} ${lines.more}</p>
    </div>`;
}

export type FormStep =
  | 'sign-in'
  | 'confirm'
  | 'code'
  | 'resend'
  | 'retry'
  | 'sign-out'
  | 'cancel'
  | 'give-up';

/** Where a step posts to. */
export function formAction(view: FormFrame, step: FormStep): string {
  return `${view.checkoutPath}/${step}`;
}

/** The hidden fields of every form. */
export function hiddenFields(view: FormFrame, paymentId?: string): Html {
  return html`<input type="hidden" name="form_token" value="${view.formToken}">
    ${paymentId !== undefined && html`<input type="hidden" name="payment_id" value="${paymentId}">`}`;
}

/** 'next' is the one thing to do next (once a page), 'bad' ends the order. */
export type ButtonLook = 'next' | 'plain' | 'bad';

export function submitButton(view: FormFrame, text: string, look: ButtonLook): Html {
  return html`<button class="button ${look}" data-busy="${texts[view.locale].common.busy}">${text}</button>`;
}

/** A form that is one button. */
export function buttonForm(
  view: FormFrame,
  step: FormStep,
  text: string,
  look: ButtonLook,
  paymentId?: string,
): Html {
  return html`<form method="post" action="${formAction(view, step)}">
    ${hiddenFields(view, paymentId)}
    ${submitButton(view, text, look)}
    </form>`;
}

/**
 * Ends the order, on every page before the result. It asks first, stands away from the button that goes on,
 * and works without scripts. A browser that may not end the order does not get it.
 */
export function endPart(view: FormFrame, step: 'cancel' | 'give-up'): Html | null {
  if (!view.mayEnd) return null;
  const { common, refusal } = texts[view.locale];
  const words =
    step === 'cancel'
      ? { ask: common.cancel, means: common.cancelMeans, sure: common.cancelSure }
      : { ask: refusal.giveUp, means: refusal.giveUpMeans, sure: common.backToShop };
  return html`<details class="end"><summary><span>${words.ask}</span></summary>
    <div class="stack"><p>${words.means}</p>
    ${buttonForm(view, step, words.sure, 'bad')}</div></details>`;
}

function icon(path: string): Html {
  return raw(
    `<svg width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><circle cx="12" cy="12" r="10"/><path d="${path}"/></svg>`,
  );
}

/** Only ever beside words. */
export const icons = {
  done: icon('m7.5 12.5 3 3 6-6.5'),
  alert: icon('M12 7v6M12 16.5v.1'),
  stop: icon('m8.5 8.5 7 7m0-7-7 7'),
  wait: icon('M12 7v5.5l3.5 2'),
};
