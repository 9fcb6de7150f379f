export {
  arrivalUrl,
  checkoutPath,
  checkoutPathOf,
  checkoutUrl,
  isArrivalMark,
  parseCheckoutToken,
} from './checkout-token.ts';
export {
  formatOrderId,
  isPastExpiry,
  type Order,
  type OrderStatus,
  parseOrderId,
  toFinalResult,
} from './order.ts';
export { type OrderJson, toOrderJson } from './order-json.ts';
export { listOrders, listSiteOrders, type SiteOrdersPage } from './order-lists.ts';
export {
  findOrder,
  findOrderByNumber,
  findOrderByReference,
  insertingOrder,
  listPassedDeadlines,
  lockOrder,
  type OrderRow,
  orderColumns,
  type PassedDeadline,
  toOrder,
  updateOrderFinal,
} from './order-queries.ts';
export { type DraftedOrder, draftOrder, type PlacedOrder, placeOrder } from './place-order.ts';
