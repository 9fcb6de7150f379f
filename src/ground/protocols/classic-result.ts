// The fields of a classic result: eleven in v1 and v2, and in v2 those its merchants parse beside them. Pure.
// The further ones are taken from a genuine result of the original v2 gateway (2021).

import { formatVietnamTimestamp, vietnamParts } from '../time/index.ts';
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

/** The further fields of v2. */
export const v2ExtraNames = ['methods', 'amount', 'fee', 'request_time', 'response_time'] as const;

export type V2ResultName = ResultName | (typeof v2ExtraNames)[number];

/** The unit of `total_amount`: whole dong (v2's default), or the text of the request (v1's). */
export type ResultAmount = 'dong' | 'as_received';

/** How a site wants its classic results told. */
export type ResultWords = {
  amountUnit?: AmountUnit;
  resultAmount?: ResultAmount;
  /** The site's own words for our codes; a code that is not among them goes out as it is. */
  resultCodes?: Readonly<Record<string, string>>;
};

/**
 * All eleven fields, always all of them: those of the order as received (`locale` is vn and `currency` VND when
 * the request had none, or an empty one), `transaction_no` empty when no payment reached a number, `pay_date`
 * when it was paid or, failing that, when the result became final.
 */
export function classicResultFields(
  result: FinalResult,
  dialect: ResultWords & { version: '1.0' | '2.0' },
): Record<ResultName, string> {
  const { received, responseCode } = result;
  const unit = dialect.amountUnit ?? 'hundredths';
  return {
    merchant_site: result.merchantSite,
    version: received.version || dialect.version,
    locale: received.locale || (result.locale === 'en' ? 'en' : 'vn'),
    merch_txn_ref: result.merchTxnRef,
    order_no: result.orderNo,
    total_amount:
      dialect.resultAmount === 'dong'
        ? String(result.amountDong)
        : received.total_amount || writeClassicAmount(result.amountDong, unit),
    currency: received.currency || 'VND',
    transaction_no: result.transactionNo ?? '',
    response_code: dialect.resultCodes?.[responseCode] ?? responseCode,
    message: responseMessage(result.responseCode, result.locale),
    pay_date: formatVietnamTimestamp(result.paidAt ?? result.finalAt),
  };
}

/**
 * The fields of v2. `amount` and `fee` are what the buyer has paid and what was charged on top of it, in dong: `0`
 * where nothing was paid, and a buyer is charged no fee. Times are Vietnam's, written with a Z as the original did.
 */
export function v2ResultFields(result: FinalResult, words: ResultWords): Record<V2ResultName, string> {
  return {
    ...classicResultFields(result, { resultAmount: 'dong', ...words, version: '2.0' }),
    methods: result.received.methods ?? '',
    amount: result.status === 'paid' ? String(result.amountDong) : '0',
    fee: '0',
    request_time: formatVietnamZ(result.createdAt),
    response_time: formatVietnamZ(result.finalAt),
  };
}

/** Where the browser goes: after a cancel to `cancel_url` if the order has one, else to `return_url`. */
export function chooseReturnUrl(
  result: FinalResult,
  urls: { returnUrl: string; cancelUrl: string | null },
): string {
  return result.status === 'cancelled' && urls.cancelUrl !== null ? urls.cancelUrl : urls.returnUrl;
}

/** `yyyy-MM-ddTHH:mm:ssZ` whose hours are Vietnam's all the same. */
export function formatVietnamZ(at: Date): string {
  const part = vietnamParts(at);
  return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}Z`;
}
