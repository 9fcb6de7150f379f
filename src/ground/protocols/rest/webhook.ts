// Webhooks after Standard Webhooks: the event's text, its signature, its headers.

import { Webhook } from 'standardwebhooks';
import type { FinalStatus } from '../order-words.ts';

/** `type`, `timestamp`, `data`: the body of a webhook. Sign and send the text exactly as returned. */
export function encodeOrderEvent(order: { status: FinalStatus }, happenedAt: Date): string {
  return JSON.stringify({ type: `order.${order.status}`, timestamp: happenedAt.toISOString(), data: order });
}

/** `v1,<base64>`: HMAC-SHA256 over `id.timestamp.body`. `secret` is `whsec_<base64>`. */
export function signWebhook(secret: string, id: string, sentAt: Date, body: string): string {
  return new Webhook(secret).sign(id, sentAt, body);
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
