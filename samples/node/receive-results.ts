// How the shop learns what became of an order. Three ways, of very different worth:
//   the notification (IPN or webhook): signed, from server to server; it alone, or our own query, decides the order;
//   the query: we ask, over TLS, with our key;
//   the browser's return: signed, but through the buyer's hands; it only says that the buyer is back.

import type { ClassicResult } from './classic-fields.ts';
import type { Confirmation, OrderBook, OrderResult, OrderState, ShopOrder } from './order-book.ts';
import type { Protocol, Sites } from './shop-settings.ts';
import { getRestOrder, type RestOrder, verifyRestReturn, verifyWebhook } from './vipay-rest.ts';
import { verifyV1Result } from './vipay-v1.ts';
import { verifyV2Result } from './vipay-v2.ts';

export type IpnAnswer = { RspCode: '00' | '01' | '02' | '04' | '97' | '99'; Message: string };

type Classic = Exclude<Protocol, 'rest'>;

const queryAfterMs = 5_000;

const ipnAnswers: Record<Confirmation, IpnAnswer> = {
  confirmed: { RspCode: '00', Message: 'Confirmed' },
  already_confirmed: { RspCode: '02', Message: 'Already confirmed' },
  wrong_amount: { RspCode: '04', Message: 'Wrong amount' },
  contradiction: { RspCode: '99', Message: 'Not what this shop knows of the order' },
};

const webhookAnswers: Record<Confirmation, number> = {
  confirmed: 204,
  already_confirmed: 204,
  wrong_amount: 422,
  contradiction: 409,
};

/** A classic notification. The caller must not answer 00 or 02 before the book is saved. */
export function receiveIpn(book: OrderBook, sites: Sites, protocol: Classic, query: string): IpnAnswer {
  const result = verifyClassic(sites, protocol, query);
  const order = book.findByReference(protocol, result?.merchTxnRef ?? namedReference(query));
  const answer = decide();
  if (order) {
    book.addEvent(order, {
      what: 'notification',
      signature: result ? 'valid' : 'invalid',
      responseCode: result?.responseCode ?? null,
      answered: answer.RspCode,
      received: result ? fieldLines(result.received) : query,
    });
  }
  return answer;

  function decide(): IpnAnswer {
    if (!result) return { RspCode: '97', Message: 'Wrong signature' };
    if (!order) return { RspCode: '01', Message: 'Order not found' };
    return ipnAnswers[book.confirmOrder(order, classicOrderResult(result))];
  }
}

/** A webhook of the REST API: the HTTP status to answer; 204 ends the deliveries. */
export function receiveWebhook(
  book: OrderBook,
  sites: Sites,
  headers: Record<string, string | string[] | undefined>,
  body: Buffer,
  now: Date,
): number {
  const webhook = sites.rest && verifyWebhook(sites.rest, headers, body, now);
  if (!webhook) return 401;
  const order = book.findByReference('rest', webhook.order.merch_txn_ref);
  if (!order) return 404;
  const repeated = book.hasWebhook(webhook.id);
  const told = webhook.type === `order.${webhook.order.status}`;
  const confirmation = told ? book.confirmOrder(order, restOrderResult(webhook.order)) : 'contradiction';
  const status = repeated ? 204 : webhookAnswers[confirmation];
  if (status === 204) book.addWebhook(webhook.id);
  book.addEvent(order, {
    ...{ what: 'notification', signature: 'valid', responseCode: webhook.order.response_code },
    ...{ answered: String(status), received: body.toString('utf8') },
  });
  return status;
}

/** The browser is back. Never changes the order's state; null: not believed. */
export function receiveReturn(
  book: OrderBook,
  sites: Sites,
  protocol: Protocol,
  query: string,
  now: Date,
): { believed: boolean; order: ShopOrder | undefined } {
  const result = protocol === 'rest' ? verifyRest(sites, query) : verifyClassic(sites, protocol, query);
  const order = book.findByReference(protocol, result?.merchTxnRef ?? namedReference(query));
  if (order) {
    if (result && !order.returnedAt) book.change(order, { returnedAt: now });
    book.addEvent(order, {
      what: 'return',
      signature: result ? 'valid' : 'invalid',
      responseCode: result?.responseCode ?? null,
      answered: null,
      received: result && 'received' in result ? fieldLines(result.received) : query,
    });
  }
  return { believed: result !== null, order };
}

/** Asks the gateway (REST) when nothing was heard for five seconds, at most once in five seconds. */
export async function askWhenSilent(book: OrderBook, sites: Sites, order: ShopOrder, now: Date) {
  if (order.state !== 'waiting' || !sites.rest || !order.gatewayOrderId) return;
  const lastHeard = Math.max(
    ...[order.createdAt, order.returnedAt, order.askedAt].map((at) => at?.getTime() ?? 0),
  );
  if (now.getTime() - lastHeard < queryAfterMs) return;
  book.change(order, { askedAt: now });
  takeAnswer(book, order, await getRestOrder(sites.rest, order.gatewayOrderId));
}

/** Takes what the gateway answered to a call of ours. While the order is open there is nothing to note. */
export function takeAnswer(
  book: OrderBook,
  order: ShopOrder,
  answer: Awaited<ReturnType<typeof getRestOrder>>,
) {
  if (!answer.ok || answer.order.status === 'open') return;
  if (answer.order.merch_txn_ref !== order.merchTxnRef) return;
  if (book.confirmOrder(order, restOrderResult(answer.order)) !== 'confirmed') return;
  book.addEvent(order, {
    ...{ what: 'query', signature: null, responseCode: answer.order.response_code },
    ...{ answered: null, received: JSON.stringify(answer.order, null, 2) },
  });
}

function verifyClassic(sites: Sites, protocol: Classic, query: string): ClassicResult | null {
  if (protocol === 'classic-v1')
    return sites['classic-v1'] ? verifyV1Result(sites['classic-v1'], query) : null;
  return sites['classic-v2'] ? verifyV2Result(sites['classic-v2'], query) : null;
}

function verifyRest(sites: Sites, query: string) {
  return sites.rest ? verifyRestReturn(sites.rest, query) : null;
}

function classicOrderResult(result: ClassicResult): OrderResult {
  const states: Record<string, OrderState> = {
    '00': 'paid',
    '07': 'held',
    '24': 'cancelled',
    '11': 'expired',
  };
  // 68 and 75 say "not known yet": nothing to confirm, let the gateway come again.
  const unknown = result.responseCode === '68' || result.responseCode === '75';
  const state = unknown ? 'waiting' : (states[result.responseCode] ?? 'failed');
  return { ...result, state };
}

function restOrderResult(order: RestOrder): OrderResult {
  const held = order.status === 'paid' && order.response_code === '07';
  return {
    orderNo: order.order_no,
    amountDong: BigInt(order.amount),
    state: held ? 'held' : order.status === 'open' ? 'waiting' : order.status,
    responseCode: order.response_code,
    transactionNo: order.transaction_no,
  };
}

/** Only to show a forged message beside the order it names; nothing is believed of it. */
function namedReference(query: string): string {
  return new URLSearchParams(query).get('merch_txn_ref') ?? '';
}

function fieldLines(fields: Record<string, string>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name} = ${value}`)
    .join('\n');
}
