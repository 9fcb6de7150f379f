// Which page tells the truth about this order to this browser. Nothing is changed here.

import { formatPaymentId, type Payer, type Payment } from '../../business/payments/index.ts';
import { recallPolicies } from '../../business/policies/index.ts';
import type { Wallet } from '../../business/wallets/index.ts';
import type { Context } from '../../ground/context.ts';
import type { Page, PageRefresh } from '../../ground/pages/index.ts';
import { asResponseCode, type ResponseCode } from '../../ground/protocols/index.ts';
import { showText } from '../../ground/text/index.ts';
import { formToken } from './browser-mark.ts';
import type { Checkout } from './load-checkout.ts';
import {
  codePage,
  confirmPage,
  type FormFrame,
  type LimitFacts,
  processingPage,
  type RefusalCode,
  refusalCodes,
  refusalPage,
  resultPage,
  signInPage,
} from './pages/index.ts';
import { buildReturnUrl } from './return-url.ts';
import { isParty, mayEnd, seesOrder } from './standing.ts';

export type ShownPage = { page: Page; refresh: PageRefresh | null; keepsNote: boolean };

/** The merchant's words are shown cleaned and within these lengths. They are stored and sent back whole. */
const shownCharactersMax = { shopName: 100, description: 500, orderNo: 64 };
const returnAfterSeconds = 5;
const askAgainSeconds = 3;

export async function showCheckout(
  context: Context,
  checkout: Checkout,
  options: { stays: boolean; testWallet: { phone: string; pin: string } | null },
): Promise<ShownPage> {
  const { order, site, session, payment, payer, note } = checkout;
  const frame: FormFrame = {
    locale: checkout.locale,
    environment: order.environment,
    operator: context.operator,
    now: context.clock.now(),
    checkoutPath: checkout.path,
    order: {
      shopName: showText(site.name, shownCharactersMax.shopName),
      shopDomain: domainOf(order.returnUrl),
      amountDong: order.amountDong,
      description: showText(order.description, shownCharactersMax.description),
      orderNo: showText(order.orderNo, shownCharactersMax.orderNo),
      expiresAt: order.expiresAt,
    },
    formToken: formToken(context.keyRing, order.id, checkout.mark),
    mayEnd: mayEnd(checkout),
    seesOrder: seesOrder(checkout),
  };
  const shown = (page: Page, more: Partial<ShownPage> = {}): ShownPage => ({
    page,
    refresh: null,
    keepsNote: false,
    ...more,
  });

  if (order.status !== 'open') return showResult(context, checkout, frame, options.stays);
  if (!session || !payer || !payment) {
    if (note?.page === 'sign_in_refused') {
      const retryAt = asDate(note.retryAt);
      const view = { ...frame, code: note.code, limit: null, balanceDong: null, retryAt, traceId: null };
      return shown(refusalPage(view), { keepsNote: true });
    }
    if (note?.page === 'attempts_used') {
      const view = {
        ...frame,
        code: '10',
        limit: null,
        balanceDong: null,
        retryAt: null,
        traceId: null,
      } as const;
      return shown(refusalPage({ ...view, attemptsUsed: true }), { keepsNote: true });
    }
    const told = note?.page === 'sign_in' ? note : null;
    const error = told?.error ?? (checkout.sessionEnded ? 'session_ended' : null);
    return shown(
      signInPage({
        ...frame,
        phone: told?.phone ?? '',
        error,
        attemptsLeft: told?.attemptsLeft ?? null,
        testWallet: options.testWallet,
      }),
    );
  }
  const isUnderWay = payment.status === 'started' || payment.status === 'confirming';
  if (note?.page === 'processing' && isUnderWay) {
    const page = processingPage({ ...frame, transactionNo: payment.transactionNo });
    return shown(page, { refresh: { afterSeconds: askAgainSeconds, url: checkout.path }, keepsNote: true });
  }
  switch (payment.status) {
    case 'started':
      return shown(
        confirmPage({
          ...frame,
          paymentId: formatPaymentId(payment.id),
          holderName: payer.wallet.holderName,
          phone: payer.wallet.phone,
          balanceDong: payer.balanceDong,
          sendsCode: payment.confirmationClass === 'B',
          error: note?.page === 'confirm' ? note.error : null,
          nextCodeFrom: note?.page === 'confirm' ? asDate(note.nextCodeAt) : null,
        }),
      );
    case 'confirming':
      return shown(await showCode(context, checkout, frame, payment, payer.wallet));
    default:
      return shown(showRefusal(frame, payment, payer));
  }
}

async function showResult(
  context: Context,
  checkout: Checkout,
  frame: FormFrame,
  stays: boolean,
): Promise<ShownPage> {
  const { order } = checkout;
  if (order.status === 'open' || order.responseCode === null || order.finalAt === null) {
    throw new Error(`order ${order.publicId} has no result to show`);
  }
  const party = isParty(checkout);
  const returnHref = party ? await buildReturnUrl(context, order) : null;
  const returnsByItself = returnHref !== null && !stays;
  return {
    page: resultPage({
      ...frame,
      status: order.status,
      responseCode: order.responseCode,
      finalAt: order.finalAt,
      transactionNo: order.transactionNo,
      isParty: party,
      returnHref,
      returnAfterSeconds: returnsByItself ? returnAfterSeconds : null,
    }),
    refresh: returnsByItself ? { afterSeconds: returnAfterSeconds, url: returnHref } : null,
    keepsNote: false,
  };
}

async function showCode(
  context: Context,
  checkout: Checkout,
  frame: FormFrame,
  payment: Payment,
  wallet: Wallet,
): Promise<Page> {
  const { confirmation } = checkout;
  const policies = await recallPolicies(context, frame.now);
  const told = checkout.note?.page === 'code' ? checkout.note : null;
  const waitMs = Number(policies['otp.resend_wait_seconds']) * 1000;
  const mayResend = confirmation !== null && confirmation.resends < policies['otp.resends_max'];
  const sinceLast = confirmation && new Date(confirmation.sentAt.getTime() + waitMs);
  return codePage({
    ...frame,
    paymentId: formatPaymentId(payment.id),
    phone: wallet.phone,
    validUntil: confirmation?.validUntil ?? frame.now,
    resendFrom: mayResend ? (asDate(told?.nextCodeAt ?? null) ?? sinceLast) : null,
    attemptsLeft: told?.attemptsLeft ?? null,
    error: told?.error ?? null,
    resent: told?.resent ?? false,
    inboxPath: frame.environment === 'sandbox' ? `/sandbox/inbox?phone=${wallet.phone}` : null,
  });
}

function showRefusal(frame: FormFrame, payment: Payment, payer: Payer): Page {
  const code = asResponseCode(payment.refusalCode ?? '99');
  const detail = payment.refusalDetail;
  return refusalPage({
    ...frame,
    code: asRefusalCode(code),
    limit: limitFacts(payment),
    balanceDong: code === '51' ? payer.balanceDong : null,
    retryAt: detail?.lockedUntil === undefined ? null : new Date(detail.lockedUntil),
    traceId: null,
  });
}

function asDate(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}

function limitFacts(payment: Payment): LimitFacts | null {
  const detail = payment.refusalDetail;
  if (detail?.limit === undefined || detail.limitDong === undefined) return null;
  return {
    kind: detail.limit,
    limitDong: BigInt(detail.limitDong),
    leftDong: detail.leftDong === undefined ? null : BigInt(detail.leftDong),
    resetsAt: detail.resetsAt ? new Date(detail.resetsAt) : null,
  };
}

/** Where the buyer goes back to, as browsers write it; an app's own scheme has no host worth naming. */
function domainOf(returnUrl: string): string | null {
  const url = URL.parse(returnUrl);
  return url !== null && /^https?:$/.test(url.protocol) ? url.hostname.replace(/^www\./, '') : null;
}

/** A code that cannot refuse a buyer here would be our own fault, and is shown as one. */
function asRefusalCode(code: ResponseCode): RefusalCode {
  return refusalCodes.find((known) => known === code) ?? '99';
}
