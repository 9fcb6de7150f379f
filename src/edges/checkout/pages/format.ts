// How the checkout says times, phone numbers and names. Times are GMT+7 and say so. Pure.

import type { Locale } from '../../../ground/terms.ts';
import { type VietnamParts, vietnamParts } from '../../../ground/time/index.ts';

const monthsEn = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

// No-break spaces keep a time and its zone on one line.

/**
 * A moment soon: "14:05 (GMT+7)", with its date once that is not the day of `now` in Vietnam:
 * "14:05 ngày 24/11/2026 (GMT+7)", "14:05 on 24 Nov 2026 (GMT+7)". `seconds` adds them, for short spans.
 */
export function formatMoment(
  at: Date,
  now: Date,
  locale: Locale,
  precision: 'minutes' | 'seconds' = 'minutes',
): string {
  const part = vietnamParts(at);
  const time =
    precision === 'seconds' ? `${part.hour}:${part.minute}:${part.second}` : `${part.hour}:${part.minute}`;
  if (dayOf(part) === dayOf(vietnamParts(now))) return `${time}\u00a0(GMT+7)`;
  return locale === 'vi'
    ? `${time} ngày ${dateText(part, locale)}\u00a0(GMT+7)`
    : `${time} on ${dateText(part, locale)}\u00a0(GMT+7)`;
}

/** The time left, in whole units: days from two days on, hours from two hours on, else minutes. */
export function remainingTime(until: Date, now: Date): { unit: 'days' | 'hours' | 'minutes'; count: number } {
  const minutes = Math.max(0, Math.floor((until.getTime() - now.getTime()) / 60_000));
  if (minutes >= 48 * 60) return { unit: 'days', count: Math.floor(minutes / (24 * 60)) };
  if (minutes >= 120) return { unit: 'hours', count: Math.floor(minutes / 60) };
  return { unit: 'minutes', count: minutes };
}

/** A moment on a receipt: "14:05:09, 24/11/2026 (GMT+7)", "14:05:09, 24 Nov 2026 (GMT+7)". */
export function formatInstant(at: Date, locale: Locale): string {
  const part = vietnamParts(at);
  return `${part.hour}:${part.minute}:${part.second}, ${dateText(part, locale)}\u00a0(GMT+7)`;
}

/** "0900000001" → "09•• ••• 001" (no-break spaces): enough to recognise one's own number, too little to learn. */
export function maskPhone(phone: string): string {
  const digits = phone.replace(/\D/g, '').replace(/^84(?=\d{9}$)/, '0');
  if (digits.length < 8) return '•••';
  return `${digits.slice(0, 2)}••\u00a0•••\u00a0${digits.slice(-3)}`;
}

/** "Nguyễn Thị An" → "N••• T• AN": the given name (last), and initials of the rest. One word keeps its initial. */
export function maskHolderName(name: string): string {
  const words = name
    .normalize('NFC')
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return '•••';
  const masked = words.map((word, index) => {
    const letters = [...word.toLocaleUpperCase('vi')];
    if (index > 0 && index === words.length - 1) return letters.join('');
    return `${letters[0] ?? ''}${'•'.repeat(Math.min(3, Math.max(1, Math.ceil((letters.length - 1) / 2))))}`;
  });
  return masked.join(' ');
}

function dayOf(part: VietnamParts): string {
  return `${part.year}-${part.month}-${part.day}`;
}

function dateText(part: VietnamParts, locale: Locale): string {
  if (locale === 'vi') return `${part.day}/${part.month}/${part.year}`;
  return `${Number(part.day)} ${monthsEn[Number(part.month) - 1] ?? part.month} ${part.year}`;
}
