// A wallet holder as the gateway knows them. Pure.

import type { Environment, Locale } from '../../ground/terms.ts';
import { plainDigits } from '../../ground/text/index.ts';

export type WalletStatus = 'inactive' | 'active' | 'locked' | 'closed';

export type Wallet = {
  id: string;
  environment: Environment;
  phone: string;
  holderName: string;
  status: WalletStatus;
  identified: boolean;
  accountId: string;
  locale: Locale;
  /** The holder's own limits; null: the policy's alone. */
  limitPerPaymentDong: bigint | null;
  limitDailyDong: bigint | null;
  limitMonthlyDong: bigint | null;
  /** After too many wrong codes no payment may be confirmed until then. */
  otpLockedUntil: Date | null;
  createdAt: Date;
};

/** A Vietnamese mobile number in its national form: 0 and nine digits. */
export function isPhone(text: string): boolean {
  return /^0[0-9]{9}$/.test(text);
}

const typedPhoneMax = 64;

/**
 * Reads a number as people type and paste it: with blanks, dashes, brackets, invisible marks or full-width digits, and
 * with +84, 0084 or 84 in front. Null when it is none.
 */
export function parsePhone(text: string): string | null {
  if (text.length > typedPhoneMax) return null;
  const digits = plainDigits(text).replace(/^tel:/i, '');
  const national = digits.replace(/^(?:\+84|0084|84(?=0?[0-9]{9}$))0?/, '0');
  return isPhone(national) ? national : null;
}

export type PinFault = 'pin_not_6_to_12_digits' | 'pin_too_simple' | 'pin_is_birthday';

/**
 * Circular 50/2024/TT-NHNN art. 11.2: six digits or more, no runs such as 123456, no repeats, no birthday.
 * Returns null when the PIN may be used. `birthday` is 'YYYY-MM-DD' when known.
 */
export function checkNewPin(pin: string, birthday: string | null = null): PinFault | null {
  if (!/^[0-9]{6,12}$/.test(pin)) return 'pin_not_6_to_12_digits';
  const digits = [...pin].map(Number);
  const steps = new Set(digits.slice(1).map((digit, index) => digit - (digits[index] ?? 0)));
  const isRun = steps.size === 1 && [-1, 0, 1].includes([...steps][0] ?? 9);
  const isRepeat = /^(.{1,3})\1+$/.test(pin);
  if (isRun || isRepeat) return 'pin_too_simple';
  if (birthday !== null) {
    const [year = '', month = '', day = ''] = birthday.split('-');
    const forms = [
      day + month + year,
      day + month + year.slice(2),
      year + month + day,
      year.slice(2) + month + day,
    ];
    if (forms.some((form) => pin.includes(form))) return 'pin_is_birthday';
  }
  return null;
}
