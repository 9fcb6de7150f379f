// What each button of the checkout does. Every action answers with a note for the next page, or none; the route
// then redirects to the checkout, which shows what is true.

import {
  abandonPayment,
  cancelOrder,
  confirmPayment,
  failOrder,
  findPayment,
  giveUpOrder,
  logStarted,
  type Payment,
  parsePaymentId,
  readNextCodeAt,
  resendCode,
  startPayment,
  startPaymentIn,
  submitCode,
} from '../../business/payments/index.ts';
import { parsePhone, type SignInRefusal, signIn } from '../../business/wallets/index.ts';
import type { Context } from '../../ground/context.ts';
import { inPipelinedTransaction } from '../../ground/database/index.ts';
import { logEvent } from '../../ground/log/index.ts';
import { plainDigits } from '../../ground/text/index.ts';
import { replacingSession, updateSessionEnded } from './checkout-queries.ts';
import { createSession } from './checkout-sessions.ts';
import type { Checkout } from './load-checkout.ts';
import type { Note } from './note.ts';
import type { CodeError } from './pages/index.ts';
import type { PaidBefore } from './paid-before.ts';
import { mayEnd } from './standing.ts';

export type ActionResult = {
  note?: Note;
  /** Cookie value of a new session; null ends the one there was. */
  sessionToken?: string | null;
};

/** The form is not this browser's to send: answered 403 (form_refused), and nothing is done. */
export type Refused = 'form_refused';

export type Form = Record<string, unknown>;

/** Who sent the form: the address it came from, and the wallets that the browser has paid from. */
export type Sender = { address: string; paidFrom: PaidBefore[] };

/** Six digits, pasted with a mark of direction around each. */
const typedMax = 64;
/** The buyer is told how many PINs are left when so few are; before, a number would only alarm. */
const attemptsToldMax = 2;

export async function actSignIn(
  context: Context,
  checkout: Checkout,
  form: Form,
  sender: Sender,
): Promise<ActionResult> {
  const { order, mark } = checkout;
  if (order.status !== 'open') return {};
  const typedPhone = typed(form.phone);
  const phone = parsePhone(typedPhone);
  // The PIN is compared exactly as typed. A space before or behind it is reported before it counts as an
  // attempt.
  const pin = typed(form.pin);
  if (phone === null) return { note: { page: 'sign_in', error: 'phone_malformed', phone: typedPhone } };
  if (!/^[0-9]{6,12}$/.test(pin))
    return { note: { page: 'sign_in', error: 'pin_malformed', phone: typedPhone } };

  const result = await signIn(context, {
    environment: order.environment,
    phone,
    pin,
    checkoutId: order.publicId,
    arrived: mark.arrived,
    ...sender,
  });
  if (!result.ok) return { note: noteOfRefusal(result, typedPhone) };
  const subject = { orderId: order.id, walletId: result.wallet.id };
  const { session, token } = createSession({ ...subject, mark, now: context.clock.now() });
  const payment = await inPipelinedTransaction(context.db, async (tx) => {
    const started = await startPaymentIn(tx, context, { ...subject, checkoutSessionId: session.id });
    const writes = [...started.writes, result.settle(tx, replacingSession(session))];
    return { result: started.result, writes };
  });
  if (!payment) return endWithoutAttempt(context, session.id);
  logStarted(context, payment);
  return { sessionToken: token };
}

/** Counted for a phone nobody has as well, so the number tells nothing of the phone. */
function tellLast(attemptsLeft: number): number | null {
  return attemptsLeft <= attemptsToldMax ? attemptsLeft : null;
}

function noteOfRefusal(refusal: SignInRefusal, phone: string): Note {
  switch (refusal.error) {
    case 'phone_or_pin_wrong':
      return { page: 'sign_in', error: 'credentials', phone, attemptsLeft: tellLast(refusal.attemptsLeft) };
    case 'busy':
      return { page: 'sign_in', error: 'busy', phone };
    case 'too_many_attempts':
      return { page: 'sign_in_refused', code: '10', retryAt: refusal.retryAt.toISOString() };
    case 'pin_locked':
      return { page: 'sign_in_refused', code: '79', retryAt: refusal.lockedUntil?.toISOString() ?? null };
    case 'wallet_locked':
      return { page: 'sign_in_refused', code: '12', retryAt: null };
    case 'wallet_closed':
      return { page: 'sign_in_refused', code: '09', retryAt: null };
  }
}

export const actConfirm = onOwnPayment(async (context, payment, { checkout }) => {
  const { payer } = checkout;
  const seen = payer ? { ...checkout, payment, payer } : undefined;
  switch (await confirmPayment(context, payment.id, seen)) {
    case 'busy':
      return { note: { page: 'confirm', error: 'busy', nextCodeAt: null } };
    case 'too_many_codes': {
      const nextCodeAt = await findNextCodeTime(context, payment);
      return { note: { page: 'confirm', error: 'too_many_codes', nextCodeAt } };
    }
    case 'unknown':
      return { note: { page: 'processing' } };
    case 'paid':
    case 'code_sent':
    case 'refused':
    case 'too_late':
      return {};
  }
});

export const actCode = onOwnPayment(async (context, payment, { form }) => {
  const otp = plainDigits(typed(form.otp));
  if (!/^[0-9]{6}$/.test(otp)) return codeNote('malformed');

  const result = await submitCode(context, payment.id, otp);
  switch (result.outcome) {
    case 'wrong_code':
      return codeNote('wrong', { attemptsLeft: result.attemptsLeft });
    case 'code_expired':
    case 'code_replaced':
      return codeNote('expired');
    case 'no_attempt_left':
      return codeNote('no_attempt_left');
    case 'busy':
      return codeNote('busy');
    case 'unknown':
      return { note: { page: 'processing' } };
    case 'paid':
    case 'refused':
    case 'too_late':
      return {};
  }
});

export const actResend = onOwnPayment(async (context, payment) => {
  switch (await resendCode(context, payment.id)) {
    case 'sent':
      return { note: { page: 'code', error: null, attemptsLeft: null, resent: true, nextCodeAt: null } };
    case 'too_many_codes':
      return codeNote('too_many_codes', { nextCodeAt: await findNextCodeTime(context, payment) });
    case 'too_soon':
    case 'no_more':
      return codeNote('resend_too_early');
    case 'too_late':
      return {};
  }
});

async function findNextCodeTime(context: Context, payment: Payment): Promise<string | null> {
  return (await readNextCodeAt(context, payment.walletId))?.toISOString() ?? null;
}

/** After a refusal: the same wallet once more. Without a session there is nothing to retry but signing in. */
export async function actRetry(context: Context, checkout: Checkout): Promise<ActionResult> {
  const { session, payment, order } = checkout;
  if (session && payment?.status === 'refused' && order.status === 'open') {
    const started = await startPayment(context, {
      orderId: order.id,
      walletId: session.walletId,
      checkoutSessionId: session.id,
    });
    if (!started) return endWithoutAttempt(context, session.id);
    logStarted(context, started);
  }
  return {};
}

/** No payment was started. Either the order has its result, which is shown, or its payments are used up. */
async function endWithoutAttempt(context: Context, sessionId: string): Promise<ActionResult> {
  await updateSessionEnded(context.db, sessionId, context.clock.now());
  return { note: { page: 'attempts_used' }, sessionToken: null };
}

export async function actSignOut(context: Context, checkout: Checkout): Promise<ActionResult> {
  if (checkout.payment) await abandonPayment(context, checkout.payment.id);
  if (checkout.session) {
    await updateSessionEnded(context.db, checkout.session.id, context.clock.now());
    const { publicId: orderId } = checkout.order;
    logEvent(context.log, 'session.ended', { orderId, walletId: checkout.session.walletId });
  }
  return { sessionToken: null };
}

export async function actCancel(context: Context, checkout: Checkout): Promise<ActionResult | Refused> {
  if (!mayEnd(checkout)) return 'form_refused';
  await cancelOrder(context, checkout.order.id);
  return {};
}

export async function actGiveUp(context: Context, checkout: Checkout): Promise<ActionResult | Refused> {
  if (!mayEnd(checkout)) return 'form_refused';
  const { note, order, session } = checkout;
  if (!session && note?.page === 'sign_in_refused') await failOrder(context, order.id, note.code);
  else await giveUpOrder(context, order.id, session?.id ?? null);
  return {};
}

/** The action of a button whose form names a payment. Without a session there is no payment to act on. */
function onOwnPayment(
  act: (
    context: Context,
    payment: Payment,
    sent: { checkout: Checkout; form: Form },
  ) => Promise<ActionResult>,
) {
  return async (context: Context, checkout: Checkout, form: Form): Promise<ActionResult | Refused> => {
    const payment = await findOwnPayment(context, checkout, form);
    if (payment === 'form_refused') return payment;
    return payment ? act(context, payment, { checkout, form }) : {};
  };
}

/** Null: no session any more, the redirect leads to signing in. Another buyer's payment is refused. */
async function findOwnPayment(
  context: Context,
  checkout: Checkout,
  form: Form,
): Promise<Payment | null | Refused> {
  if (!checkout.session) return null;
  const id = parsePaymentId(typed(form.payment_id));
  // Usually the payment that this request has already read. A tab that was left open may name an older one.
  const { payment: latest } = checkout;
  if (id === null) return 'form_refused';
  const payment = id === latest?.id ? latest : await findPayment(context.db, id);
  return payment?.checkoutSessionId === checkout.session.id ? payment : 'form_refused';
}

function codeNote(
  error: CodeError,
  told: { attemptsLeft?: number; nextCodeAt?: string | null } = {},
): ActionResult {
  const { attemptsLeft = null, nextCodeAt = null } = told;
  return { note: { page: 'code', error, attemptsLeft, resent: false, nextCodeAt } };
}

/** A field as typed; anything but one text of sensible length is as good as nothing. */
function typed(value: unknown): string {
  return typeof value === 'string' && value.length <= typedMax ? value : '';
}
