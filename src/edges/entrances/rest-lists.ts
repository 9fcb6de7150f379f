// GET /v3/orders: a site's orders in pages, or the one with a reference.

import type { MerchantSite } from '../../business/merchants/index.ts';
import {
  findOrder,
  findOrderByReference,
  formatOrderId,
  isPastExpiry,
  listSiteOrders,
  type Order,
  type OrderJson,
  parseOrderId,
  type SiteOrdersPage,
  toOrderJson,
} from '../../business/orders/index.ts';
import { expireOrderIfDue } from '../../business/payments/index.ts';
import type { Context } from '../../ground/context.ts';
import { ProblemError } from '../../ground/http/index.ts';
import { type OrderListQuery, orderListLimits } from './rest-schemas.ts';

type OrderListJson = { data: OrderJson[]; has_more: boolean; next: string | null };

/** @throws ProblemError when `after` is no order of this site. */
export async function answerList(
  context: Context,
  site: MerchantSite,
  query: OrderListQuery,
): Promise<OrderListJson> {
  if (query.merch_txn_ref !== undefined) {
    const found = await findOrderByReference(context.db, site.merchantSite, query.merch_txn_ref);
    return toListJson(context, found ? [await expireIfDue(context, found)] : [], null);
  }
  const { orders, nextId } = await listSiteOrders(context.db, await readPage(context, site, query));
  const shown: Order[] = [];
  for (const order of orders) {
    const now = await expireIfDue(context, order);
    if (query.status === undefined || now.status === query.status) shown.push(now);
  }
  return toListJson(context, shown, nextId);
}

/** An order whose time is over says so, even if nobody has written that down yet. */
export async function expireIfDue(context: Context, order: Order): Promise<Order> {
  if (order.status !== 'open' || !isPastExpiry(order, context.clock.now())) return order;
  await expireOrderIfDue(context, order.id);
  return (await findOrder(context.db, order.id)) ?? order;
}

async function readPage(
  { db }: Context,
  { merchantSite }: MerchantSite,
  query: OrderListQuery,
): Promise<SiteOrdersPage> {
  const { status, created_from: from, created_to: to, limit, after } = query;
  return {
    merchantSite,
    limit: limit === undefined ? orderListLimits.fallback : Number(limit),
    ...(status === undefined ? {} : { status }),
    ...(from === undefined ? {} : { createdFrom: new Date(from) }),
    ...(to === undefined ? {} : { createdTo: new Date(to) }),
    ...(after === undefined ? {} : { after: await findPlace({ db }, merchantSite, after) }),
  };
}

/** Another site's order and one that never was look alike. */
async function findPlace(
  { db }: Pick<Context, 'db'>,
  merchantSite: string,
  publicId: string,
): Promise<Order> {
  const id = parseOrderId(publicId);
  const order = id === null ? null : await findOrder(db, id);
  if (order?.merchantSite === merchantSite) return order;
  const detail = 'is no order of this site';
  throw new ProblemError('malformed-request', {
    detail: `after: ${detail}`,
    errors: [{ field: 'after', detail }],
  });
}

function toListJson(context: Context, orders: readonly Order[], nextId: string | null): OrderListJson {
  return {
    data: orders.map((order) => toOrderJson(context, order)),
    has_more: nextId !== null,
    next: nextId === null ? null : formatOrderId(nextId),
  };
}
