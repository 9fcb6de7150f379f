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
export {
  findOrder,
  findOrderByNumber,
  findOrderByReference,
  insertingOrder,
  listOrders,
  listPassedDeadlines,
  lockOrder,
  type OrderRow,
  orderColumns,
  type PassedDeadline,
  toOrder,
  updateOrderFinal,
} from './order-queries.ts';
export { type DraftedOrder, draftOrder, type PlacedOrder, placeOrder } from './place-order.ts';
