// What one use case, alone, must answer and do: the rules of the domain once more, in few words, upon the model.

import {
  day,
  endOrder,
  feeOf,
  type Model,
  type ModelOrder,
  type ModelPayment,
  type ModelSite,
  type ModelWallet,
  month,
  paidIn,
  refuse,
  settle,
} from './model.ts';

export const classATotalDong = 5_000_000n;
const classBPaymentDong = 100_000_000n;
const orderValidMs = 900_000;
const codeValidMs = 120_000;
const resendWaitMs = 30_000;
const resendsMax = 3;
const attemptsMax = 5;
const lockMs = 1_800_000;

const isOver = (model: Model, order: ModelOrder) =>
  order.status !== 'open' || order.expiresAtMs <= model.nowMs;

/** The class this payment needs now, or the code that refuses it. */
export function judge(
  model: Model,
  order: ModelOrder,
  wallet: ModelWallet,
  { ignoreLock }: { ignoreLock: boolean },
): { class: 'A' | 'B' } | { code: string } {
  const { amountDong, site } = order;
  const today = paidIn(wallet, day(model.nowMs));
  if (isOver(model, order)) return { code: order.code ?? '11' };
  if (!site.active) return { code: '04' };
  if (wallet.status === 'closed' || wallet.status === 'inactive') return { code: '09' };
  if (wallet.status === 'locked') return { code: '12' };
  if (!ignoreLock && (wallet.otpLockedUntilMs ?? 0) > model.nowMs) return { code: '12' };
  if (amountDong > wallet.limits.perPaymentDong) return { code: '61' };
  if (today + amountDong > wallet.limits.dailyDong) return { code: '65' };
  if (paidIn(wallet, month(model.nowMs)) + amountDong > wallet.limits.monthlyDong) return { code: '65' };
  if (wallet.balanceDong < amountDong) return { code: '51' };
  if (today + amountDong <= classATotalDong) return { class: 'A' };
  return amountDong <= classBPaymentDong ? { class: 'B' } : { code: '61' };
}

export function place(
  model: Model,
  site: ModelSite,
  merchTxnRef: string,
  amountDong: bigint,
): { word: string; order: ModelOrder | null } {
  const { feeDong, vatDong } = feeOf(site, amountDong);
  if (!site.active) return { word: 'refused_04', order: null };
  const { amountMinDong, amountMaxDong } = site.site;
  if (amountDong < amountMinDong || amountDong > amountMaxDong) return { word: 'refused_03', order: null };
  if (feeDong + vatDong > amountDong) return { word: 'refused_03', order: null };
  const expiresAtMs = model.nowMs + orderValidMs;
  const blank = { id: '', status: 'open', code: null, payments: [] } as const;
  return { word: 'created', order: { ...blank, payments: [], merchTxnRef, site, amountDong, expiresAtMs } };
}

export function start(
  model: Model,
  order: ModelOrder,
  wallet: ModelWallet,
): { word: string; payment: ModelPayment | null } {
  if (order.status !== 'open') return { word: 'too_late', payment: null };
  const judged = judge(model, order, wallet, { ignoreLock: false });
  const blank = { id: '', refusalCode: null, finalAtMs: null, confirmation: null, oldCode: null };
  const payment: ModelPayment = { ...blank, order, wallet, status: 'started' };
  order.payments.push(payment);
  if ('code' in judged) refuse(payment, judged.code, model.nowMs);
  return { word: payment.status, payment };
}

export function confirm(model: Model, payment: ModelPayment): string {
  if (payment.status === 'paid') return 'paid';
  if (payment.status === 'confirming') return 'code_sent';
  if (payment.status !== 'started' || isOver(model, payment.order)) return 'too_late';
  const judged = judge(model, payment.order, payment.wallet, { ignoreLock: false });
  if ('code' in judged) {
    refuse(payment, judged.code, model.nowMs);
    return 'refused';
  }
  if (judged.class === 'A') return post(model, payment);
  payment.status = 'confirming';
  payment.confirmation = { ...sentAt(model.nowMs), resends: 0 };
  return 'code_sent';
}

function sentAt(nowMs: number) {
  return { sentAtMs: nowMs, validUntilMs: nowMs + codeValidMs };
}

/** The posting itself, by PIN or by the code last sent. */
export function post(model: Model, payment: ModelPayment, by: 'pin' | 'code' = 'pin'): string {
  const { order, wallet } = payment;
  if (payment.status === 'paid') return 'paid';
  if (payment.finalAtMs !== null || order.status !== 'open') return 'too_late';
  const judged = judge(model, order, wallet, { ignoreLock: by === 'code' });
  if (isOver(model, order)) {
    endOrder(order, { status: 'expired', code: '11', atMs: model.nowMs });
    return 'too_late';
  }
  if ('code' in judged) {
    refuse(payment, judged.code, model.nowMs);
    return 'refused';
  }
  if (judged.class === 'B' && by === 'pin') return 'class_risen';
  if (!wallet.accountOpen) return 'failed';
  settle(model, payment, model.nowMs);
  if (by === 'code') {
    wallet.otpFailures = 0;
    wallet.otpLockedUntilMs = null;
  }
  return 'paid';
}

export function submit(model: Model, payment: ModelPayment, isRight: boolean): string {
  const { wallet, confirmation } = payment;
  if (payment.status === 'paid') return 'paid';
  if (payment.status !== 'confirming' || isOver(model, payment.order)) return 'too_late';
  if (confirmation === null || confirmation.validUntilMs <= model.nowMs) return 'code_expired';
  if (wallet.otpLockedUntilMs !== null && wallet.otpLockedUntilMs > model.nowMs) return 'no_attempt_left';
  wallet.otpFailures = wallet.otpLockedUntilMs === null ? wallet.otpFailures + 1 : 1;
  wallet.otpLockedUntilMs = wallet.otpFailures >= attemptsMax ? model.nowMs + lockMs : null;
  if (isRight) {
    const told = post(model, payment, 'code');
    // A right code that did not pay, for whatever reason, takes no attempt.
    if (told !== 'paid') {
      wallet.otpFailures = Math.max(wallet.otpFailures - 1, 0);
      wallet.otpLockedUntilMs = null;
    }
    return told;
  }
  if (wallet.otpFailures < attemptsMax) return 'wrong_code';
  refuse(payment, '13', model.nowMs);
  return 'refused';
}

export function resend(model: Model, payment: ModelPayment): string {
  const { confirmation } = payment;
  if (payment.status !== 'confirming' || confirmation === null) return 'too_late';
  if (isOver(model, payment.order)) return 'too_late';
  if (confirmation.resends >= resendsMax) return 'no_more';
  if (model.nowMs < confirmation.sentAtMs + resendWaitMs) return 'too_soon';
  payment.confirmation = { ...sentAt(model.nowMs), resends: confirmation.resends + 1 };
  return 'sent';
}

export function abandon(model: Model, payment: ModelPayment): string {
  if (payment.finalAtMs === null) {
    payment.status = 'cancelled';
    payment.finalAtMs = model.nowMs;
  }
  return 'abandoned';
}

/** Cancelled by the buyer; `refusedWith`: gone back to the shop after this refusal. */
export function cancel(model: Model, order: ModelOrder, refusedWith: string | null = null): string {
  if (order.status !== 'open') return `already_${order.status}`;
  if (expire(model, order) === 'expired') return 'already_expired';
  const result = refusedWith === null ? ['cancelled', '24'] : ['failed', refusedWith];
  const [status, code] = result as ['cancelled' | 'failed', string];
  endOrder(order, { status, code, atMs: model.nowMs });
  return status;
}

export function expire(model: Model, order: ModelOrder): string {
  if (order.status !== 'open' || !isOver(model, order)) return 'not_expired';
  endOrder(order, { status: 'expired', code: '11', atMs: model.nowMs });
  return 'expired';
}

export function expireDue(model: Model): { word: string; orders: ModelOrder[] } {
  const due = [...model.orders.values()].filter((order) => expire(model, order) === 'expired');
  return { word: `expired_${due.length}`, orders: due };
}
