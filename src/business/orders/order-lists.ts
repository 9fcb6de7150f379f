// The lists of orders: all SQL of them. Pages go by the last order of the page before (keyset), newest first.

import { sql } from 'kysely';
import { type DbOrTx, selectList } from '../../ground/database/index.ts';
import type { Environment } from '../../ground/terms.ts';
import type { Order, OrderStatus } from './order.ts';
import { type OrderRow, orderColumns, toOrder } from './order-queries.ts';

const ordersListedMax = 500;
/**
 * A page looks at no more orders than this for those of the wanted status, because no index holds an order's status
 * (it would be written with every payment).
 */
const ordersExaminedMax = 5_000;

const orderList = selectList(orderColumns, { from: 'orders' });

/** Of every site, newest id first; `before` is the id of the last order of the former page. For operators. */
export async function listOrders(
  db: DbOrTx,
  page: {
    environment?: Environment;
    merchantSite?: string;
    status?: OrderStatus;
    before?: string;
    limit: number;
  },
): Promise<Order[]> {
  const conditions = [
    sql`true`,
    ...(page.environment === undefined ? [] : [sql`environment = ${page.environment}`]),
    ...(page.merchantSite === undefined ? [] : [sql`merchant_site = ${page.merchantSite}`]),
    ...(page.status === undefined ? [] : [sql`status = ${page.status}`]),
    ...(page.before === undefined ? [] : [sql`id < ${page.before}`]),
  ];
  const { rows } = await sql<OrderRow>`
    select ${orderList} from orders where ${sql.join(conditions, sql` and `)}
    order by id desc limit ${Math.min(page.limit, ordersListedMax)}`.execute(db);
  return rows.map(toOrder);
}

/** The place in a site's list after which a page begins. */
export type OrderPlace = Pick<Order, 'id' | 'createdAt'>;

export type SiteOrdersPage = {
  merchantSite: string;
  status?: OrderStatus;
  /** Placed at this moment or later. */
  createdFrom?: Date;
  /** Placed before this moment. */
  createdTo?: Date;
  after?: OrderPlace;
  limit: number;
};

/**
 * One site's orders, the newest first. `nextId` is the order after which the next page begins, null at the end. With a
 * status a page may hold fewer orders than its limit, or none, and still not be the last.
 */
export async function listSiteOrders(
  db: DbOrTx,
  page: SiteOrdersPage,
): Promise<{ orders: Order[]; nextId: string | null }> {
  const { rows } = await siteOrdersStatement(page).execute(db);
  const orders = rows.filter((row): row is SiteOrderRow & OrderRow => row.id !== null).map(toOrder);
  if (orders.length > page.limit) {
    const shown = orders.slice(0, page.limit);
    return { orders: shown, nextId: shown.at(-1)?.id ?? null };
  }
  const [examined] = rows;
  const isCutOff = page.status !== undefined && examined?.examinedCount === ordersExaminedMax;
  return { orders, nextId: isCutOff ? examined.examinedLastId : null };
}

/** No order has these columns when the page is empty. */
type SiteOrderRow = { examinedCount: number; examinedLastId: string | null } & (OrderRow | { id: null });

/** Apart from its execution, so that a test can look at the plan. */
export function siteOrdersStatement({
  merchantSite,
  status,
  createdFrom,
  createdTo,
  after,
  limit,
}: SiteOrdersPage) {
  const conditions = [
    sql`merchant_site = ${merchantSite}`,
    ...(createdFrom === undefined ? [] : [sql`created_at >= ${createdFrom}`]),
    ...(createdTo === undefined ? [] : [sql`created_at < ${createdTo}`]),
    ...(after === undefined ? [] : [sql`(created_at, id) < (${after.createdAt}, ${after.id})`]),
  ];
  // One more than the page holds says whether another page comes.
  const wanted = Math.min(limit, ordersListedMax) + 1;
  const examinedMax = status === undefined ? wanted : ordersExaminedMax;
  return sql<SiteOrderRow>`
    with examined as (
      select id, created_at, status from orders where ${sql.join(conditions, sql` and `)}
      order by created_at desc, id desc limit ${examinedMax}),
    found as (
      select id from examined where ${status ?? null}::text is null or status = ${status ?? null}
      order by created_at desc, id desc limit ${wanted})
    select ends.*, ${orderList}
    from (select count(*)::int as "examinedCount",
        (select id from examined order by created_at, id limit 1) as "examinedLastId" from examined) ends
      left join (found join orders on orders.id = found.id) on true
    order by orders.created_at desc, orders.id desc`;
}
