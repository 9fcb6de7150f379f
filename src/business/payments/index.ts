export {
  type ConfirmOutcome,
  confirmPayment,
  type ResendOutcome,
  readNextCodeAt,
  resendCode,
} from './confirm-payment.ts';
export {
  abandonPayment,
  cancelOrder,
  cancelOrderIn,
  type EndedOrder,
  expireOrderIfDue,
  failOrder,
  giveUpOrder,
  logEnded,
} from './end-order.ts';
export { expireDueOrders } from './expire-orders.ts';
export { type OverdueOrders, readOverdueOrders } from './expiry-queries.ts';
export { logStarted } from './log-payments.ts';
export {
  type ConfirmationClass,
  formatPaymentId,
  type Payment,
  type PaymentStatus,
  parsePaymentId,
  type RefusalDetail,
} from './payment.ts';
export { paymentJobs } from './payment-jobs.ts';
export {
  findPayment,
  findPaymentByTransactionNo,
  listPaymentsOfOrder,
} from './payment-queries.ts';
export {
  type Attempted,
  joinPayer,
  type Payer,
  type PaymentRecord,
  recordList,
  toRecord,
} from './payment-record.ts';
export { type PostingRequest, type PostingResult, postPayments } from './post-payments.ts';
export { type PaymentStart, startPayment, startPaymentIn } from './start-payment.ts';
export { type CodeOutcome, submitCode } from './submit-code.ts';
