// Payments that are ready to be posted, many at once, and the port to post them in one batch.

import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { uuidv7 } from 'uuidv7';
import type { MerchantSite } from '../../src/business/merchants/index.ts';
import { type PostingRequest, type PostingResult, postPayments } from '../../src/business/payments/index.ts';
import type { Wallet } from '../../src/business/wallets/index.ts';
import type { Context } from '../../src/ground/context.ts';

export type GivenPayment = { wallet: Wallet; amountDong: bigint };
export type ReadyPayment = { paymentId: string; orderId: string };

/** Each a started payment of class A over an order of its own, which expires in fifteen minutes; 1 % fee. */
export async function givenPayments(
  context: Context,
  site: MerchantSite,
  given: GivenPayment[],
): Promise<ReadyPayment[]> {
  const now = context.clock.now();
  const rows = given.map(() => ({ paymentId: uuidv7(), orderId: uuidv7() }));
  const orderIds = rows.map((row) => row.orderId);
  const amounts = given.map(({ amountDong }) => String(amountDong));
  await sql`
    insert into orders (id, environment, merchant_site, protocol, merch_txn_ref, order_no, amount_dong, description,
      return_url, locale, received, content_hash, created_at, expires_at)
    select id, ${site.environment}, ${site.merchantSite}, 'rest', 'R' || ${randomBytes(8).toString('hex')} || n, 'DH-1', dong,
      'Một chậu sen đá', 'http://127.0.0.1:9/return', 'vi', '{}', '\\x00', ${now},
      ${new Date(now.getTime() + 900_000)}
    from unnest(${orderIds}::uuid[], ${amounts}::bigint[]) with ordinality as t (id, dong, n)`.execute(
    context.db,
  );
  await sql`
    insert into payments (id, order_id, environment, wallet_id, status, amount_dong, fee_dong, vat_dong,
      credit_account_id, confirmation_class, created_at)
    select id, order_id, ${site.environment}, wallet_id, 'started', dong, dong / 100, dong / 1000,
      ${site.creditAccountId}, 'A', ${now}
    from unnest(${rows.map((row) => row.paymentId)}::uuid[], ${orderIds}::uuid[],
      ${given.map(({ wallet }) => wallet.id)}::uuid[], ${amounts}::bigint[]) as t (id, order_id, wallet_id, dong)`.execute(
    context.db,
  );
  return rows;
}

/** The same order, paid by one more wallet. */
export async function givenOtherPayment(
  context: Context,
  ready: ReadyPayment,
  wallet: Wallet,
): Promise<ReadyPayment> {
  const paymentId = uuidv7();
  await sql`
    insert into payments (id, order_id, environment, wallet_id, status, amount_dong, fee_dong, vat_dong,
      credit_account_id, confirmation_class, created_at)
    select ${paymentId}, order_id, environment, ${wallet.id}, 'started', amount_dong, fee_dong, vat_dong,
      credit_account_id, 'A', created_at
    from payments where id = ${ready.paymentId}`.execute(context.db);
  return { paymentId, orderId: ready.orderId };
}

export function byPin({ paymentId }: Pick<ReadyPayment, 'paymentId'>): PostingRequest {
  return { paymentId, confirmed: { confirmationClass: 'A' } };
}

/** A posting's result as one word: `paid`, `repeated`, `refused 51`, `busy`, … */
export function wordOf(result: PostingResult | undefined): string {
  if (result?.outcome === 'paid') return result.repeated ? 'repeated' : 'paid';
  return result?.outcome === 'refused' ? `refused ${result.code}` : (result?.outcome ?? 'nothing');
}

/** Posts these by PIN in one call; one word each. */
export async function postByPin(context: Context, ready: ReadyPayment[]): Promise<string[]> {
  return (await postPayments(context, ready.map(byPin))).map(wordOf);
}
