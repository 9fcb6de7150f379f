// The addresses of the checkout. A GET shows; a POST acts and answers 303 to the GET.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Order } from '../../business/orders/index.ts';
import { canonicalAddress } from '../../ground/addresses/index.ts';
import type { Context } from '../../ground/context.ts';
import { isSentByAnotherOrigin } from '../../ground/http/index.ts';
import { logEvent, logPath } from '../../ground/log/index.ts';
import { chooseLocale, pageHeaders } from '../../ground/pages/index.ts';
import type { Environment, Locale } from '../../ground/terms.ts';
import { isFormToken } from './browser-mark.ts';
import {
  type ActionResult,
  actCancel,
  actCode,
  actConfirm,
  actGiveUp,
  actResend,
  actRetry,
  actSignIn,
  actSignOut,
  type Form,
  type Refused,
  type Sender,
} from './checkout-actions.ts';
import { expiredPath, isExpiredClassic, readExpired, redirectToExpired } from './expired-order.ts';
import {
  type Checkout,
  hasLostMark,
  loadCheckout,
  markArrival,
  setBrowserMark,
  setCheckoutCookie,
  setNote,
} from './load-checkout.ts';
import { type ErrorKind, errorPage, expiredAppPage } from './pages/index.ts';
import { readPaidBefore, rememberPaid } from './paid-before.ts';
import { showCheckout } from './show-checkout.ts';

export type CheckoutOptions = {
  /** Shown under the sign-in form of sandbox orders; null: none. */
  testWallet?: { phone: string; pin: string } | null;
};

type CheckoutRequest = FastifyRequest<{ Params: { token: string }; Querystring: Record<string, unknown> }>;
type Action = (
  context: Context,
  checkout: Checkout,
  form: Form,
  sender: Sender,
) => Promise<ActionResult | Refused>;

const actions: Record<string, Action> = {
  'sign-in': actSignIn,
  confirm: actConfirm,
  code: actCode,
  resend: actResend,
  retry: actRetry,
  'sign-out': actSignOut,
  cancel: actCancel,
  'give-up': actGiveUp,
};

export function registerCheckout(
  app: FastifyInstance,
  context: Context,
  options: CheckoutOptions = {},
): void {
  app.get('/checkout/:token', (request: CheckoutRequest, reply) =>
    answerShow(context, options, request, reply),
  );
  for (const [name, act] of Object.entries(actions)) {
    app.post(`/checkout/:token/${name}`, (request: CheckoutRequest, reply) =>
      answerAct(context, act, request, reply),
    );
    // A reload, or a link followed back into an action's address: the checkout itself is meant.
    app.get(`/checkout/:token/${name}`, (request: CheckoutRequest, reply) =>
      reply.redirect(checkoutAddress(request), 303),
    );
  }
  // Apps that wrap the checkout in a web view watch for this address and close.
  app.get(expiredPath, async (request, reply) => {
    const known = await readExpired(context, request);
    const frame = frameFor(context, request, known?.order.environment ?? 'live', known?.order.locale);
    const page = expiredAppPage({ ...frame, returnHref: known?.returnHref ?? null });
    return reply.headers(pageHeaders(page)).send(page.encode());
  });
}

async function answerShow(
  context: Context,
  options: CheckoutOptions,
  request: CheckoutRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const arrived = markArrival(context, request, reply);
  if (arrived !== null) {
    return reply
      .headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
      .redirect(arrived, 303);
  }
  if (hasLostMark(context, request))
    return answerError(context, request, reply, 403, 'cookies_missing', checkoutAddress(request));
  const checkout = await loadCheckout(context, request);
  if (!checkout) return answerError(context, request, reply, 404, 'checkout_not_found');
  const { lang, stay } = request.query;
  if (!checkout.isKnownBrowser)
    setBrowserMark(context, reply, { orderId: checkout.order.id, path: checkout.path }, checkout.mark);
  if (lang === 'vi' || lang === 'en') setCheckoutCookie(context, reply, checkout, 'locale', lang);

  if (isExpiredClassic(checkout.order)) return redirectToExpired(context, reply, checkout);

  const { environment } = checkout.order;
  if (checkout.payment?.status === 'paid')
    rememberPaid(context, request, reply, { environment, walletId: checkout.payment.walletId });

  const isSandbox = environment === 'sandbox';
  const shown = await showCheckout(context, checkout, {
    stays: stay === '1',
    testWallet: isSandbox ? (options.testWallet ?? null) : null,
  });
  if (checkout.note && !shown.keepsNote) setCheckoutCookie(context, reply, checkout, 'note', null);
  return reply.headers(pageHeaders(shown.page, shown.refresh)).send(shown.page.encode());
}

async function answerAct(
  context: Context,
  act: Action,
  request: CheckoutRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const refuseForm = (reason: FormFault, order: Order | null) => {
    logFormRefused(context, request, reason, order);
    // A form came without any cookie: the browser keeps none, so opening the page again would not help.
    const keepsNone = reason === 'unknown_browser' && Object.keys(request.cookies).length === 0;
    const kind = keepsNone ? 'cookies_missing' : 'form_refused';
    return answerError(context, request, reply, 403, kind, checkoutAddress(request));
  };
  if (isSentByAnotherOrigin(request)) return refuseForm('another_origin', null);
  const checkout = await loadCheckout(context, request);
  if (!checkout) return answerError(context, request, reply, 404, 'checkout_not_found');
  const form = (request.body ?? {}) as Form;
  // SameSite keeps other sites' forms without our cookies; the token holds where a browser does not.
  const isOwnForm =
    checkout.isKnownBrowser &&
    isFormToken(context.keyRing, checkout.order.id, checkout.mark, form.form_token);
  if (!isOwnForm)
    return refuseForm(checkout.isKnownBrowser ? 'form_token' : 'unknown_browser', checkout.order);

  const sender = {
    address: request.ip,
    paidFrom: readPaidBefore(context, request, checkout.order.environment),
  };
  const result = await act(context, checkout, form, sender);
  if (result === 'form_refused') return refuseForm('not_allowed', checkout.order);
  if (result.sessionToken !== undefined)
    setCheckoutCookie(context, reply, checkout, 'session', result.sessionToken);
  if (result.note) setNote(context, reply, checkout, result.note);
  else if (checkout.note) setCheckoutCookie(context, reply, checkout, 'note', null);
  return reply
    .headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    .redirect(checkout.path, 303);
}

/** Of the checkout that was asked for, whether there is one or not. */
function checkoutAddress(request: CheckoutRequest): string {
  return `/checkout/${encodeURIComponent(request.params.token)}`;
}

type FormFault = 'another_origin' | 'form_token' | 'unknown_browser' | 'not_allowed';

function logFormRefused(
  { log }: Context,
  request: CheckoutRequest,
  reason: FormFault,
  order: Order | null,
): void {
  const action = request.routeOptions.url?.split('/').at(-1) ?? '';
  const address = canonicalAddress(request.ip);
  logEvent(log, 'form.refused', { orderId: order?.publicId ?? null, action, reason, address });
}

function answerError(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  kind: ErrorKind,
  checkoutPath?: string,
): FastifyReply {
  if (kind === 'checkout_not_found') {
    logEvent(context.log, 'request.refused', {
      code: '01',
      problem: 'checkout-not-found',
      method: request.method,
      path: logPath(request.raw.url ?? ''),
      address: canonicalAddress(request.ip),
    });
  }
  const view = {
    ...{ ...frameFor(context, request, 'live'), kind, traceId: request.id },
    ...(checkoutPath === undefined ? {} : { checkoutPath }),
  };
  const page = errorPage(view);
  return reply.code(status).headers(pageHeaders(page)).send(page.encode());
}

/** `ownLocale`: the order's, where one is known. */
function frameFor(context: Context, request: FastifyRequest, environment: Environment, ownLocale?: Locale) {
  const { lang } = request.query as { lang?: unknown };
  const locale = chooseLocale(lang ?? ownLocale, request.headers['accept-language']);
  return { locale, environment, operator: context.operator, now: context.clock.now() };
}
