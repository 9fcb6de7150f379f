// The REST API, the merchant's side: create, read and cancel an order from the shop's server, check the webhook
// (Standard Webhooks, HMAC) and the signed return of the buyer's browser.

import { createHmac, timingSafeEqual } from 'node:crypto';

export type RestSite = {
  merchantSite: string;
  /** sk_sandbox_… or sk_live_…; stays on the server */
  apiKey: string;
  /** whsec_… */
  webhookSecret: string;
  /** Where this server finds the gateway, without a path. */
  gatewayUrl: string;
  /** 'vipay_' when the site was made with --result-names prefixed. */
  resultPrefix?: string;
};

export type NewRestOrder = {
  merch_txn_ref: string;
  order_no: string;
  /** whole dong, decimal text */
  amount: string;
  description: string;
  return_url: string;
  cancel_url?: string;
  locale?: 'vi' | 'en';
  expires_in_seconds?: number;
};

/** An order as the gateway tells it: the fields a shop needs, of those the API returns. */
export type RestOrder = {
  id: string;
  merch_txn_ref: string;
  order_no: string;
  amount: string;
  currency: string;
  status: 'open' | 'paid' | 'failed' | 'cancelled' | 'expired';
  response_code: string | null;
  transaction_no: string | null;
  checkout_url: string;
};

/** Why the gateway said no (RFC 9457), or `status` 0: it could not be reached. */
export type RestRefusal = { status: number; code: string | null; detail: string; traceId: string | null };

export type RestAnswer = { ok: true; order: RestOrder } | { ok: false; refusal: RestRefusal };

export type Webhook = { id: string; type: string; order: RestOrder };

const deadlineMs = 5_000;
const attemptsMax = 3;
const webhookToleranceSeconds = 300;

/**
 * Creates an order. The idempotency key must be the same for every try of the same order (its reference will do):
 * after a lost answer we ask again, and the gateway returns the order it already made.
 */
export function createRestOrder(site: RestSite, order: NewRestOrder, idempotencyKey: string) {
  return call(site, 'POST', '/v3/orders', idempotencyKey, order);
}

/** Asks for an order: the way to a result when no webhook has arrived. */
export function getRestOrder(site: RestSite, orderId: string) {
  return call(site, 'GET', `/v3/orders/${encodeURIComponent(orderId)}`, null, null);
}

/** Cancels an open order. A paid one is refused: the answer then is to refund it. */
export function cancelRestOrder(site: RestSite, orderId: string, idempotencyKey: string) {
  return call(site, 'POST', `/v3/orders/${encodeURIComponent(orderId)}/cancel`, idempotencyKey, {});
}

/**
 * Checks a webhook: its signature over `id.timestamp.body`, and that it was sent within five minutes. `body` must
 * be the bytes received, not re-serialised JSON. Null means: answer 401 and do nothing.
 * Source: https://www.standardwebhooks.com
 */
export function verifyWebhook(
  site: Pick<RestSite, 'webhookSecret'>,
  headers: Record<string, string | string[] | undefined>,
  body: Buffer,
  now: Date,
): Webhook | null {
  const [id, sent, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => {
    const value = headers[name];
    return typeof value === 'string' ? value : '';
  });
  if (!id || !sent || !signatures || !/^[0-9]{1,12}$/.test(sent)) return null;
  if (Math.abs(now.getTime() / 1000 - Number(sent)) > webhookToleranceSeconds) return null;
  if (!anySignatureFits(site.webhookSecret, [`${id}.${sent}.`, body], signatures)) return null;
  return readWebhook(id, body);
}

/**
 * Checks the parameters a browser comes back with. `query` is what follows `?`, as received; your address's own
 * parameters stand before the gateway's, whatever their names: the last of each counts. Null: do not believe it.
 *
 * No age limit here: reloading the page an hour later is no crime, and a return is never proof of payment anyway.
 */
export function verifyRestReturn(site: Pick<RestSite, 'webhookSecret' | 'resultPrefix'>, query: string) {
  const parameters = new URLSearchParams(query);
  const names = ['merch_txn_ref', 'order_id', 'response_code', 'status', 'timestamp', 'signature'];
  const last = (name: string) => parameters.getAll((site.resultPrefix ?? '') + name).at(-1);
  if (names.some((name) => last(name) === undefined)) return null;
  const value = (name: string) => last(name) ?? '';
  const signed = new URLSearchParams();
  for (const name of ['merch_txn_ref', 'order_id', 'response_code', 'status']) signed.set(name, value(name));
  const text = `${value('order_id')}.${value('timestamp')}.${signed}`;
  if (!anySignatureFits(site.webhookSecret, [text], value('signature'))) return null;
  return {
    orderId: value('order_id'),
    merchTxnRef: value('merch_txn_ref'),
    status: value('status'),
    responseCode: value('response_code'),
  };
}

/** During a change of the secret the header holds one signature for each, parted by spaces: one must fit. */
function anySignatureFits(secret: string, message: (string | Buffer)[], signatures: string): boolean {
  const mac = createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'));
  for (const part of message) mac.update(part);
  const right = Buffer.from(`v1,${mac.digest('base64')}`);
  return signatures.split(' ').some((text) => {
    const given = Buffer.from(text);
    return given.length === right.length && timingSafeEqual(given, right);
  });
}

function readWebhook(id: string, body: Buffer): Webhook | null {
  const message = parseJson(body.toString('utf8'));
  const order = message?.data;
  if (typeof message?.type !== 'string' || !isRestOrder(order)) return null;
  return { id, type: message.type, order };
}

async function call(
  site: RestSite,
  method: 'GET' | 'POST',
  path: string,
  idempotencyKey: string | null,
  body: object | null,
): Promise<RestAnswer> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${site.apiKey}`,
    accept: 'application/json',
  };
  if (body) headers['content-type'] = 'application/json';
  if (idempotencyKey) headers['idempotency-key'] = idempotencyKey;
  let refusal: RestRefusal = { status: 0, code: null, detail: 'the gateway was not asked', traceId: null };
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    try {
      const response = await fetch(`${site.gatewayUrl}${path}`, {
        ...{ method, headers, redirect: 'error', signal: AbortSignal.timeout(deadlineMs) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const answer = readAnswer(response.status, await response.text());
      if (answer.ok || response.status < 500) return answer;
      refusal = answer.refusal;
    } catch {
      // No answer, or none in time: the order may exist. The same idempotency key makes asking again safe.
      refusal = { status: 0, code: null, detail: 'the gateway did not answer', traceId: null };
    }
  }
  return { ok: false, refusal };
}

function readAnswer(status: number, text: string): RestAnswer {
  const value = parseJson(text);
  if ((status === 200 || status === 201) && isRestOrder(value)) return { ok: true, order: value };
  const word = (name: string) => (typeof value?.[name] === 'string' ? value[name] : null);
  const detail = word('detail') ?? word('title') ?? `the gateway answered ${status}`;
  return { ok: false, refusal: { status, code: word('code'), detail, traceId: word('trace_id') } };
}

function parseJson(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const statuses = ['open', 'paid', 'failed', 'cancelled', 'expired'];

function isRestOrder(value: unknown): value is RestOrder {
  if (typeof value !== 'object' || value === null) return false;
  const order = value as Record<string, unknown>;
  const texts = ['id', 'merch_txn_ref', 'order_no', 'amount', 'currency', 'checkout_url'];
  const nullable = ['response_code', 'transaction_no'];
  return (
    texts.every((name) => typeof order[name] === 'string') &&
    nullable.every((name) => order[name] === null || typeof order[name] === 'string') &&
    statuses.includes(String(order.status)) &&
    /^[0-9]{1,15}$/.test(String(order.amount))
  );
}
