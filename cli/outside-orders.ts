// What `vipay order show --url` asks: a gateway's REST API, with a site's key, from any machine and any folder.

import type { OrderJson } from '../src/business/orders/index.ts';
import { readSecret } from './command.ts';
import { CliFault, notFound } from './faults.ts';
import { getFromOutside, readOrigin } from './outside.ts';
import { type Answer, dong, fields, moment } from './print.ts';

/** Asks for an order by its id, or for the one of the site under this reference. */
export async function showOrderFromOutside(
  id: string,
  { url, apiKey }: { url: string; apiKey: string | undefined },
): Promise<Answer> {
  const origin = readOrigin(url);
  const authorization = `Bearer ${readApiKey(apiKey)}`;
  const path = id.startsWith('ord_')
    ? `/v3/orders/${encodeURIComponent(id)}`
    : `/v3/orders?merch_txn_ref=${encodeURIComponent(id)}`;
  const answer = await getFromOutside(origin + path, { authorization });
  if (typeof answer === 'string') {
    throw new CliFault(
      'gateway_unreachable',
      `${origin} does not answer: ${answer}. Is it running, and does the proxy reach it?`,
    );
  }
  const told = (await answer.json().catch(() => null)) as Told;
  if (answer.status === 404 && told?.code !== undefined) throw noSuchOrder(id);
  if (!answer.ok || told === null) throw refused(origin, answer.status, told);
  const order = told.data === undefined ? (told as OrderJson) : told.data[0];
  if (order === undefined) throw noSuchOrder(id);
  return { json: order, text: describe(order) };
}

/** An order, a list, or a problem. */
type Told =
  | (Partial<OrderJson> & {
      data?: OrderJson[];
      code?: string;
      title?: string;
      detail?: string;
      trace_id?: string;
    })
  | null;

function readApiKey(given: string | undefined): string {
  const apiKey =
    given === undefined ? (process.env.VIPAY_API_KEY ?? '') : readSecret(given, '--api-key').trim();
  if (/^[\x21-\x7e]+$/.test(apiKey)) return apiKey;
  throw new CliFault(
    'api_key_missing',
    "--url asks with a REST site's API key: set VIPAY_API_KEY, or give --api-key - and the key on standard input.",
    2,
  );
}

const noSuchOrder = (id: string) =>
  notFound('order', id, "With --url <id> is an ord_… or a reference (merch_txn_ref) of the key's own site.");

function refused(origin: string, status: number, told: Told): CliFault {
  const said = [told?.title, told?.detail].filter((part) => part !== undefined).join(': ');
  const trace = told?.trace_id === undefined ? '' : ` (trace id ${told.trace_id})`;
  return new CliFault(
    'gateway_refused',
    `${origin} answered ${status}${said === '' ? ', not as a viPay does' : `: ${said}`}${trace}.`,
  );
}

function describe(order: OrderJson): string {
  const code = order.response_code === null ? '' : `, ${order.response_code} ${order.message ?? ''}`;
  return [
    `Order ${order.id} is ${order.status}${code}.`,
    fields([
      ['site', `${order.merchant_site} (rest, ${order.environment})`],
      ['reference', order.merch_txn_ref],
      ['order number', order.order_no],
      ['amount', dong(BigInt(order.amount))],
      ['description', order.description],
      ['payment', order.payment_id],
      ['transaction', order.transaction_no],
      ['came in', moment(new Date(order.created_at))],
      order.final_at === null
        ? ['expires', moment(new Date(order.expires_at))]
        : ['ended', moment(new Date(order.final_at))],
      ['returns to', order.return_url],
      ['checkout', order.status === 'open' ? order.checkout_url : null],
    ]),
  ].join('\n');
}
