// One view of every page and of every variant that looks different: for the tests here, and for looking at.

import type { Locale } from '../../../ground/terms.ts';
import {
  codePage,
  confirmPage,
  errorPage,
  expiredAppPage,
  faultPage,
  processingPage,
  refusalPage,
  resultPage,
  signInPage,
} from './index.ts';
import {
  type CodeView,
  type ConfirmView,
  type ErrorKind,
  type FormFrame,
  type RefusalCode,
  type RefusalView,
  type ResultView,
  refusalCodes,
  type SignInView,
} from './view-models.ts';

const now = new Date('2026-11-23T06:50:08Z');
const minutesLater = (minutes: number) => new Date(now.getTime() + minutes * 60_000);

export const errorKinds: readonly ErrorKind[] = [
  'checkout_not_found',
  'not_found',
  'method_not_allowed',
  'form_refused',
  'cookies_missing',
  'bad_request',
  'too_large',
  'too_many_requests',
  'server_error',
  'unavailable',
];

/** The frame of the samples: a live page when `live`, else a sandbox one. */
export function sampleFrame(locale: Locale, live = false): FormFrame {
  return {
    locale,
    environment: live ? 'live' : 'sandbox',
    now,
    operator: live ? { name: 'Ví An Bình', contact: '1900 1234, hotro@vi.example' } : null,
    checkoutPath: '/checkout/Zk3vYwq7T0yJ2m8sQh5dXA1nBcR4uLpe',
    formToken: 'q7T0yJ2m8sQh5dXA1nBcR4uLpeZk3vYw',
    mayEnd: true,
    seesOrder: true,
    order: {
      shopName: 'Cửa hàng Sen Đá',
      shopDomain: 'senda.example',
      amountDong: 200_000n,
      description: 'Chậu sen đá nâu và đất trồng',
      orderNo: 'SD-20261123-0042',
      expiresAt: minutesLater(15),
    },
  };
}

export function sampleSignIn(frame: FormFrame, change: Partial<SignInView> = {}): string {
  return signInPage({
    ...frame,
    phone: '',
    error: null,
    attemptsLeft: null,
    testWallet: { phone: '0900000001', pin: '246810' },
    ...change,
  }).markup;
}

export function sampleConfirm(frame: FormFrame, change: Partial<ConfirmView> = {}): string {
  return confirmPage({
    ...frame,
    paymentId: 'pay_01jd8q2v7hx5',
    holderName: 'Nguyễn Thị An',
    phone: '0900000001',
    balanceDong: 50_000_000n,
    sendsCode: false,
    error: null,
    nextCodeFrom: null,
    ...change,
  }).markup;
}

export function sampleCode(frame: FormFrame, change: Partial<CodeView> = {}): string {
  return codePage({
    ...frame,
    paymentId: 'pay_01jd8q2v7hx5',
    phone: '0900000001',
    validUntil: minutesLater(2),
    resendFrom: minutesLater(1),
    attemptsLeft: null,
    error: null,
    resent: false,
    inboxPath: frame.environment === 'sandbox' ? '/sandbox/inbox?phone=0900000001' : null,
    ...change,
  }).markup;
}

export function sampleRefusal(
  frame: FormFrame,
  code: RefusalCode,
  change: Partial<RefusalView> = {},
): string {
  return refusalPage({
    ...frame,
    code,
    limit: null,
    balanceDong: code === '51' ? 10_000n : null,
    retryAt: code === '79' || code === '10' || code === '13' ? minutesLater(30) : null,
    traceId: code === '99' ? 'trc_01jd8q2v7hx5k9' : null,
    ...change,
  }).markup;
}

export function sampleResult(frame: FormFrame, change: Partial<ResultView> = {}): string {
  return resultPage({
    ...frame,
    status: 'paid',
    responseCode: '00',
    finalAt: now,
    transactionNo: '2611230000042',
    isParty: true,
    returnHref: 'shop-app://return?merch_txn_ref=1619416692633&response_code=00',
    returnAfterSeconds: 5,
    ...change,
  }).markup;
}

/** An order whose words are as long as orders' words may be. */
export function withLongWords(frame: FormFrame): FormFrame {
  const description = 'Chậu sen đá nâu, đất trồng, sỏi và phân bón. '.repeat(12).slice(0, 500);
  const shopName =
    'Cửa hàng cây cảnh và đồ trang trí nhà cửa Sen Đá Việt Nam, chi nhánh Quận 7, TP. Hồ Chí Minh';
  return { ...frame, order: { ...frame.order, description, shopName, amountDong: 9_999_999_999_999n } };
}

/** Every page by a name fit for a file. */
export function samplePages(locale: Locale, live = false): Record<string, string> {
  const frame = sampleFrame(locale, live);
  const large = { ...frame, order: { ...frame.order, amountDong: 6_000_000n } };
  const { checkoutPath, ...pageFrame } = frame;
  const stays = { returnAfterSeconds: null };
  const pages: Record<string, string> = {
    'sign-in': sampleSignIn(frame),
    'sign-in-stranger': sampleSignIn({ ...frame, mayEnd: false, seesOrder: false }),
    'sign-in-wrong': sampleSignIn(frame, { phone: '0900000001', error: 'credentials' }),
    'sign-in-attempts': sampleSignIn(frame, { phone: '0900000001', error: 'credentials', attemptsLeft: 2 }),
    'sign-in-long': sampleSignIn(withLongWords(frame)),
    'sign-in-phone': sampleSignIn(frame, { phone: '12', error: 'phone_malformed' }),
    confirm: sampleConfirm(frame),
    'confirm-code': sampleConfirm(large, { sendsCode: true }),
    'confirm-busy': sampleConfirm(frame, { error: 'busy' }),
    'confirm-too-many-codes': sampleConfirm(large, {
      sendsCode: true,
      error: 'too_many_codes',
      nextCodeFrom: new Date('2026-11-23T03:40:00Z'),
    }),
    code: sampleCode(large),
    'code-wrong': sampleCode(large, { error: 'wrong', attemptsLeft: 3, resendFrom: now }),
    'code-expired': sampleCode(large, { error: 'expired', resendFrom: now }),
    'code-no-attempt': sampleCode(large, { error: 'no_attempt_left' }),
    'code-resent': sampleCode(large, { resent: true, resendFrom: null }),
    'refusal-13-soon': sampleRefusal(frame, '13', { retryAt: minutesLater(5) }),
    'refusal-65-daily': sampleRefusal(frame, '65', {
      limit: {
        kind: 'daily',
        limitDong: 50_000n,
        leftDong: 12_000n,
        resetsAt: new Date('2026-11-23T17:00:00Z'),
      },
    }),
    'refusal-attempts-used': sampleRefusal(frame, '10', { attemptsUsed: true }),
    'refusal-61-site': sampleRefusal(frame, '61', {
      limit: { kind: 'site_min', limitDong: 500_000n, leftDong: null, resetsAt: null },
    }),
    'result-paid': sampleResult(frame),
    'result-paid-stays': sampleResult(frame, stays),
    'result-review': sampleResult(frame, { responseCode: '07' }),
    'result-stranger': sampleResult(
      { ...frame, seesOrder: false },
      { isParty: false, returnHref: null, ...stays },
    ),
    'result-cancelled': sampleResult(frame, { status: 'cancelled', responseCode: '24', transactionNo: null }),
    'result-failed': sampleResult(frame, { status: 'failed', responseCode: '51' }),
    'result-expired': sampleResult(frame, {
      status: 'expired',
      responseCode: '11',
      transactionNo: null,
      returnHref: null,
      ...stays,
    }),
    processing: processingPage({ ...frame, transactionNo: '2611230000042' }).markup,
    fault: faultPage({
      ...frame,
      code: '97',
      traceId: 'trc_01jd8q2v7hx5k9',
      detail: 'secure_hash does not match the received fields',
      title: null,
    }).markup,
    'expired-app': expiredAppPage({
      ...frame,
      returnHref: 'shop-app://return?merchant_site=shop_v2',
    }).markup,
  };
  for (const code of refusalCodes) pages[`refusal-${code}`] = sampleRefusal(frame, code);
  for (const kind of errorKinds)
    pages[`error-${kind}`] = errorPage({
      ...{ ...pageFrame, kind, traceId: 'trc_01jd8q2v7hx5k9', homePath: live ? null : '/' },
      ...(kind === 'form_refused' || kind === 'cookies_missing' ? { checkoutPath } : {}),
    }).markup;
  return pages;
}
