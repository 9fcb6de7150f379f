// The shops of a soak: they place orders in their dialect, ask what became of them, cancel some, and write down
// whatever they were told, to be held against the books at the end.

import type { MerchantSite, SiteCredentials } from '../../src/business/merchants/index.ts';
import { v1Fields, v1Url, v2Url } from '../support/entrance-app.ts';
import { type Answer, NoAnswer, type Web, type WebRequest } from './web.ts';

export type Shop = { site: MerchantSite; credentials: SiteCredentials };

/** One order as its shop and its buyer know it. */
export type Entry = {
  reference: string;
  shop: Shop;
  amountDong: number;
  /** Of a REST order; null for others. */
  orderId: string | null;
  /** Where the shop sends the buyer. */
  path: string;
  /** Final states that somebody was told. */
  told: Set<string>;
};

export type Clerk = {
  journal: Map<string, Entry>;
  violations: string[];
  /** Places an order; null when the gateways did not take it in several tries. */
  place(shop: Shop, reference: string, amountDong: number): Promise<Entry | null>;
  /** Asks by id or by reference, REST alone. */
  ask(entry: Entry, by: 'id' | 'reference'): Promise<void>;
  cancel(entry: Entry): Promise<void>;
};

const triesMax = 8;

export function createClerk(web: Web, pause: () => Promise<unknown>): Clerk {
  const journal = new Map<string, Entry>();
  const violations: string[] = [];

  /** The same request again until it is answered by something else than "later". */
  const insist = async (request: WebRequest): Promise<Answer | null> => {
    for (let tries = 0; tries < triesMax; tries += 1) {
      const answer = await web.send(request).catch((error: unknown) => {
        if (error instanceof NoAnswer) return null;
        throw error;
      });
      const isInFlight = answer?.status === 409 && (answer.body.includes('request-in-flight') ?? false);
      if (answer !== null && answer.status !== 503 && !isInFlight) return answer;
      await pause();
    }
    return null;
  };

  const note = (entry: Entry, answer: Answer): void => {
    const found = JSON.parse(answer.body) as Record<string, unknown>;
    const order = (Array.isArray(found.data) ? found.data[0] : (found.order ?? found)) as
      | { status?: string; merch_txn_ref?: string; amount?: string }
      | undefined;
    if (order?.merch_txn_ref !== entry.reference || order.amount !== String(entry.amountDong)) {
      violations.push(
        `${entry.reference}: a question was answered ${answer.status} ${answer.body.slice(0, 300)}`,
      );
    } else if (order.status !== undefined && order.status !== 'open') entry.told.add(order.status);
  };

  const rest = (entry: Pick<Entry, 'shop'>, request: Omit<WebRequest, 'headers'> & { key?: string }) => {
    const { key, ...more } = request;
    const isJson = more.body === undefined ? {} : { 'content-type': 'application/json' };
    const authorization = `Bearer ${entry.shop.credentials.api_key}`;
    const idempotency = key === undefined ? {} : { 'idempotency-key': key };
    return insist({ ...more, headers: { authorization, ...isJson, ...idempotency } });
  };

  return {
    journal,
    violations,
    async place(shop, reference, amountDong) {
      const answer =
        shop.site.protocol === 'rest'
          ? await rest({ shop }, { kind: 'order', key: reference, ...restOrder(reference, amountDong) })
          : await insist({ method: 'GET', kind: 'order', path: classicPath(shop, reference, amountDong) });
      if (answer === null) return null;
      const placed = readPlaced(answer);
      if (placed === null) {
        violations.push(`${reference}: the order was answered ${answer.status} ${answer.body.slice(0, 500)}`);
        return null;
      }
      const entry = { reference, shop, amountDong, ...placed, told: new Set<string>() };
      journal.set(reference, entry);
      return entry;
    },
    async ask(entry, by) {
      if (entry.orderId === null) return;
      const byReference = `/v3/orders?merch_txn_ref=${encodeURIComponent(entry.reference)}`;
      const path = by === 'id' ? `/v3/orders/${entry.orderId}` : byReference;
      const answer = await rest(entry, { method: 'GET', kind: 'query', path });
      if (answer !== null) note(entry, answer);
    },
    async cancel(entry) {
      if (entry.orderId === null) return;
      const path = `/v3/orders/${entry.orderId}/cancel`;
      const key = `cancel-${entry.reference}`;
      const answer = await rest(entry, { method: 'POST', kind: 'cancel', path, key, body: '{}' });
      if (answer !== null) note(entry, answer);
    },
  };
}

function restOrder(reference: string, amountDong: number) {
  const body = {
    merch_txn_ref: reference,
    order_no: reference,
    amount: String(amountDong),
    description: 'Sen đá và chậu gốm Bát Tràng',
    return_url: 'https://shop.example/ket-qua',
  };
  return { method: 'POST' as const, path: '/v3/orders', body: JSON.stringify(body) };
}

function classicPath({ site, credentials }: Shop, reference: string, amountDong: number): string {
  const fields = v1Fields(credentials, {
    version: site.protocol === 'classic-v1' ? '1.0' : '2.0',
    merch_txn_ref: reference,
    order_no: reference,
    total_amount: String(amountDong * 100),
  });
  return site.protocol === 'classic-v1' ? v1Url(credentials, fields) : v2Url(credentials, fields);
}

function readPlaced({ status, headers, body }: Answer): Pick<Entry, 'orderId' | 'path'> | null {
  const pathOf = (url: string) => {
    const { pathname, search } = new URL(url);
    return pathname + search;
  };
  if (status === 302) return { orderId: null, path: pathOf(String(headers.location)) };
  if (status !== 201 && status !== 200) return null;
  const order = JSON.parse(body) as { id: string; checkout_url: string };
  return { orderId: order.id, path: pathOf(order.checkout_url) };
}
