// The first page a buyer meets: what is to be paid, to whom, and the way into the wallet.

import { html, type Page, renderPage } from '../../../ground/pages/index.ts';
import { texts } from '../texts/index.ts';
import { alertBox, alertId, endPart, formAction, hiddenFields, orderSummary, submitButton } from './parts.ts';
import { checkoutScript } from './script.ts';
import type { SignInView } from './view-models.ts';

export function signInPage(view: SignInView): Page {
  const { signIn: t, common } = texts[view.locale];
  const { error } = view;
  const phoneWrong = error === 'credentials' || error === 'phone_malformed';
  const pinWrong = error === 'credentials' || error === 'pin_malformed';
  const wrong = html` aria-invalid="true" aria-describedby="${alertId}"`;
  // The cursor goes where the mistake is; without one it stays away, so that the amount is read first.
  const focusPin = error === 'pin_malformed' || error === 'credentials';
  const testWallet = view.environment === 'sandbox' && view.testWallet;
  return renderPage({
    ...view,
    title: `${t.title} – ${view.order.shopName}`,
    columns: 'two',
    script: checkoutScript,
    body: html`${orderSummary(view, error === null ? 'full' : 'short')}
      <div class="stack"><section class="card stack">
      <h1>${t.title}</h1>
      ${error !== null && alertBox({ ...t.errors[error], money: common.noMoneyTaken, more: attemptsLine(view) })}
      <form class="stack" method="post" action="${formAction(view, 'sign-in')}">
      ${hiddenFields(view)}
      <div><label for="phone">${t.phone}</label>
      <input id="phone" name="phone" type="tel" autocomplete="username" maxlength="64" required value="${view.phone}"${phoneWrong && wrong}${error === 'phone_malformed' && html` autofocus`}></div>
      <div><label for="pin">${t.pin}</label>
      <input id="pin" name="pin" type="password" inputmode="numeric" autocomplete="current-password" maxlength="64" required${pinWrong && wrong}${focusPin && html` autofocus`}></div>
      ${submitButton(view, t.submit, 'next')}
      <p class="muted">${t.privacy}</p>
      ${testWallet && html`<p class="muted">${t.testWallet(testWallet.phone, testWallet.pin)}</p>`}
      </form>
      </section>
      ${endPart(view, 'cancel')}</div>`,
  });
}

/** Only a wrong PIN uses up a try. The number is told where it is known. */
function attemptsLine(view: SignInView): string | null {
  if (view.error !== 'credentials') return null;
  const { signIn: t } = texts[view.locale];
  return view.attemptsLeft === null ? t.attemptsLimited : t.attemptsLeft(view.attemptsLeft);
}
