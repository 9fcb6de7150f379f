// A browser that keeps no cookies is told so when it arrives, not at its first form. The redirect of the arrival sets
// the browser's mark and leads to an address with a proof that it did so, for this browser and a few seconds. Whoever
// comes there without a mark has not kept it. A copy of the address proves nothing on another device, or later: a
// stranger who never arrived is not told of cookies.

import type { FastifyRequest } from 'fastify';
import { checkoutPathOf } from '../../business/orders/index.ts';
import { canonicalAddress } from '../../ground/addresses/index.ts';
import type { Context } from '../../ground/context.ts';

type CheckoutRequest = FastifyRequest<{ Params: { token: string }; Querystring: Record<string, unknown> }>;

const provesMs = 30_000;
const macBytes = 16;

/** Where a browser goes that has just got its first mark. */
export function landingPath(context: Context, request: CheckoutRequest, orderId: string): string {
  const markedAtMs = context.clock.now().getTime().toString(36);
  const mac = context.keyRing.hmac('browser', proven(request, orderId, markedAtMs)).subarray(0, macBytes);
  return `${checkoutPathOf(request.params.token)}?marked=${markedAtMs}.${mac.toString('base64url')}`;
}

/** Whether this browser got its first mark for this order a moment ago. */
export function wasJustMarked(context: Context, request: CheckoutRequest, orderId: string): boolean {
  const { marked } = request.query;
  const [, markedAtMs, mac = ''] = /^([0-9a-z]{1,12})\.([A-Za-z0-9_-]{22})$/.exec(String(marked)) ?? [];
  if (markedAtMs === undefined) return false;
  const agoMs = context.clock.now().getTime() - Number.parseInt(markedAtMs, 36);
  if (agoMs < 0 || agoMs > provesMs) return false;
  const said = Buffer.from(mac, 'base64url');
  return context.keyRing.matchesHmac('browser', proven(request, orderId, markedAtMs), said);
}

/** One device at one address. Were it only the time, a copy sent on at once would speak of somebody else's cookies. */
function proven(request: CheckoutRequest, orderId: string, markedAtMs: string): string {
  return `marked|${orderId}|${markedAtMs}|${canonicalAddress(request.ip)}|${request.headers['user-agent'] ?? ''}`;
}
