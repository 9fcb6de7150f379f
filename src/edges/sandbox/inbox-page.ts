// The sandbox's inbox: what the wallet holders' phones and people's mailboxes would show. The code is the largest thing
// on the page.

import type { Message } from '../../business/messages/index.ts';
import { type Html, html, type Page, renderPage, safeHref } from '../../ground/pages/index.ts';
import type { Locale, Operator } from '../../ground/terms.ts';
import { showText } from '../../ground/text/index.ts';
import { vietnamParts } from '../../ground/time/index.ts';
import { demoWallets } from './demo-data.ts';

export const inboxPath = '/sandbox/inbox';
const textCharactersMax = 600;
const mailLinesMax = 60;

export type InboxView = {
  locale: Locale;
  operator?: Operator | null | undefined;
  /** As typed; empty: everybody's messages. */
  phone: string;
  /** The number cannot be read; no messages are shown. */
  phoneMalformed: boolean;
  /** The page reloads by itself. */
  live: boolean;
  messages: Message[];
  /** Links in mails that begin with it can be followed. */
  publicUrl: string;
};

/** The one-time code a message carries, as its reader would find it; null for other messages. */
export function findCode(message: Pick<Message, 'purpose' | 'text'>): string | null {
  return message.purpose === 'otp' ? (/(?<!\d)\d{6}(?!\d)/.exec(message.text)?.[0] ?? null) : null;
}

export function inboxHref(to: { locale: Locale; phone?: string; live?: boolean }): string {
  const query = new URLSearchParams({ lang: to.locale });
  if (to.phone) query.set('phone', to.phone);
  if (to.live === false) query.set('live', '0');
  return `${inboxPath}?${query}`;
}

export function inboxPage(view: InboxView): Page {
  const { locale, phone, live } = view;
  const t = words[locale];
  const other = locale === 'vi' ? 'en' : 'vi';
  return renderPage({
    ...view,
    environment: 'sandbox',
    title: t.title,
    languageHref: inboxHref({ locale: other, phone, live }),
    style,
    body: html`<section class="stack">
      <div class="tight"><h1>${t.title}</h1><p class="muted">${t.about}</p></div>
      ${live ? liveLine(view) : [filterLinks(view), phoneForm(view)]}
      ${view.phoneMalformed ? null : messageList(view)}
      <p class="links"><a href="/shop/?lang=${locale}">${t.shop}</a> <a href="/?lang=${locale}">${t.home}</a></p>
      </section>`,
  });
}

/** Nothing but this stands above the messages, so that the newest code is seen without scrolling. */
function liveLine({ locale, phone }: InboxView): Html {
  const t = words[locale];
  return html`<p class="muted">${phone !== '' && t.only(phone)} ${t.live}
    <a href="${inboxHref({ locale, phone, live: false })}">${t.pause}</a></p>`;
}

/** Filters are offered while the page stands still: a reload would take away what is being typed. */
function filterLinks({ locale, phone }: InboxView): Html {
  const link = (text: string, to: string) =>
    html`<a href="${inboxHref({ locale, phone: to })}"${phone === to && html` aria-current="true"`}>${text}</a>`;
  return html`<nav class="chips" aria-label="${words[locale].filter}">
    ${link(words[locale].everybody, '')}
    ${demoWallets.map((wallet) => link(wallet.phone, wallet.phone))}</nav>`;
}

function phoneForm({ locale, phone, phoneMalformed }: InboxView): Html {
  const t = words[locale];
  const wrong = phoneMalformed && html` aria-invalid="true" aria-describedby="alert" autofocus`;
  return html`${
    phoneMalformed &&
    html`<div class="note bad" role="alert" id="alert"><strong>${t.malformed}</strong><p>${t.malformedAdvice}</p></div>`
  }
    <form class="stack" action="${inboxPath}">
    <input type="hidden" name="lang" value="${locale}">
    <div><label for="phone">${t.phone}</label>
    <input id="phone" name="phone" type="tel" inputmode="numeric" autocomplete="off" maxlength="24" value="${phone}"${wrong}></div>
    <button class="button">${t.show}</button>
    </form>
    <p class="muted">${t.paused} <a href="${inboxHref({ locale, phone: phoneMalformed ? '' : phone })}">${t.resume}</a></p>`;
}

function messageList({ locale, phone, messages, publicUrl }: InboxView): Html {
  const t = words[locale];
  if (messages.length === 0) {
    return html`<div class="card tight center"><p><strong>${phone === '' ? t.empty : t.emptyFor(phone)}</strong></p>
      <p class="muted">${t.emptyAdvice}</p></div>`;
  }
  return html`<ol class="messages stack">${messages.map((message) => messageItem(locale, message, publicUrl))}</ol>`;
}

function messageItem(locale: Locale, message: Message, publicUrl: string): Html {
  const code = findCode(message);
  return html`<li class="card tight">
    <p class="head"><strong>${words[locale].purposes[message.purpose]}</strong>
    <span>${message.recipient}</span></p>
    ${code !== null && html`<p class="otp"><code>${code}</code></p>`}
    ${
      message.channel === 'sms'
        ? html`<p><bdi>${showText(message.text, textCharactersMax)}</bdi></p>`
        : html`<h2><bdi>${showText(message.subject ?? '', textCharactersMax)}</bdi></h2>${mailText(message.text, publicUrl)}`
    }
    <p class="muted"><time datetime="${message.createdAt.toISOString()}">${formatTime(message.createdAt)}</time></p>
    </li>`;
}

/** The plain part of a mail: paragraphs, and links of this gateway on lines of their own. */
function mailText(text: string, publicUrl: string): Html {
  const [, ...paragraphs] = text.split('\n').slice(0, mailLinesMax).join('\n').trim().split('\n\n');
  return html`<div class="mail stack">${paragraphs.map(
    (paragraph) =>
      html`<p>${paragraph.split('\n').map((line, at) => html`${at > 0 && html`<br>`}${mailLine(line, publicUrl)}`)}</p>`,
  )}</div>`;
}

/** By its path alone, so that a link works under whatever name this page was called by. */
function mailLine(line: string, publicUrl: string): Html {
  const href = line.startsWith(`${publicUrl}/`) ? safeHref(line.slice(publicUrl.length)) : null;
  const shown = showText(line, textCharactersMax);
  return href === null ? html`<bdi>${shown}</bdi>` : html`<a href="${href}">${shown}</a>`;
}

/** "14:05:09 24/11/2026 (GMT+7)" */
function formatTime(at: Date): string {
  const { year, month, day, hour, minute, second } = vietnamParts(at);
  return `${hour}:${minute}:${second} ${day}/${month}/${year}\u00a0(GMT+7)`;
}

type Words = Record<
  | 'title'
  | 'about'
  | 'filter'
  | 'everybody'
  | 'live'
  | 'pause'
  | 'paused'
  | 'resume'
  | 'phone'
  | 'show'
  | 'malformed'
  | 'malformedAdvice'
  | 'empty'
  | 'emptyAdvice'
  | 'shop'
  | 'home',
  string
> & {
  only: (phone: string) => string;
  emptyFor: (phone: string) => string;
  purposes: Record<Message['purpose'], string>;
};

const words: Record<Locale, Words> = {
  vi: {
    title: 'Hộp thư thử nghiệm',
    about:
      'Tin nhắn tới chủ ví thử nghiệm và thư tới người dùng hiện ở đây thay vì được gửi đi, mới nhất ở trên.',
    filter: 'Chọn số điện thoại',
    everybody: 'Tất cả',
    live: 'Trang tự cập nhật sau mỗi 3 giây.',
    only: (phone) => `Chỉ hiện tin nhắn của ${phone}.`,
    pause: 'Tạm dừng hoặc lọc theo số',
    paused: 'Đã tạm dừng cập nhật.',
    resume: 'Cập nhật tiếp',
    phone: 'Số điện thoại',
    show: 'Xem tin nhắn của số này',
    malformed: 'Số điện thoại chưa đúng.',
    malformedAdvice: 'Vui lòng nhập 10 chữ số, bắt đầu bằng số 0, ví dụ 0900000001.',
    empty: 'Chưa có tin nhắn nào.',
    emptyFor: (phone) => `Chưa có tin nhắn nào cho ${phone}.`,
    emptyAdvice: 'Mã OTP đến đây khi một ví thử nghiệm thanh toán trên 5.000.000 ₫ trong ngày.',
    shop: 'Mở cửa hàng mẫu',
    home: 'Về trang bắt đầu',
    purposes: {
      otp: 'Mã OTP',
      pin_locked: 'Tạm khóa đăng nhập',
      otp_locked: 'Tạm khóa thanh toán',
      verify_address: 'Thư: xác nhận địa chỉ',
      password_reset: 'Thư: đặt lại mật khẩu',
      invitation: 'Thư: lời mời',
      new_device: 'Thư: thiết bị mới',
      password_changed: 'Thư: đã đổi mật khẩu',
    },
  },
  en: {
    title: 'Test inbox',
    about:
      'Messages to test wallet holders, and mails to people, appear here instead of being sent. Newest first.',
    filter: 'Choose a phone number',
    everybody: 'All',
    live: 'This page updates every 3 seconds.',
    only: (phone) => `Only messages to ${phone}.`,
    pause: 'Pause, or filter by number',
    paused: 'Updating is paused.',
    resume: 'Update again',
    phone: 'Phone number',
    show: 'Show messages to this number',
    malformed: 'This is not a phone number.',
    malformedAdvice: 'Enter 10 digits starting with 0, such as 0900000001.',
    empty: 'No messages yet.',
    emptyFor: (phone) => `No messages to ${phone} yet.`,
    emptyAdvice: 'A code arrives here when a test wallet pays more than 5.000.000 ₫ in a day.',
    shop: 'Open the demo shop',
    home: 'Start page',
    purposes: {
      otp: 'One-time code',
      pin_locked: 'Sign-in locked',
      otp_locked: 'Payments locked',
      verify_address: 'Mail: address to confirm',
      password_reset: 'Mail: password reset',
      invitation: 'Mail: invitation',
      new_device: 'Mail: new device',
      password_changed: 'Mail: password changed',
    },
  },
};

const style = `
.chips{display:flex;flex-wrap:wrap;gap:8px}
.chips a{display:flex;align-items:center;min-height:48px;padding:0 12px;border:1px solid var(--field);border-radius:8px;text-decoration:none}
.chips [aria-current]{border:2px solid var(--ink);padding:0 11px;font-weight:700}
.messages{list-style:none;margin:0;padding:0}
.head{display:flex;justify-content:space-between;gap:4px 16px;flex-wrap:wrap}
.otp{font-size:40px;line-height:1.2}
.otp code{font-size:inherit;font-weight:700;letter-spacing:.12em;-webkit-user-select:all;user-select:all}
.messages h2{padding-top:4px}
.mail{padding-top:4px;gap:12px}
.mail a{display:inline-block;padding:12px 0;margin:-4px 0;color:var(--accent)}
.links{display:flex;flex-wrap:wrap;gap:0 24px}
.links a{display:inline-flex;align-items:center;min-height:48px}
.messages .card{padding:16px}
`.replaceAll('\n', '');
