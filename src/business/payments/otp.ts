// The one-time code of a payment: made, worded, and hashed for this payment, amount and shop alone.

import { randomInt, timingSafeEqual } from 'node:crypto';
import type { Context } from '../../ground/context.ts';
import { formatDong } from '../../ground/money/index.ts';
import type { Locale } from '../../ground/terms.ts';
import { showText } from '../../ground/text/index.ts';

const otpDigits = 6;
/** A message is paid for by its parts of 70 characters. */
const shopNameCharactersMax = 50;

/** The payment, amount and shop that a code is for. The same digits for any other have another hash. */
export type OtpBinding = { paymentId: string; amountDong: bigint; merchantSite: string };

export function generateOtp(): string {
  return String(randomInt(10 ** otpDigits)).padStart(otpDigits, '0');
}

export function hashOtp(context: Pick<Context, 'keyRing'>, otp: string, binding: OtpBinding): Buffer {
  return context.keyRing.hmac('otp', bindingText(otp, binding));
}

/** Compared under every key of the ring, in constant time. */
export function otpMatches(
  context: Pick<Context, 'keyRing'>,
  otp: string,
  binding: OtpBinding,
  codeHash: Buffer,
): boolean {
  return context.keyRing.matchesHmac('otp', bindingText(otp, binding), codeHash);
}

/**
 * Whether the stored hash is still the one that the attempt was compared with. A resend in between makes
 * another code.
 */
export function isSameHash(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function bindingText(otp: string, binding: OtpBinding): string {
  return `${otp}|${binding.paymentId}|${binding.amountDong}|${binding.merchantSite}`;
}

/** Names the purpose, the shop and the amount; no link (Circular 50/2024/TT-NHNN art. 17). */
export function otpMessageText(
  locale: Locale,
  message: { otp: string; amountDong: bigint; shopName: string; validSeconds: number },
): string {
  const amount = formatDong(message.amountDong);
  const shopName = showText(message.shopName, shopNameCharactersMax);
  const minutes = Math.floor(message.validSeconds / 60);
  const valid = (minute: string, second: string) =>
    message.validSeconds % 60 === 0 ? `${minutes} ${minute}` : `${message.validSeconds} ${second}`;
  return locale === 'vi'
    ? `viPay: ${message.otp} là mã OTP để thanh toán ${amount} cho ${shopName}. Mã có hiệu lực ${valid('phút', 'giây')}. Không chia sẻ mã này với bất kỳ ai.`
    : `viPay: ${message.otp} is your code to pay ${amount} to ${shopName}. Valid for ${valid('minutes', 'seconds')}. Never share this code.`;
}
