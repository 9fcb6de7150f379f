// The fields of a classic result, the same in v1 and v2 but for how they are wrapped. Pure.

import { type AmountUnit, writeClassicAmount } from './classic-fields.ts';
import type { FinalResult } from './order-words.ts';
import { responseMessage } from './response-codes.ts';

/** In the order in which they are sent; `merchant_site` first, because apps recognise their return by it. */
export const resultNames = [
  'merchant_site',
  'version',
  'locale',
  'merch_txn_ref',
  'order_no',
  'total_amount',
  'currency',
  'transaction_no',
  'response_code',
  'message',
  'pay_date',
] as const;

export type ResultName = (typeof resultNames)[number];

/**
 * All eleven fields, always all of them: those of the order as received (`locale` is vn and `currency` VND when
 * the request had none, or an empty one), `transaction_no` empty when no payment reached a number, `pay_date`
 * when it was paid or, failing that, when the result became final.
 */
export function classicResultFields(
  result: FinalResult,
  dialect: { version: '1.0' | '2.0'; amountUnit?: AmountUnit },
): Record<ResultName, string> {
  const received = result.received;
  return {
    merchant_site: result.merchantSite,
    version: received.version || dialect.version,
    locale: received.locale || (result.locale === 'en' ? 'en' : 'vn'),
    merch_txn_ref: result.merchTxnRef,
    order_no: result.orderNo,
    total_amount:
      received.total_amount || writeClassicAmount(result.amountDong, dialect.amountUnit ?? 'hundredths'),
    currency: received.currency || 'VND',
    transaction_no: result.transactionNo ?? '',
    response_code: result.responseCode,
    message: responseMessage(result.responseCode, result.locale),
    pay_date: formatPayDate(result.paidAt ?? result.finalAt),
  };
}

/** Where the browser goes: after a cancel to `cancel_url` if the order has one, else to `return_url`. */
export function chooseReturnUrl(
  result: FinalResult,
  urls: { returnUrl: string; cancelUrl: string | null },
): string {
  return result.status === 'cancelled' && urls.cancelUrl !== null ? urls.cancelUrl : urls.returnUrl;
}

const vietnamTime = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Ho_Chi_Minh',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** `yyyyMMddHHmmss` in Vietnam's time (GMT+7). */
export function formatPayDate(at: Date): string {
  const parts = new Map(vietnamTime.formatToParts(at).map((part) => [part.type, part.value]));
  const units = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;
  return units.map((unit) => parts.get(unit) ?? '').join('');
}
