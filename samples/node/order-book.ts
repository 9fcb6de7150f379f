// The shop's orders: in memory, and in one JSON file when the settings name one.
//
// The step that matters is `confirmOrder`: it takes a proven result once. Here that is safe because JavaScript
// runs it to its end before anything else. A shop with a database says the same in one statement and looks at the
// number of rows: update orders set state = $2 where merch_txn_ref = $1 and state = 'waiting'

import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import type { Product } from './products.ts';
import type { Protocol } from './shop-settings.ts';

/** `held`: the buyer has paid and the gateway is still checking; do not ship yet. */
export type OrderState = 'waiting' | 'paid' | 'held' | 'failed' | 'cancelled' | 'expired';

/** One thing this shop saw or did, shown on the order's page. */
export type OrderEvent = {
  at: Date;
  what: 'created' | 'refused' | 'return' | 'notification' | 'query';
  /** null where nothing is signed: the gateway's answer to our own call */
  signature: 'valid' | 'invalid' | null;
  responseCode: string | null;
  /** what we answered: an IPN's RspCode or an HTTP status */
  answered: string | null;
  /** the fields or bytes as received */
  received: string;
};

export type ShopOrder = {
  /** In the page's address: not to be guessed. */
  id: string;
  merchTxnRef: string;
  orderNo: string;
  product: string;
  amountDong: bigint;
  protocol: Protocol;
  locale: 'vi' | 'en';
  state: OrderState;
  responseCode: string | null;
  transactionNo: string | null;
  /** The checkout; null until the gateway has given one. */
  paymentUrl: string | null;
  /** REST only: ord_… */
  gatewayOrderId: string | null;
  createdAt: Date;
  returnedAt: Date | null;
  askedAt: Date | null;
  events: OrderEvent[];
};

/** A proven result, whatever the dialect. */
export type OrderResult = {
  orderNo: string;
  amountDong: bigint;
  state: OrderState;
  responseCode: string | null;
  transactionNo: string | null;
};

export type Confirmation = 'confirmed' | 'already_confirmed' | 'wrong_amount' | 'contradiction';

export type OrderBook = ReturnType<typeof openOrderBook>;

const ordersMax = 1_000;
const eventsMax = 40;
const webhookIdsMax = 5_000;

export function openOrderBook(dataFile: string | null, now: () => Date) {
  const { orders, webhookIds } = readBook(dataFile);
  let changes = 0;
  let savedChanges = 0;
  let writing: Promise<void> = Promise.resolve();

  return {
    /** Every order, newest first. */
    list: (): ShopOrder[] => [...orders.values()].reverse(),
    find: (id: string): ShopOrder | undefined => orders.get(id),
    findByReference: (protocol: Protocol, merchTxnRef: string): ShopOrder | undefined =>
      [...orders.values()].find((order) => order.merchTxnRef === merchTxnRef && order.protocol === protocol),
    hasWebhook: (id: string): boolean => webhookIds.has(id),

    add(product: Product, protocol: Protocol, locale: 'vi' | 'en'): ShopOrder {
      const order = newOrder(product, protocol, locale, now());
      orders.set(order.id, order);
      dropOldest(orders, ordersMax);
      changes += 1;
      return order;
    },

    addEvent(order: ShopOrder, event: Omit<OrderEvent, 'at'>) {
      // Anybody can send forged ones: they may fill the list, but not push out what is proven.
      if (order.events.length >= eventsMax && event.signature === 'invalid') return;
      order.events.push({ ...event, at: now(), received: event.received.slice(0, 4_000) });
      if (order.events.length > eventsMax) order.events.splice(1, 1);
      changes += 1;
    },

    addWebhook(id: string) {
      webhookIds.add(id);
      dropOldest(webhookIds, webhookIdsMax);
      changes += 1;
    },

    change(order: ShopOrder, fields: Partial<Pick<ShopOrder, ChangeableField>>) {
      Object.assign(order, fields);
      changes += 1;
    },

    /** Takes a proven result. Amount and order number are the shop's own; the gateway must say the same. */
    confirmOrder(order: ShopOrder, result: OrderResult): Confirmation {
      if (result.amountDong !== order.amountDong) return 'wrong_amount';
      if (result.orderNo !== order.orderNo) return 'contradiction';
      if (order.state !== 'waiting') {
        const same = order.state === result.state && order.responseCode === result.responseCode;
        return same ? 'already_confirmed' : 'contradiction';
      }
      if (result.state === 'waiting') return 'contradiction';
      order.state = result.state;
      order.responseCode = result.responseCode;
      order.transactionNo = result.transactionNo;
      changes += 1;
      return 'confirmed';
    },

    /** Returns when everything changed so far is in the file. Call it before answering 00: 00 ends the deliveries. */
    async saved(): Promise<void> {
      if (dataFile === null) return;
      const write = writing.then(async () => {
        if (savedChanges === changes) return;
        const taken = changes;
        await writeBook(dataFile, orders, webhookIds);
        savedChanges = taken;
      });
      writing = write.catch(() => undefined);
      await write;
    },
  };
}

type ChangeableField = 'paymentUrl' | 'gatewayOrderId' | 'returnedAt' | 'askedAt' | 'state' | 'responseCode';

function newOrder(product: Product, protocol: Protocol, locale: 'vi' | 'en', at: Date): ShopOrder {
  const day = new Date(at.getTime() + 7 * 3_600_000).toISOString().slice(2, 10).replaceAll('-', '');
  return {
    id: randomBytes(12).toString('hex'),
    merchTxnRef: `SD${day}${randomBytes(5).toString('hex').toUpperCase()}`,
    orderNo: `DH${day}${randomInt(1_000_000).toString().padStart(6, '0')}`,
    product: product.id,
    amountDong: product.priceDong,
    ...{ protocol, locale, state: 'waiting' },
    ...{ responseCode: null, transactionNo: null, paymentUrl: null, gatewayOrderId: null },
    ...{ createdAt: at, returnedAt: null, askedAt: null, events: [] },
  };
}

function dropOldest(entries: Map<string, unknown> | Set<string>, max: number) {
  for (const key of entries.keys()) {
    if (entries.size <= max) return;
    entries.delete(key);
  }
}

function readBook(dataFile: string | null) {
  const orders = new Map<string, ShopOrder>();
  if (dataFile === null || !existsSync(dataFile)) return { orders, webhookIds: new Set<string>() };
  const times = ['at', 'createdAt', 'returnedAt', 'askedAt'];
  const book = JSON.parse(readFileSync(dataFile, 'utf8'), (name, value: unknown) => {
    if (name === 'amountDong') return BigInt(String(value));
    return times.includes(name) && typeof value === 'string' ? new Date(value) : value;
  }) as { orders: ShopOrder[]; webhookIds: string[] };
  for (const order of book.orders) orders.set(order.id, order);
  return { orders, webhookIds: new Set(book.webhookIds) };
}

/** Beside the old file, flushed, then in its place: a crash leaves the old book or the new one, never half of one. */
async function writeBook(dataFile: string, orders: Map<string, ShopOrder>, webhookIds: Set<string>) {
  const book = { orders: [...orders.values()], webhookIds: [...webhookIds] };
  const text = JSON.stringify(book, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  const file = await open(`${dataFile}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${dataFile}.new`, dataFile);
}
