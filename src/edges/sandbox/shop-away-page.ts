// Shown at /shop while the demo shop is not there.

import { html, type Page, renderPage } from '../../ground/pages/index.ts';
import type { Locale } from '../../ground/terms.ts';

const words = {
  vi: {
    title: 'Cửa hàng mẫu đang khởi động lại',
    what: 'Chương trình của cửa hàng vừa dừng và đang được chạy lại.',
    money: 'Đơn hàng và tiền không bị ảnh hưởng: cổng thanh toán sẽ gửi lại kết quả cho cửa hàng.',
    reload: 'Trang này tự tải lại sau vài giây.',
    again: 'Mở lại cửa hàng',
    home: 'Về trang bắt đầu',
    still: 'Nếu sau một phút vẫn chưa được, hãy xem nhật ký của viPay.',
  },
  en: {
    title: 'The demo shop is starting again',
    what: 'The shop’s program has stopped and is being started again.',
    money: 'Orders and money are not affected: the gateway will send the result to the shop again.',
    reload: 'This page reloads by itself in a few seconds.',
    again: 'Open the shop again',
    home: 'To the start page',
    still: 'If it is still away after a minute, look at viPay’s log.',
  },
} as const;

export function shopAwayPage(view: { locale: Locale; reloads: boolean }): Page {
  const t = words[view.locale];
  return renderPage({
    ...view,
    environment: 'sandbox',
    title: t.title,
    body: html`<section class="card stack">
      <h1>${t.title}</h1>
      <p>${t.what} ${t.money}</p>
      ${view.reloads && html`<p>${t.reload}</p>`}
      <a class="button next" href="/shop/?lang=${view.locale}">${t.again}</a>
      <a class="button" href="/?lang=${view.locale}">${t.home}</a>
      <p class="muted">${t.still}</p>
      </section>`,
  });
}
