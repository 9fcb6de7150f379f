// The shop's routes, under the path of its public address: the goods, buying, an order's page, the returns and the
// notifications.

import type { IncomingMessage } from 'node:http';
import type { Html } from './html.ts';
import type { OrderBook, ShopOrder } from './order-book.ts';
import { messagePage, orderPage, shopPage } from './pages.ts';
import { findProduct } from './products.ts';
import { askWhenSilent, receiveIpn, receiveReturn, receiveWebhook, takeAnswer } from './receive-results.ts';
import { type Protocol, protocols, type ShopSettings } from './shop-settings.ts';
import { cancelRestOrder, createRestOrder } from './vipay-rest.ts';
import { buildV1PaymentUrl } from './vipay-v1.ts';
import { buildV2PaymentUrl } from './vipay-v2.ts';
import { type Locale, words } from './words.ts';

const bodyBytesMax = 65_536;
const refreshSeconds = 2;
const refreshForMs = 30 * 60_000;

export type Answer = { status: number; headers?: Record<string, string>; html?: Html; json?: unknown };
type Request = { method: string; path: string; query: string; incoming: IncomingMessage };

/** Answers one request; throws only on a fault of the shop itself. */
export function buildRoutes(settings: ShopSettings, book: OrderBook, now: () => Date) {
  const { sites, publicUrl } = settings;
  const prefix = new URL(publicUrl).pathname.replace(/\/$/, '');
  const offered = protocols.filter((protocol) => sites[protocol] !== undefined);

  return async ({ method, path, query, incoming }: Request): Promise<Answer> => {
    const locale = localeOf(query);
    const look = { prefix, locale };
    const route = path === prefix ? '/' : path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : '';
    const read = method === 'GET' || method === 'HEAD';

    if (read && route === '/') return { status: 200, html: shopPage(look, offered) };
    if (method === 'POST' && route === '/buy') return buy(await readBody(incoming));
    // For tests and curious developers. A real shop shows nobody the orders of others.
    if (read && route === '/orders.json')
      return { status: 200, json: { orders: book.list().map(orderJson) } };

    const [, id, act] = /^\/orders\/([0-9a-f]{24})(\/cancel)?$/.exec(route) ?? [];
    const order = id === undefined ? undefined : book.find(id);
    if (order && !act && read) return showOrder(order, query);
    if (order && act && method === 'POST') return cancel(order, await readBody(incoming));

    const protocol = { v1: 'classic-v1', v2: 'classic-v2', rest: 'rest' }[
      route.split('/')[2] ?? ''
    ] as Protocol;
    if (method === 'GET' && /^\/return\/(v1|v2|rest)$/.test(route)) return comeBack(protocol, query);
    if (method === 'GET' && /^\/ipn\/(v1|v2)$/.test(route) && protocol !== 'rest') {
      const answer = receiveIpn(book, sites, protocol, query);
      // 00 and 02 end the deliveries, so the order must be on the disk first. If that fails, the gateway gets a
      // 500 and comes again.
      if (answer.RspCode === '00' || answer.RspCode === '02') await book.saved();
      return { status: 200, json: answer };
    }
    if (method === 'POST' && route === '/webhook') {
      const body = await readBody(incoming);
      if (body === null) return { status: 413 };
      const status = receiveWebhook(book, sites, incoming.headers, body, now());
      if (status === 204) await book.saved();
      return { status };
    }
    return { status: 404, html: messagePage(look, words.notFound[locale], words.notFoundText[locale]) };
  };

  /** Makes the order, writes it down, and only then tells the gateway: a notification can be faster than we are. */
  async function buy(body: Buffer | null): Promise<Answer> {
    const form = new URLSearchParams(body?.toString('utf8') ?? '');
    const locale: Locale = form.get('lang') === 'en' ? 'en' : 'vi';
    const product = findProduct(form.get('product') ?? '');
    const protocol = offered.find((one) => one === form.get('protocol'));
    if (!product || !protocol) {
      const page = messagePage({ prefix, locale }, words.badForm[locale], words.badFormText[locale]);
      return { status: 400, html: page };
    }
    const order = book.add(product, protocol, locale);
    book.addEvent(order, {
      what: 'created',
      signature: null,
      responseCode: null,
      answered: null,
      received: '',
    });
    await book.saved();
    await openPayment(order, `${product.name[locale]} (${order.orderNo})`);
    await book.saved();
    return seeOther(order.paymentUrl ?? `${publicUrl}/orders/${order.id}?lang=${locale}`);
  }

  async function openPayment(order: ShopOrder, description: string) {
    const { merchTxnRef, orderNo, amountDong, locale } = order;
    // The return URL may have parameters of its own; the gateway adds the result to them.
    const back = (route: string) => `${publicUrl}/return/${route}${locale === 'en' ? '?lang=en' : ''}`;
    const classic = { merchTxnRef, orderNo, amountDong, description, locale };
    if (order.protocol === 'classic-v1' && sites['classic-v1']) {
      const paymentUrl = buildV1PaymentUrl(sites['classic-v1'], { ...classic, returnUrl: back('v1') });
      book.change(order, { paymentUrl });
    } else if (order.protocol === 'classic-v2' && sites['classic-v2']) {
      const paymentUrl = buildV2PaymentUrl(sites['classic-v2'], { ...classic, returnUrl: back('v2') });
      book.change(order, { paymentUrl });
    } else if (sites.rest) {
      const named = {
        merch_txn_ref: merchTxnRef,
        order_no: orderNo,
        amount: String(amountDong),
        description,
      };
      const answer = await createRestOrder(
        sites.rest,
        { ...named, return_url: back('rest'), locale },
        merchTxnRef,
      );
      if (answer.ok && /^https?:/.test(answer.order.checkout_url)) {
        book.change(order, { paymentUrl: answer.order.checkout_url, gatewayOrderId: answer.order.id });
      } else if (!answer.ok) {
        const { status, code, detail, traceId } = answer.refusal;
        const received = [`${status} ${detail}`, traceId && `trace_id = ${traceId}`]
          .filter(Boolean)
          .join('\n');
        book.addEvent(order, {
          what: 'refused',
          signature: null,
          responseCode: code,
          answered: null,
          received,
        });
        // A refusal is an end. No answer is not: the order may exist, and then its webhook will say how it ended.
        if (status >= 400 && status < 500) book.change(order, { state: 'failed', responseCode: code });
      }
    }
  }

  async function showOrder(order: ShopOrder, query: string): Promise<Answer> {
    await askWhenSilent(book, sites, order, now());
    const parameters = new URLSearchParams(query);
    const locale = parameters.has('lang') ? localeOf(query) : order.locale;
    const young = now().getTime() - order.createdAt.getTime() < refreshForMs;
    const refreshing =
      order.state === 'waiting' && order.paymentUrl !== null && young && !parameters.has('stay');
    return {
      status: 200,
      headers: refreshing ? { refresh: String(refreshSeconds) } : {},
      html: orderPage({ prefix, locale }, order, refreshing),
    };
  }

  async function cancel(order: ShopOrder, body: Buffer | null): Promise<Answer> {
    const locale = new URLSearchParams(body?.toString('utf8') ?? '').get('lang') === 'en' ? 'en' : 'vi';
    if (sites.rest && order.gatewayOrderId && order.state === 'waiting') {
      const answer = await cancelRestOrder(sites.rest, order.gatewayOrderId, `cancel-${order.merchTxnRef}`);
      takeAnswer(book, order, answer);
    }
    return seeOther(`${publicUrl}/orders/${order.id}?lang=${locale}`);
  }

  function comeBack(protocol: Protocol, query: string): Answer {
    const { believed, order } = receiveReturn(book, sites, protocol, query, now());
    if (believed && order) return seeOther(`${publicUrl}/orders/${order.id}?lang=${order.locale}`);
    const look = { prefix, locale: localeOf(query) };
    const [title, text] = believed
      ? [words.notFound, words.notFoundText]
      : [words.notBelieved, words.notBelievedText];
    return { status: believed ? 404 : 400, html: messagePage(look, title[look.locale], text[look.locale]) };
  }
}

function seeOther(address: string): Answer {
  return { status: 303, headers: { location: address } };
}

function orderJson(order: ShopOrder) {
  return {
    ...{ id: order.id, merch_txn_ref: order.merchTxnRef, order_no: order.orderNo, protocol: order.protocol },
    ...{ amount: String(order.amountDong), state: order.state, response_code: order.responseCode },
    ...{ transaction_no: order.transactionNo, gateway_order_id: order.gatewayOrderId },
    ...{ created_at: order.createdAt.toISOString(), returned_at: order.returnedAt?.toISOString() ?? null },
    events: order.events.map(({ at, what, signature, responseCode, answered }) => {
      return { at: at.toISOString(), what, signature, response_code: responseCode, answered };
    }),
  };
}

export function localeOf(query: string): Locale {
  return new URLSearchParams(query).get('lang') === 'en' ? 'en' : 'vi';
}

/** The body's bytes; null when it is longer than a form or a webhook ever is. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    length += part.length;
    // Too long: read on without keeping it (the request's time limit ends that), so that the answer arrives.
    if (length <= bodyBytesMax) parts.push(part);
  }
  return length <= bodyBytesMax ? Buffer.concat(parts) : null;
}
