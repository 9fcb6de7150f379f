// Signed in: which wallet pays how much, and one button. In class A the button pays; above it, it sends a code.

import { formatDong } from '../../../ground/money/index.ts';
import { html, type Page, renderPage } from '../../../ground/pages/index.ts';
import { texts } from '../texts/index.ts';
import { formatMoment, maskHolderName, maskPhone } from './format.ts';
import { alertBox, buttonForm, endPart, fact, orderSummary } from './parts.ts';
import { checkoutScript } from './script.ts';
import type { ConfirmView } from './view-models.ts';

export function confirmPage(view: ConfirmView): Page {
  const { confirm: t, common } = texts[view.locale];
  const { error, balanceDong, order } = view;
  const phone = maskPhone(view.phone);
  const nextCode =
    view.nextCodeFrom && t.nextCodeFrom(formatMoment(view.nextCodeFrom, view.now, view.locale));
  return renderPage({
    ...view,
    title: `${t.title} – ${order.shopName}`,
    columns: 'two',
    script: checkoutScript,
    body: html`${orderSummary(view)}
      <div class="stack"><section class="card stack">
      <h1>${t.title}</h1>
      ${error !== null && alertBox({ ...t.errors[error], money: common.noMoneyTaken, more: nextCode })}
      <dl class="facts">
      ${fact(t.wallet, maskHolderName(view.holderName))}
      ${fact(t.phone, phone)}
      ${balanceDong !== null && fact(t.balanceAfter, formatDong(balanceDong - order.amountDong))}
      </dl>
      ${view.sendsCode && html`<p>${t.codeWillBeSent(phone)}</p>`}
      ${buttonForm(view, 'confirm', view.sendsCode ? t.sendCode : t.pay(formatDong(order.amountDong)), 'next', view.paymentId)}
      ${buttonForm(view, 'sign-out', common.anotherWallet, 'plain')}
      </section>
      ${endPart(view, 'cancel')}</div>`,
  });
}
