// From a step's numbers to an operation of the gateway, and what it must answer when nothing else happens.

import { createHash } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import type { Operation, Outcome } from '../support/worker-protocol.ts';
import { findCode } from './find-code.ts';
import { day, type ModelOrder, type ModelPayment, type ModelWallet, month, paidIn, topUp } from './model.ts';
import * as rules from './rules.ts';
import type { Stage } from './stage.ts';
import type { Amount, Call } from './steps.ts';

export type Resolved = {
  call: Call;
  operation: Operation;
  /** What it may touch. */
  orders: ModelOrder[];
  payments: ModelPayment[];
  /** Does it to the model; the gateway's own word for what must happen. */
  predict(): string;
  /** Takes over the id of what was made. */
  made?(outcome: Outcome): void;
};

/** Null when what it speaks of was never made. */
export async function resolveCall(stage: Stage, call: Call): Promise<Resolved | null> {
  const { model } = stage;
  switch (call.do) {
    case 'place':
    case 'place_again':
      return resolvePlacing(stage, call);
    case 'start':
      return resolveStart(stage, call);
    case 'confirm':
    case 'submit':
    case 'resend':
    case 'abandon':
      return resolveOfPayment(stage, call);
    case 'cancel':
    case 'give_up':
    case 'expire':
      return resolveOfOrder(stage, call);
    case 'expire_due': {
      const orders: ModelOrder[] = [];
      const predict = () => {
        const due = rules.expireDue(model);
        orders.push(...due.orders);
        return due.word;
      };
      return { call, operation: { do: 'expire_due' }, orders, payments: [], predict };
    }
    case 'top_up':
      return resolveTopUp(stage, call);
    case 'post': {
      const payments = call.payments.flatMap((number) => model.payments.get(number) ?? []);
      if (payments.length === 0) return null;
      return {
        call,
        operation: { do: 'post', paymentIds: payments.map(({ id }) => id) },
        orders: ordersOf(payments),
        payments,
        predict: () => payments.map((payment) => rules.post(model, payment)).join(','),
      };
    }
  }
}

export function ordersOf(payments: ModelPayment[]): ModelOrder[] {
  return [...new Set(payments.map((payment) => payment.order))];
}

function resolvePlacing(
  { model, seed }: Stage,
  call: Extract<Call, { do: 'place' | 'place_again' }>,
): Resolved | null {
  if (call.do === 'place_again') {
    const order = model.orders.get(call.order);
    if (!order) return null;
    const { site, merchTxnRef, amountDong } = order;
    const again = { do: 'place', site: siteNow(site), merchTxnRef } as const;
    return {
      call,
      operation: { ...again, amountDong: amountDong + call.plusDong },
      orders: [order],
      payments: [],
      predict: () => (call.plusDong === 0n ? 'found' : 'refused_94'),
    };
  }
  const site = model.sites[call.site];
  if (!site) throw new Error(`no site ${call.site}`);
  const amountDong = toDong(model, call.amount);
  const merchTxnRef = `S${seed}-${call.order}`;
  const orders: ModelOrder[] = [];
  return {
    call,
    operation: { do: 'place', site: siteNow(site), merchTxnRef, amountDong },
    orders,
    payments: [],
    predict() {
      const placed = rules.place(model, site, merchTxnRef, amountDong);
      if (placed.order) orders.push(placed.order);
      return placed.word;
    },
    made(outcome) {
      const [order] = orders;
      if (!order || !('id' in outcome)) return;
      order.id = outcome.id ?? '';
      model.orders.set(call.order, order);
    },
  };
}

/** As an entrance would have read it for this request. */
function siteNow({ site, active }: ModelOrder['site']) {
  return { ...site, active };
}

function resolveStart({ model }: Stage, call: Extract<Call, { do: 'start' }>): Resolved | null {
  const order = model.orders.get(call.order);
  const wallet = model.wallets[call.wallet];
  if (!order || !wallet) return null;
  let started: ModelPayment | null = null;
  return {
    call,
    operation: {
      do: 'start',
      orderId: order.id,
      walletId: wallet.id,
      checkoutSessionId: sessionOf(order, wallet),
    },
    orders: [order],
    payments: [],
    predict() {
      const { word, payment } = rules.start(model, order, wallet);
      started = payment;
      return word;
    },
    made(outcome) {
      if (started === null || !('id' in outcome)) return;
      started.id = outcome.id ?? '';
      model.payments.set(call.payment, started);
    },
  };
}

/** The session of one wallet at the checkout of one order: any uuid, always the same. */
function sessionOf(order: ModelOrder, wallet: ModelWallet): string {
  const hex = createHash('sha256').update(order.id).update(wallet.id).digest('hex').slice(0, 32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

async function resolveOfPayment(
  stage: Stage,
  call: Extract<Call, { do: 'confirm' | 'submit' | 'resend' | 'abandon' }>,
): Promise<Resolved | null> {
  const { model } = stage;
  const payment = model.payments.get(call.payment);
  if (!payment) return null;
  const touched = { call, orders: [payment.order], payments: [payment] };
  const paymentId = payment.id;
  switch (call.do) {
    case 'confirm': {
      const predict = () => orThrew(rules.confirm(model, payment));
      return { ...touched, operation: { do: 'confirm', paymentId }, predict };
    }
    case 'submit': {
      const { otp, isRight } = await findCode(stage, payment, call.code);
      const predict = () => orThrew(rules.submit(model, payment, isRight));
      return { ...touched, operation: { do: 'submit', paymentId, otp }, predict };
    }
    case 'resend': {
      if (payment.status === 'confirming') payment.oldCode = (await findCode(stage, payment, 'right')).otp;
      return {
        ...touched,
        operation: { do: 'resend', paymentId },
        predict: () => rules.resend(model, payment),
      };
    }
    case 'abandon':
      return {
        ...touched,
        operation: { do: 'abandon', paymentId },
        predict: () => rules.abandon(model, payment),
      };
  }
}

/** A posting that broke an invariant is an exception for its caller. */
function orThrew(word: string): string {
  return word === 'failed' ? 'threw' : word;
}

function resolveOfOrder(
  { model }: Stage,
  call: Extract<Call, { do: 'cancel' | 'give_up' | 'expire' }>,
): Resolved | null {
  const order = model.orders.get(call.order);
  if (!order) return null;
  const orderId = order.id;
  const touched = { call, orders: [order], payments: [] };
  if (call.do === 'cancel')
    return { ...touched, operation: { do: 'cancel', orderId }, predict: () => rules.cancel(model, order) };
  if (call.do === 'expire')
    return { ...touched, operation: { do: 'expire', orderId }, predict: () => rules.expire(model, order) };
  const wallet = model.wallets[call.wallet];
  if (!wallet) throw new Error(`no wallet ${call.wallet}`);
  const predict = () => {
    const last = order.payments.findLast((payment) => payment.wallet === wallet);
    return rules.cancel(model, order, last?.status === 'refused' ? last.refusalCode : null);
  };
  const checkoutSessionId = sessionOf(order, wallet);
  return { ...touched, operation: { do: 'give_up', orderId, checkoutSessionId }, predict };
}

function resolveTopUp({ model }: Stage, call: Extract<Call, { do: 'top_up' }>): Resolved {
  const known = model.topUps.get(call.topUp);
  const asked = known ?? {
    transferId: uuidv7(),
    wallet: model.wallets[call.wallet] as ModelWallet,
    amountDong: call.amountDong,
  };
  const { transferId, amountDong, wallet } = asked;
  return {
    call,
    operation: { do: 'top_up', phone: wallet.phone, amountDong, transferId },
    orders: [],
    payments: [],
    predict() {
      if (known) return 'repeated';
      if (!wallet.accountOpen) return 'account_closed';
      model.topUps.set(call.topUp, asked);
      topUp(model, wallet, amountDong);
      return 'posted';
    },
  };
}

function toDong(model: Stage['model'], amount: Amount): bigint {
  if ('dong' in amount) return amount.dong;
  const wallet = model.wallets[amount.wallet];
  if (!wallet) throw new Error(`no wallet ${amount.wallet}`);
  const today = paidIn(wallet, day(model.nowMs));
  const left = {
    balance: wallet.balanceDong,
    day: wallet.limits.dailyDong - today,
    month: wallet.limits.monthlyDong - paidIn(wallet, month(model.nowMs)),
    class_a: rules.classATotalDong - today,
  }[amount.leftOf];
  const dong = left / amount.share + amount.plusDong;
  return dong < 1n ? 1n : dong;
}
