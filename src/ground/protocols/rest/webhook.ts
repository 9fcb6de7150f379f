// Webhooks after Standard Webhooks: the event's text, its signature, its headers.

import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { FinalStatus } from '../order-words.ts';

/** `type`, `timestamp`, `data`: the body of a webhook. Sign and send the text exactly as returned. */
export function encodeOrderEvent(order: { status: FinalStatus }, happenedAt: Date): string {
  return JSON.stringify({ type: `order.${order.status}`, timestamp: happenedAt.toISOString(), data: order });
}

/** `v1,<base64>`: HMAC-SHA256 over `id.timestamp.body`. `secret` is `whsec_<base64>`. */
export function signWebhook(secret: string, id: string, sentAt: Date, body: string): string {
  const text = `${id}.${Math.floor(sentAt.getTime() / 1000)}.${body}`;
  return `v1,${createHmac('sha256', keyOf(secret)).update(text).digest('base64')}`;
}

const secretPrefix = 'whsec_';
const keysMax = 1_000;
/** Made once for each secret: to make one takes five times as long as the signature. Oldest first. */
const keys = new Map<string, KeyObject>();

function keyOf(secret: string): KeyObject {
  const known = keys.get(secret);
  if (known) return known;
  const text = secret.startsWith(secretPrefix) ? secret.slice(secretPrefix.length) : secret;
  const bytes = Buffer.from(text, 'base64');
  // Node leaves out what is no base64, and would sign with what is left.
  if (bytes.length === 0 || bytes.toString('base64') !== text)
    throw new Error('a webhook secret is not "whsec_" and base64');
  const key = createSecretKey(bytes);
  const [oldest] = keys.size < keysMax ? [] : keys.keys();
  if (oldest !== undefined) keys.delete(oldest);
  keys.set(secret, key);
  return key;
}

/**
 * The headers of one attempt. With several secrets (while one is being replaced) there is a signature by each,
 * separated by a space; a merchant accepts any that fits. The id stays the same over all attempts.
 */
export function webhookHeaders(
  secrets: string | readonly string[],
  id: string,
  sentAt: Date,
  body: string,
): Record<'content-type' | 'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const all = typeof secrets === 'string' ? [secrets] : secrets;
  if (all.length === 0) throw new Error('a webhook needs at least one secret');
  return {
    'content-type': 'application/json; charset=utf-8',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
    'webhook-signature': all.map((secret) => signWebhook(secret, id, sentAt, body)).join(' '),
  };
}
