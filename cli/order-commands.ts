// `vipay order …`: what became of an order, in one look.

import type { Command } from 'commander';
import { listAttempts, listNotifications } from '../src/business/notifications/index.ts';
import {
  checkoutUrl,
  findOrder,
  findOrderByNumber,
  findOrderByReference,
  listOrders,
  type Order,
  type OrderStatus,
  parseOrderId,
  toOrderJson,
} from '../src/business/orders/index.ts';
import {
  findPayment,
  findPaymentByTransactionNo,
  formatPaymentId,
  listPaymentsOfOrder,
  type Payment,
  parsePaymentId,
} from '../src/business/payments/index.ts';
import { findWallet } from '../src/business/wallets/index.ts';
import type { Context } from '../src/ground/context.ts';
import type { DbOrTx } from '../src/ground/database/index.ts';
import { type ResponseCode, responseMessage } from '../src/ground/protocols/index.ts';
import type { Environment } from '../src/ground/terms.ts';
import { choice, declare, declareBare, environments, group, text, whole } from './command.ts';
import { CliFault, notFound } from './faults.ts';
import { withGateway } from './gateway.ts';
import { attemptTable, notificationJson } from './notification-text.ts';
import { showOrderFromOutside } from './outside-orders.ts';
import { type Answer, dong, fields, maskPhone, moment, table } from './print.ts';

export function addOrderCommands(program: Command): void {
  const order = group(program, 'order', 'Orders and what became of them');

  declare<ListOptions>(order, {
    usage: 'list',
    description: 'List orders, newest first',
    options: [
      text('--site <code>', 'only of this site'),
      choice('--status <status>', 'only in this state', statuses),
      choice('--environment <name>', 'only of sandbox, or live', environments),
      whole('--limit <n>', 'at most so many', { from: 1, to: 500, fallback: 50 }),
      text('--before <id>', 'the next page: the last ord_… of the former one'),
    ],
    examples: ['npx vipay order list', 'npx vipay order list --site shop_v1 --status paid --limit 10 --json'],
    run: ({ context }, _args, options) => showOrders(context, options),
  });

  declareBare<ShowOptions>(
    order,
    {
      usage: 'show <id>',
      description: 'Show an order with its payments and its notification',
      options: [
        text('--site <code>', "take <id> for this site's reference (merch_txn_ref)"),
        text('--url <address>', "ask a gateway's REST API at its public address; needs no settings"),
        text(
          '--api-key <key>',
          "with --url: the site's key, - reads it from standard input; else VIPAY_API_KEY",
        ),
      ],
      notes:
        "<id> is an order (ord_…), a payment (pay_…), a transaction number, or with --site the merchant's reference. With --url it is an order or a reference of the key's own site, and the answer is what the site may see.",
      examples: [
        'npx vipay order show ord_019ab0c2d3e47f8091a2b3c4d5e6f708',
        'npx vipay order show 100000042',
        'npx vipay order show ORDER_1 --site shop_v1 --json',
        'VIPAY_API_KEY=sk_… npx vipay order show ORDER_1 --url https://pay.example.vn',
      ],
    },
    async ([id = ''], { site, url, apiKey }) => {
      if (url !== undefined) return showOrderFromOutside(id, { url, apiKey });
      if (apiKey !== undefined)
        throw new CliFault('url_missing', '--api-key needs --url, the gateway to ask.', 2);
      return withGateway(async ({ context }) => showOrder(context, await getOrder(context.db, id, site)));
    },
  );
}

type ShowOptions = { site?: string; url?: string; apiKey?: string };

const statuses: readonly OrderStatus[] = ['open', 'paid', 'failed', 'cancelled', 'expired'];

type ListOptions = {
  site?: string;
  status?: OrderStatus;
  environment?: Environment;
  limit: number;
  before?: string;
};

async function showOrders(context: Context, options: ListOptions): Promise<Answer> {
  const { site, status, environment, limit, before } = options;
  const beforeId = before === undefined ? undefined : parseOrderId(before);
  if (beforeId === null) {
    throw new CliFault(
      'order_id_malformed',
      `--before: ${JSON.stringify(before)} is no id of the form ord_….`,
      2,
    );
  }
  const found = await listOrders(context.db, {
    limit,
    ...(site === undefined ? {} : { merchantSite: site }),
    ...(status === undefined ? {} : { status }),
    ...(environment === undefined ? {} : { environment }),
    ...(beforeId === undefined ? {} : { before: beforeId }),
  });
  const more = found.length === limit ? `\nMore: --before ${found.at(-1)?.publicId}` : '';
  return {
    json: found.map((order) => ({ ...toOrderJson(context, order), protocol: order.protocol })),
    text:
      found.length === 0
        ? 'There are no such orders.'
        : table(
            ['ID', 'CAME IN', 'SITE', 'REFERENCE', 'AMOUNT', 'STATUS', 'CODE', 'TRANSACTION'],
            found.map((order) => [
              order.publicId,
              moment(order.createdAt),
              order.merchantSite,
              order.merchTxnRef,
              dong(order.amountDong),
              order.status,
              order.responseCode ?? '',
              order.transactionNo ?? '',
            ]),
            ['AMOUNT'],
          ) + more,
  };
}

/** @throws CliFault when there is none. */
async function getOrder(db: DbOrTx, id: string, site: string | undefined): Promise<Order> {
  const found = await seekOrder(db, id, site);
  if (found !== null) return found;
  const hint =
    site === undefined
      ? "For a merchant's reference add --site CODE."
      : `Nothing came from ${site} under this reference; was it refused ("vipay request show")?`;
  throw notFound('order', id, hint);
}

async function seekOrder(db: DbOrTx, id: string, site: string | undefined): Promise<Order | null> {
  if (site !== undefined) return findOrderByReference(db, site, id);
  const orderId = parseOrderId(id);
  if (orderId !== null) return findOrder(db, orderId);
  const paymentId = parsePaymentId(id);
  if (paymentId === null && !/^[1-9]\d{0,17}$/.test(id)) {
    const message = `${JSON.stringify(id)} is neither ord_…, pay_… nor a transaction number; for a merchant's reference add --site CODE.`;
    throw new CliFault('order_id_malformed', message, 2);
  }
  const payment =
    paymentId === null ? await findPaymentByTransactionNo(db, id) : await findPayment(db, paymentId);
  if (payment !== null) return findOrder(db, payment.orderId);
  return paymentId === null ? findOrderByNumber(db, id) : null;
}

async function showOrder(context: Context, order: Order): Promise<Answer> {
  const { db } = context;
  const payments = await listPaymentsOfOrder(db, order.id);
  const phones = await Promise.all(
    payments.map(async (payment) => (await findWallet(db, payment.walletId))?.phone ?? ''),
  );
  const [notification] = await listNotifications(db, { orderId: order.id, limit: 1 });
  const attempts = notification ? await listAttempts(db, notification.id) : [];
  // Without the mark that proves that the shop sent the browser. So this link only shows the order.
  const checkout = checkoutUrl(context, order);
  return {
    json: {
      order: { ...toOrderJson(context, order), protocol: order.protocol, checkout_url: checkout },
      payments: payments.map((payment, at) => paymentJson(payment, phones[at] ?? '')),
      notification: notification ? notificationJson(notification, attempts) : null,
    },
    text: [
      `Order ${order.publicId} is ${order.status}${codeText(order.responseCode)}.`,
      fields([
        ['site', `${order.merchantSite} (${order.protocol}, ${order.environment})`],
        ['reference', order.merchTxnRef],
        ['order number', order.orderNo],
        ['amount', dong(order.amountDong)],
        ['description', order.description],
        ['transaction', order.transactionNo],
        ['came in', moment(order.createdAt)],
        order.finalAt === null ? ['expires', moment(order.expiresAt)] : ['ended', moment(order.finalAt)],
        ['returns to', order.returnUrl],
        ['checkout', order.status === 'open' ? checkout : null],
      ]),
      '',
      payments.length === 0 ? 'No payment was started.' : paymentTable(payments, phones),
      '',
      ...(notification
        ? [
            `Notification ${notification.publicId} is ${notification.status}${notification.nextAttemptAt ? `, next attempt ${moment(notification.nextAttemptAt)}` : ''}.`,
            ...attemptTable(attempts),
          ]
        : [
            order.status === 'open'
              ? 'The result is notified once there is one.'
              : 'No notification was recorded.',
          ]),
    ].join('\n'),
  };
}

function paymentTable(payments: Payment[], phones: string[]): string {
  return table(
    ['TRANSACTION', 'STATUS', 'CLASS', 'AMOUNT', 'FEE', 'VAT', 'WALLET', 'STARTED', 'REFUSED WITH'],
    payments.map((payment, at) => [
      payment.transactionNo,
      payment.status,
      payment.confirmationClass,
      dong(payment.amountDong),
      dong(payment.feeDong),
      dong(payment.vatDong),
      maskPhone(phones[at] ?? ''),
      moment(payment.createdAt),
      payment.refusalCode === null ? '' : codeText(payment.refusalCode).replace(', ', ''),
    ]),
    ['AMOUNT', 'FEE', 'VAT'],
  );
}

function paymentJson(payment: Payment, phone: string) {
  return {
    payment_id: formatPaymentId(payment.id),
    transaction_no: payment.transactionNo,
    status: payment.status,
    amount: payment.amountDong,
    fee: payment.feeDong,
    vat: payment.vatDong,
    confirmation_class: payment.confirmationClass,
    refusal_code: payment.refusalCode,
    refusal_detail: payment.refusalDetail,
    wallet_phone: maskPhone(phone),
    created_at: payment.createdAt,
    final_at: payment.finalAt,
  };
}

function codeText(code: ResponseCode | null): string {
  return code === null ? '' : `, ${code} ${responseMessage(code, 'en')}`;
}
