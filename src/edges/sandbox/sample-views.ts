// One view of every page of the sandbox, as the checkout has them of its own: for tests and for looking at.

import { type Message, sampleMailText } from '../../business/messages/index.ts';
import type { Locale } from '../../ground/terms.ts';
import { inboxPage } from './inbox-page.ts';
import { shopAwayPage } from './shop-away-page.ts';
import { startPage } from './start-page.ts';

const publicUrl = 'http://localhost:8080';

function sampleMessages(locale: Locale): Message[] {
  const text =
    locale === 'vi'
      ? 'viPay: 482913 là mã OTP để thanh toán 5.200.000 ₫ cho Cửa hàng Sen Đá. Mã có hiệu lực 2 phút. Không chia sẻ mã này với bất kỳ ai.'
      : 'viPay: 482913 is your code to pay 5.200.000 ₫ to Cửa hàng Sen Đá. Valid for 2 minutes. Never share this code.';
  const locked =
    locale === 'vi'
      ? 'viPay: Đăng nhập bằng mã PIN tạm khóa đến 14:20 23/11 (GMT+7) vì nhập sai quá nhiều lần. Nếu không phải bạn, hãy đổi mã PIN và báo cho nhà cung cấp ví.'
      : 'viPay: PIN sign-in is locked until 14:20 23/11 (GMT+7) after too many wrong PINs. If it was not you, change your PIN and tell your wallet provider.';
  const of = {
    environment: 'sandbox',
    channel: 'sms',
    subject: null,
    recipient: '0900000001',
    text,
  } as const;
  const at = (time: string) => new Date(`2026-11-23T${time}Z`);
  return [
    { ...of, id: '2', purpose: 'otp', createdAt: at('06:50:08') },
    { ...of, id: '1', text: locked, purpose: 'pin_locked', createdAt: at('06:40:00') },
    sampleMail(locale, at('06:32:11')),
  ];
}

function sampleMail(locale: Locale, createdAt: Date): Message {
  const { subject, text } = sampleMailText(locale, publicUrl);
  const of = { environment: 'sandbox', channel: 'email', purpose: 'password_reset', createdAt } as const;
  return { ...of, id: '0', recipient: 'an.nguyen@senda.example.vn', subject, text };
}

/** Every page by a name fit for a file. */
export function sandboxSamplePages(locale: Locale): Record<string, string> {
  const inbox = { locale, publicUrl, phone: '', phoneMalformed: false, live: true, messages: [] };
  return {
    'sandbox-start': startPage({ locale, publicUrl }).markup,
    'sandbox-inbox': inboxPage({ ...inbox, messages: sampleMessages(locale) }).markup,
    'sandbox-inbox-empty': inboxPage(inbox).markup,
    'sandbox-inbox-paused': inboxPage({ ...inbox, live: false, phone: '0900000001' }).markup,
    'sandbox-inbox-wrong': inboxPage({ ...inbox, live: false, phone: '12', phoneMalformed: true }).markup,
    'sandbox-shop-away': shopAwayPage({ locale, reloads: true }).markup,
  };
}
