// What the holder is told about their wallet by message. No link in any of them (Circular 50/2024 art. 17).

import type { Locale } from '../../ground/terms.ts';

const clock = new Intl.DateTimeFormat('vi-VN', {
  timeZone: 'Asia/Ho_Chi_Minh',
  hour: '2-digit',
  minute: '2-digit',
  day: '2-digit',
  month: '2-digit',
});

function momentText(at: Date): string {
  return `${clock.format(at)} (GMT+7)`;
}

/** `lockedUntil` null: until the wallet's provider unlocks it. */
export function pinLockedText(locale: Locale, lockedUntil: Date | null): string {
  if (lockedUntil === null) {
    return locale === 'vi'
      ? 'viPay: Đăng nhập bằng mã PIN bị khóa vì nhập sai quá nhiều lần. Hãy liên hệ nhà cung cấp ví để mở khóa.'
      : 'viPay: PIN sign-in is locked after too many wrong PINs. Ask your wallet provider to unlock it.';
  }
  return locale === 'vi'
    ? `viPay: Đăng nhập bằng mã PIN tạm khóa đến ${momentText(lockedUntil)} vì nhập sai quá nhiều lần. Nếu không phải bạn, hãy đổi mã PIN và báo cho nhà cung cấp ví.`
    : `viPay: PIN sign-in is locked until ${momentText(lockedUntil)} after too many wrong PINs. If it was not you, change your PIN and tell your wallet provider.`;
}

export function otpLockedText(locale: Locale, lockedUntil: Date): string {
  return locale === 'vi'
    ? `viPay: Ví tạm khóa thanh toán đến ${momentText(lockedUntil)} vì nhập sai mã OTP quá nhiều lần. Bạn chưa bị trừ tiền. Nếu không phải bạn, hãy báo cho nhà cung cấp ví.`
    : `viPay: Payments from your wallet are locked until ${momentText(lockedUntil)} after too many wrong codes. You have not been charged. If it was not you, tell your wallet provider.`;
}
