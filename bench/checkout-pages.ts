// The bytes a phone receives for each page of the checkout: every page is walked to as a buyer would, and asked for
// on a connection of its own, so that the connection's count is the page's: status line, headers and body.

import http from 'node:http';
import { sql } from 'kysely';
import { listSandboxMessages } from '../src/business/messages/index.ts';
import type { Context } from '../src/ground/context.ts';
import type { Database } from '../src/ground/database/index.ts';
import { type Answer, Buyer, placeOrder, send } from './buyer.ts';

export type PageBytes = { page: string; status: number; wireBytes: number; bodyBytes: number };

/** One initial congestion window, for the whole answer: what comes without waiting for the phone to say so. */
export const pageBytesMax = 14_000;

/** `phone` has money, `poorPhone` has none; both with `pin`. In Vietnamese, the longer language. */
export async function measurePages(
  context: Context,
  owner: Database,
  shop: { publicUrl: string; apiKey: string },
  wallets: { phone: string; poorPhone: string; pin: string },
): Promise<PageBytes[]> {
  const agent = new http.Agent({ keepAlive: false });
  const measured: PageBytes[] = [];
  const note = (page: string, { status, wireBytes, bodyBytes }: Answer) =>
    measured.push({ page, status, wireBytes, bodyBytes });
  const arrive = async (amountDong: number) => {
    const order = await placeOrder({ ...shop, agent }, amountDong);
    const buyer = new Buyer(agent, order.checkoutUrl);
    return { order, buyer, first: await buyer.open() };
  };
  const signIn = (buyer: Buyer, phone: string, pin = wallets.pin) => buyer.press('sign-in', { phone, pin });

  const small = await arrive(200_000);
  note('sign in', small.first);
  note('sign in, wrong PIN', await signIn(small.buyer, wallets.phone, '999999'));
  note('confirm', await signIn(small.buyer, wallets.phone));
  note('result: paid', await small.buyer.press('confirm'));

  const large = await arrive(6_000_000);
  note('confirm, code to be sent', await signIn(large.buyer, wallets.phone));
  note('code', await large.buyer.press('confirm'));
  const right = await readCode(context, wallets.phone);
  const wrong = right === '000000' ? '000001' : '000000';
  note('code, wrong', await large.buyer.press('code', { otp: wrong }));
  note('result: paid by code', await large.buyer.press('code', { otp: right }));

  const poor = await arrive(200_000);
  note('refused: balance', await signIn(poor.buyer, wallets.poorPhone));
  note('result: failed', await poor.buyer.press('give-up'));
  const limited = await arrive(60_000_000);
  note('refused: limit', await signIn(limited.buyer, wallets.phone));
  note('result: cancelled', await (await arrive(200_000)).buyer.press('cancel'));

  const late = await arrive(200_000);
  await sql`update orders set expires_at = created_at where merchant_site = 'bench' and status = 'open'
    and id = ${uuidOf(late.order.id)}`.execute(owner);
  note('result: expired', await late.buyer.reload());
  note('no such checkout', await get(agent, `${shop.publicUrl}/checkout/x`));
  note('expired, for apps', await get(agent, `${shop.publicUrl}/vipay_v2/expired`));
  note('classic order refused', await get(agent, `${shop.publicUrl}/vipay/ecommerce?version=1.0`));
  agent.destroy();
  return measured;
}

export function pageFaults(pages: PageBytes[]): string[] {
  return pages
    .filter(({ wireBytes }) => wireBytes > pageBytesMax)
    .map(({ page, wireBytes }) => `page "${page}" is ${wireBytes} bytes on the wire, above ${pageBytesMax}`);
}

const get = (agent: http.Agent, url: string) =>
  send(agent, url, { method: 'GET', headers: { accept: 'text/html' } });

async function readCode(context: Context, phone: string): Promise<string> {
  const messages = await listSandboxMessages(context, { phone });
  const code = messages.find(({ purpose }) => purpose === 'otp')?.text.match(/\b[0-9]{6}\b/)?.[0];
  if (code === undefined) throw new Error('no code was sent');
  return code;
}

function uuidOf(publicId: string): string {
  return publicId.replace(/^ord_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
