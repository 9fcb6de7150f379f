// What the two classic entrances share: a redirect comes in, is opened by its dialect, becomes an order, and the
// browser goes on to the checkout. A fault is shown to the buyer and goes nowhere else.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { findSite, type MerchantSite } from '../../business/merchants/index.ts';
import { arrivalUrl, placeOrder } from '../../business/orders/index.ts';
import type { Context } from '../../ground/context.ts';
import { inTransaction } from '../../ground/database/index.ts';
import { ProblemError, toProblem } from '../../ground/http/index.ts';
import { chooseLocale, pageHeaders } from '../../ground/pages/index.ts';
import type { Decoded, OrderFault, ResponseCode } from '../../ground/protocols/index.ts';
import { faultPage } from '../checkout/pages/index.ts';
import { logPlaced } from './log-orders.ts';
import { noteRefusal } from './refusals.ts';

type ClassicProtocol = 'classic-v1' | 'classic-v2';

/** A query that could be read: the site that it names, and a function that opens it with that site's keys. */
export type ReadQuery =
  | { ok: true; merchantSite: string; open: (site: MerchantSite) => Promise<Decoded> }
  | { ok: false; fault: OrderFault };

export type ClassicEntrance = {
  url: string;
  protocol: ClassicProtocol;
  /** Takes the text after `?` as it came over the wire. */
  read: (rawQuery: string) => ReadQuery;
};

/** Also Node's own default for all headers; a longer query is refused before it is read. */
const queryLengthMax = 16_384;

/** GET only: even HEAD would place an order, so it is a wrong method here. */
export function registerClassicEntrance(
  app: FastifyInstance,
  context: Context,
  entrance: ClassicEntrance,
): void {
  app.get(entrance.url, { exposeHeadRoute: false }, async (request, reply) => {
    const rawQuery = rawQueryOf(request.raw.url ?? '');
    const received = await receive(context, entrance, rawQuery).catch((error) => serviceAway(request, error));
    if (!received.ok) return answerFault(context, request, reply, { ...received, rawQuery });
    return reply.header('cache-control', 'no-store').redirect(received.location, 302);
  });
}

type Received =
  | { ok: true; location: string }
  | { ok: false; fault: OrderFault; site: MerchantSite | null; status?: number };

async function receive(context: Context, entrance: ClassicEntrance, rawQuery: string): Promise<Received> {
  if (rawQuery.length > queryLengthMax) {
    return { ok: false, fault: { code: '03', detail: 'query is too long' }, site: null, status: 414 };
  }
  const query = entrance.read(rawQuery);
  if (!query.ok) return { ...query, site: null };
  const site = await findSite(context.db, query.merchantSite);
  if (site === null || site.protocol !== entrance.protocol || !site.protocolEnabled) {
    return {
      ok: false,
      fault: { code: '02', detail: 'merchant_site: no such site at this address' },
      site: null,
    };
  }
  const opened = await query.open(site);
  if (!opened.ok) return { ...opened, site };
  const placed = await inTransaction(context.db, (tx) => placeOrder(context, tx, site, opened.order));
  if (placed.ok && placed.created) logPlaced(context, placed.order);
  // A known order that is already final goes to its checkout too, which shows the truth.
  return placed.ok ? { ok: true, location: arrivalUrl(context, placed.order) } : { ...placed, site };
}

/** The buyer is told 75 when the database is away. The server answers every other fault of ours. */
function serviceAway(request: FastifyRequest, error: unknown): Received {
  if (toProblem(error).slug !== 'unavailable') throw error;
  request.log.error({ err: error, req: request }, 'request failed');
  return { ok: false, fault: { code: '75', detail: 'try again in a few seconds' }, site: null };
}

/** What follows the first `?`, untouched: the framework's parser loses what the dialects depend on. */
export function rawQueryOf(url: string): string {
  const at = url.indexOf('?');
  return at === -1 ? '' : url.slice(at + 1);
}

const statusByCode: Partial<Record<ResponseCode, number>> = { '04': 403, '75': 503, '99': 500 };

function answerFault(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  refused: { fault: OrderFault; site: MerchantSite | null; rawQuery: string; status?: number },
): FastifyReply {
  const { fault, site, rawQuery } = refused;
  const forTheLog = fault.finding === undefined ? fault.detail : `${fault.detail}; ${fault.finding}`;
  noteRefusal(request, { code: fault.code, detail: forTheLog });
  const page = faultPage({
    locale: chooseLocale(localeOf(rawQuery), request.headers['accept-language']),
    environment: site?.environment ?? 'live',
    operator: context.operator,
    now: context.clock.now(),
    code: fault.code,
    traceId: request.id,
    // A live buyer is no developer: the merchant finds the detail by the trace id.
    detail: site?.environment === 'live' ? null : fault.detail,
    title: null,
  });
  // The buyer comes back here through the shop. A program that asks should wait as long.
  if (fault.code === '75') reply.headers(new ProblemError('unavailable').headers);
  return reply
    .code(refused.status ?? statusByCode[fault.code] ?? 400)
    .headers(pageHeaders(page))
    .send(page.encode());
}

/** The buyer's language as a v1 query says it, before anything is proven; v2 hides it. */
function localeOf(rawQuery: string): string | undefined {
  const value = /(?:^|&)locale=(vn|en)(?:&|$)/.exec(rawQuery)?.[1];
  return value === 'vn' ? 'vi' : value;
}
