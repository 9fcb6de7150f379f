// The data that each page is given: amounts as bigint dong, times as Date (shown in GMT+7), names and phone
// numbers unmasked (the pages mask them). The code that fills them decides; the pages only show it.

import type { ErrorKind } from '../../../ground/http/index.ts';
import type { ResponseCode } from '../../../ground/protocols/index.ts';
import type { Environment, Locale, Operator } from '../../../ground/terms.ts';

/** What every page is given. */
export type PageFrame = {
  locale: Locale;
  environment: Environment;
  /** who runs the gateway; at the foot of the page */
  operator?: Operator | null | undefined;
  /** the moment of this response: decides whether a time needs its date */
  now: Date;
};

/** The order as the buyer may see it: merchant's words, shown escaped and isolated. */
export type OrderSummary = {
  shopName: string;
  /** the host the buyer goes back to, as browsers write it; null: an app, which has none */
  shopDomain: string | null;
  amountDong: bigint;
  description: string;
  orderNo: string;
  expiresAt: Date;
};

/** A page that belongs to an order. */
export type OrderFrame = PageFrame & {
  /** `/checkout/{token}`; the forms post to `${checkoutPath}/sign-in` and so on */
  checkoutPath: string;
  order: OrderSummary;
  /** false: a stranger who has not signed in, shown the shop and nothing else of the order */
  seesOrder: boolean;
};

/** A page with forms. */
export type FormFrame = OrderFrame & {
  /** goes into every form as the hidden field `form_token` */
  formToken: string;
  /** false: a stranger with the address; no button that ends the order, since it would be refused */
  mayEnd: boolean;
};

/**
 * `credentials` is the one answer to an unknown phone, a wrong PIN and a locked wallet alike.
 * `session_ended`: signed in before, but not any more.
 */
export type SignInError = 'credentials' | 'phone_malformed' | 'pin_malformed' | 'session_ended' | 'busy';

/** GET /checkout/{token} before sign-in. Posts phone, pin to /sign-in; or /cancel. */
export type SignInView = FormFrame & {
  /** as the buyer typed it, kept after an error; '' at first */
  phone: string;
  error: SignInError | null;
  /** tries at the PIN until sign-in is locked; null: not told */
  attemptsLeft: number | null;
  /** sandbox: a wallet to try with, shown under the form; never on a live page */
  testWallet?: { phone: string; pin: string } | null;
};

/** Signed in, all checks passed. Posts payment_id to /confirm; or /sign-out; or /cancel. */
export type ConfirmView = FormFrame & {
  paymentId: string;
  holderName: string;
  phone: string;
  /** of the wallet now; null hides "balance after payment" */
  balanceDong: bigint | null;
  /** false: class A, the PIN was enough and the button pays; true: the button sends a one-time code */
  sendsCode: boolean;
  error: 'busy' | 'too_many_codes' | null;
  /** with `too_many_codes`: from when the wallet may be sent another */
  nextCodeFrom: Date | null;
};

export type CodeError =
  | 'wrong'
  | 'malformed'
  | 'expired'
  | 'resend_too_early'
  /** the wallet was sent as many as it may in an hour; `resendFrom` says when the next is */
  | 'too_many_codes'
  | 'busy'
  /** No code may be judged now; one that is being judged may still pay. */
  | 'no_attempt_left';

/** A code was sent. Posts otp, payment_id to /code; payment_id to /resend; or /cancel. */
export type CodeView = FormFrame & {
  paymentId: string;
  phone: string;
  validUntil: Date;
  /** when /resend starts to work (past: now); null: no more codes for this payment */
  resendFrom: Date | null;
  /** shown after a wrong code; null hides it */
  attemptsLeft: number | null;
  error: CodeError | null;
  /** true right after /resend */
  resent: boolean;
  /** sandbox: `/sandbox/inbox?phone=…`; null: no link */
  inboxPath: string | null;
};

/** The codes a buyer can be refused with while the order stays open; each has its words and its ways on. */
export const refusalCodes = ['04', '09', '10', '12', '13', '51', '61', '65', '75', '79', '99'] as const;
export type RefusalCode = (typeof refusalCodes)[number];

/**
 * The limit that was hit. `confirmation` is the class a one-time code may confirm (today's payments and this
 * one); `site_max` and `site_min` are the shop's own bounds, which no other wallet changes.
 */
export type LimitFacts = {
  kind: 'per_payment' | 'daily' | 'monthly' | 'confirmation' | 'site_max' | 'site_min';
  limitDong: bigint;
  /** what is left of it; null where nothing is used up (per payment, site) */
  leftDong: bigint | null;
  /** when it starts afresh; null: never by itself */
  resetsAt: Date | null;
};

/** The payment was refused, the order is still open. Posts to /retry, /sign-out or /give-up. */
export type RefusalView = FormFrame & {
  code: RefusalCode;
  /** with 61 and 65 */
  limit: LimitFacts | null;
  /** with 51, once signed in: shows the balance and what is missing */
  balanceDong: bigint | null;
  /** when trying again makes sense (10, 13, 75, 79); null: not known */
  retryAt: Date | null;
  /** shown when given (99) */
  traceId: string | null;
  /** the order has had as many payments as it may, or this wallet as many at it: said in place of the code's words */
  attemptsUsed?: true;
};

/** The final result of the order. */
export type ResultView = OrderFrame & {
  status: 'paid' | 'failed' | 'cancelled' | 'expired';
  responseCode: ResponseCode;
  /** when the order became final (paid: when the money moved) */
  finalAt: Date;
  transactionNo: string | null;
  /** false: this browser neither came from the shop nor paid: status only, no number, no way back */
  isParty: boolean;
  /** the signed return address; null: no link. Ignored when `isParty` is false */
  returnHref: string | null;
  /** seconds until the Refresh header returns by itself (send the same to `pageHeaders`); null: stays */
  returnAfterSeconds: number | null;
};

/** The outcome is not known yet (68). Send `refresh: { afterSeconds: 3, url: checkoutPath }`. */
export type ProcessingView = OrderFrame & { transactionNo: string | null };

export type { ErrorKind };

/** Any page that could not be shown. Both languages are in it, since its address may not be asked twice. */
export type ErrorView = PageFrame & {
  kind: ErrorKind;
  traceId: string | null;
  /** the checkout that was meant; absent: not known */
  checkoutPath?: string;
  /** a page of this host to go on from, where there is one (the demo's start page) */
  homePath?: string | null;
};

/** A classic redirect with a fault: nothing was stored, nobody is sent anywhere. */
export type FaultView = PageFrame & {
  code: ResponseCode;
  traceId: string;
  /** English, names the field, holds no secret; null in live if the merchant should look it up instead */
  detail: string | null;
  /** replaces the first line, for a fault that has a better one; plain text in the locale */
  title: string | null;
};

/** GET /vipay_v2/expired */
export type ExpiredAppView = PageFrame & {
  /** the signed way back, for the browser that came from the shop alone; null: none */
  returnHref: string | null;
};
