// What both classic dialects have in common: the fields of an order and of its result. v1 and v2 differ only in
// how these fields are signed and wrapped. Copy this file together with vipay-v1.ts or vipay-v2.ts.

/** One payment attempt, as the shop knows it. Amounts are whole dong. */
export type ClassicOrder = {
  /** Unique for the site, for ever: never reuse one, not even after a failed payment. */
  merchTxnRef: string;
  orderNo: string;
  amountDong: bigint;
  description: string;
  returnUrl: string;
  locale: 'vi' | 'en';
};

/** The gateway's final result of an order, read from fields whose signature has been proven. */
export type ClassicResult = {
  merchTxnRef: string;
  orderNo: string;
  amountDong: bigint;
  /** Two digits; 00 is paid. */
  responseCode: string;
  message: string;
  transactionNo: string | null;
  /** yyyyMMddHHmmss, GMT+7 */
  payDate: string | null;
  /** Every field as it came, to be kept in the shop's log. */
  received: Record<string, string>;
};

/** How `total_amount` is written for a site: hundredths of a dong unless the site was set up otherwise. */
export type AmountUnit = 'hundredths' | 'dong';

/** How the operator has set up the results of your site. */
export type ResultWords = {
  /** What a result's total_amount counts: dong (the default of v2), or the same as your request (of v1). */
  resultAmount?: 'dong' | 'as_received';
  /** Your own words for response codes, such as `{ '24': 'PAY-0028' }`. */
  resultCodes?: Record<string, string>;
  /** 'vipay_' when the site was made with --result-names prefixed. */
  resultPrefix?: string;
};

/** The names a result may carry. The return URL's own parameters are not among them and are not signed. */
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

/**
 * The last value of a parameter of the result. The gateway's parameters stand behind the ones your own address has,
 * so the last is the gateway's; null when there is none. Read everything by this, and act only on what was proven.
 */
export function lastValue(parameters: URLSearchParams, name: string, prefix = ''): string | null {
  return parameters.getAll(prefix + name).at(-1) ?? null;
}

type ClassicSite = ResultWords & { merchantSite: string; accessCode: string; amountUnit?: AmountUnit };

/** The fields of a request, by their lower-case wire names. */
export function orderFields(site: ClassicSite, version: '1.0' | '2.0', order: ClassicOrder) {
  const fields: Record<string, string> = {
    version,
    merchant_site: site.merchantSite,
    access_code: site.accessCode,
    merch_txn_ref: order.merchTxnRef,
    order_no: order.orderNo,
    order_desc: order.description,
    total_amount: String(site.amountUnit === 'dong' ? order.amountDong : order.amountDong * 100n),
    currency: 'VND',
    locale: order.locale === 'en' ? 'en' : 'vn',
    account_type: 'VV',
    return_url: order.returnUrl,
  };
  return fields;
}

/**
 * Reads a result whose signature fits. The formats are strict on purpose: the v1 hash covers values, not names, so
 * somebody who holds a signed URL may try other names on the same values. A value that does not look like what
 * its name says is therefore treated like a wrong signature: null.
 */
export function readClassicResult(
  site: ClassicSite,
  version: '1.0' | '2.0',
  received: Record<string, string>,
): ClassicResult | null {
  const field = (name: (typeof resultNames)[number]) => received[name] ?? '';
  if (field('merchant_site') !== site.merchantSite || field('version') !== version) return null;
  if (!/^[^|]{1,2048}$/.test(field('merch_txn_ref')) || !/^[^|]{1,2048}$/.test(field('order_no')))
    return null;
  const words = Object.entries(site.resultCodes ?? {});
  const sent = field('response_code');
  const responseCode = words.find(([, word]) => word === sent)?.[0] ?? sent;
  if (!/^[0-9]{2}$/.test(responseCode)) return null;
  if (!/^([0-9]{14})?$/.test(field('pay_date'))) return null;
  if (!/^[A-Za-z0-9._-]{0,64}$/.test(field('transaction_no'))) return null;
  if (!/^(VND)?$/.test(field('currency')) || !/^(vn|en)?$/.test(field('locale'))) return null;
  const inDong = (site.resultAmount ?? (version === '2.0' ? 'dong' : 'as_received')) === 'dong';
  const unit = inDong ? 'dong' : (site.amountUnit ?? 'hundredths');
  const amountDong = readAmountDong(field('total_amount'), unit);
  if (amountDong === null) return null;
  return {
    merchTxnRef: field('merch_txn_ref'),
    orderNo: field('order_no'),
    amountDong,
    responseCode,
    message: field('message'),
    transactionNo: field('transaction_no') || null,
    payDate: field('pay_date') || null,
    received,
  };
}

function readAmountDong(text: string, unit: AmountUnit): bigint | null {
  if (!/^[1-9][0-9]{0,12}$/.test(text)) return null;
  const amount = BigInt(text);
  if (unit === 'dong') return amount;
  return amount % 100n === 0n ? amount / 100n : null;
}
