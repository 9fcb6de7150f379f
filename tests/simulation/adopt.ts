// When several calls run at once, nobody can know which was first. The model checks that the books' result is
// allowed and that every caller was told the truth, and then takes that result over.

import type { Outcome } from '../support/worker-protocol.ts';
import type { Books, BooksOrder, BooksPayment } from './books.ts';
import { day, type Model, type ModelOrder, type ModelPayment, moveMoney, paidIn, topUp } from './model.ts';
import type { Resolved } from './resolve-call.ts';
import { classATotalDong, judge } from './rules.ts';

/** A caller, and what it was told; null: its process died before. */
export type Answer = { asked: Resolved; outcome: Outcome | null };

const liveStates = ['started', 'confirming'];

/** Takes the books over into the model, and reports differences that the rules do not allow. */
export function adoptBooks(model: Model, books: Books, answers: Answer[]): string[] {
  const faults: string[] = [];
  const paidByPin = new Map<string, { dong: bigint; beforeDong: bigint }>();
  for (const order of new Set(answers.flatMap(({ asked }) => asked.orders))) {
    const found = books.orders.find(({ id }) => id === order.id);
    if (!found) {
      faults.push(`order ${order.id} is not there`);
      continue;
    }
    faults.push(...findUnlawful(order, found));
    for (const payment of order.payments) {
      const row = found.payments.find(({ id }) => id === payment.id);
      if (row) noteClass(payment, row, paidByPin);
    }
  }
  for (const [who, { dong, beforeDong }] of paidByPin) {
    if (beforeDong + dong > classATotalDong)
      faults.push(`wallet ${who} paid ${dong} dong by PIN alone after ${beforeDong} that day`);
  }
  for (const order of new Set(answers.flatMap(({ asked }) => asked.orders))) {
    const found = books.orders.find(({ id }) => id === order.id);
    if (found) adoptOrder(model, order, found);
  }
  for (const wallet of model.wallets) {
    const row = books.wallets.find(({ id }) => id === wallet.id);
    wallet.otpFailures = row?.failures ?? 0;
    wallet.otpLockedUntilMs = row?.lockedUntilMs ?? null;
  }
  adoptTopUps(model, books, answers);
  return [...faults, ...answers.flatMap((answer) => findLies(books, answer))];
}

/** Changes that no order of events explains. */
function findUnlawful(order: ModelOrder, found: BooksOrder): string[] {
  const faults: string[] = [];
  const paid = found.payments.filter(({ status }) => status === 'paid').length;
  const live = found.payments.filter(({ status }) => liveStates.includes(status)).length;
  if (order.status !== 'open' && (found.status !== order.status || found.code !== order.code))
    faults.push(`order ${order.id} had its result ${order.status} and is ${found.status} (${found.code})`);
  if (paid !== (found.status === 'paid' ? 1 : 0) || (found.status === 'paid') !== (found.code === '00'))
    faults.push(`order ${order.id} is ${found.status} (${found.code}) with ${paid} paid payments`);
  if (found.status !== 'open' && live > 0)
    faults.push(`order ${order.id} is ${found.status} with ${live} payments under way`);
  for (const payment of order.payments) {
    const row = found.payments.find(({ id }) => id === payment.id);
    if (payment.finalAtMs !== null && row?.status !== payment.status)
      faults.push(`payment ${payment.id} was ${payment.status} and is ${row?.status}`);
    if (row?.status === 'paid' && row.class === 'B' && row.confirmation?.spent !== true)
      faults.push(`payment ${payment.id} was paid by a code that is not spent`);
  }
  return faults;
}

/**
 * By PIN a wallet pays no more than class A in a day. The last of these payments came after all the others.
 */
function noteClass(
  payment: ModelPayment,
  row: BooksPayment,
  noted: Map<string, { dong: bigint; beforeDong: bigint }>,
): void {
  if (row.status !== 'paid' || payment.status === 'paid' || row.class !== 'A' || row.finalAtMs === null)
    return;
  const date = day(row.finalAtMs);
  const key = `${payment.wallet.phone} on ${date}`;
  const sum = noted.get(key) ?? { dong: 0n, beforeDong: paidIn(payment.wallet, date) };
  noted.set(key, { ...sum, dong: sum.dong + payment.order.amountDong });
}

function adoptOrder(model: Model, order: ModelOrder, found: BooksOrder): void {
  order.status = found.status as ModelOrder['status'];
  order.code = found.code;
  for (const payment of order.payments) {
    const row = found.payments.find(({ id }) => id === payment.id);
    if (!row) continue;
    if (row.status === 'paid' && payment.status !== 'paid' && row.finalAtMs !== null)
      moveMoney(model, payment, row.finalAtMs);
    payment.status = row.status as ModelPayment['status'];
    payment.refusalCode = row.code;
    payment.finalAtMs = row.finalAtMs;
    payment.confirmation = row.confirmation;
  }
}

function adoptTopUps(model: Model, books: Books, answers: Answer[]): void {
  for (const { asked } of answers) {
    const { call, operation } = asked;
    if (call.do !== 'top_up' || operation.do !== 'top_up') continue;
    const wallet = model.wallets.find(({ phone }) => phone === operation.phone);
    const { transferId, amountDong } = operation;
    if (!wallet || model.topUps.has(call.topUp) || !books.topUps.includes(transferId)) continue;
    model.topUps.set(call.topUp, { transferId, wallet, amountDong });
    topUp(model, wallet, amountDong);
  }
}

/** What the caller was told, against the books. */
function findLies(books: Books, { asked, outcome }: Answer): string[] {
  if (outcome === null) return [];
  const { call, operation, payments, orders } = asked;
  const words = outcome.outcome.split(',');
  const lie = (what: string) => [`${call.do} was answered ${outcome.outcome}, and ${what}`];
  if (operation.do === 'top_up') {
    const isThere = books.topUps.includes(operation.transferId);
    return ['posted', 'repeated'].includes(outcome.outcome) && !isThere
      ? lie('it is not in the journal')
      : [];
  }
  if (call.do === 'cancel' || call.do === 'expire') {
    const status = books.orders.find(({ id }) => id === orders[0]?.id)?.status;
    const told = outcome.outcome.replace('already_', '');
    return told !== 'not_expired' && told !== 'threw' && told !== status ? lie(`the order is ${status}`) : [];
  }
  return payments.flatMap((payment, at) => {
    const status = books.orders
      .flatMap((order) => order.payments)
      .find(({ id }) => id === payment.id)?.status;
    return mayBe(words[at] ?? '', status ?? '') ? [] : lie(`payment ${payment.id} is ${status}`);
  });
}

function mayBe(word: string, status: string): boolean {
  switch (word) {
    case 'paid':
      return status === 'paid';
    case 'refused':
      return status === 'refused';
    case 'too_late':
      return status !== 'paid';
    case 'code_sent':
      return status !== 'started';
    default:
      return true;
  }
}

/**
 * While only confirmations ran, money and limits only became less. So a payment refused for lack of them
 * would be refused at the end too. This is not true of a lock by wrong codes, which a right code ends.
 */
export function findNeedless(model: Model, answers: Answer[]): string[] {
  return answers.flatMap(({ asked, outcome }) => {
    const words = outcome?.outcome.split(',') ?? [];
    return asked.payments.flatMap((payment, at) => {
      const { order, wallet, refusalCode } = payment;
      if (words[at] !== 'refused' || refusalCode === '12' || refusalCode === '13') return [];
      const judged = judge(model, order, wallet, { ignoreLock: true });
      return 'code' in judged
        ? []
        : [`payment ${payment.id} was refused (${refusalCode}) and would fit even now`];
    });
  });
}
