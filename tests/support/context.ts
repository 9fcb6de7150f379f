// A context on a database of its own, with a clock that stands until it is moved, and the people and shops
// a payment needs.

import { randomBytes } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import {
  createSite,
  type MerchantSite,
  type NewSite,
  type SiteCredentials,
} from '../../src/business/merchants/index.ts';
import { listSandboxMessages } from '../../src/business/messages/index.ts';
import { type Order, placeOrder } from '../../src/business/orders/index.ts';
import { type Payment, startPayment } from '../../src/business/payments/index.ts';
import { createWallet, type NewWallet, topUpWallet, type Wallet } from '../../src/business/wallets/index.ts';
import type { Context } from '../../src/ground/context.ts';
import { inTransaction } from '../../src/ground/database/index.ts';
import { createLogger } from '../../src/ground/log/index.ts';
import type { ReceivedOrder } from '../../src/ground/protocols/index.ts';
import { createKeyRing, createPinHasher } from '../../src/ground/secrets/index.ts';
import { testActor } from './actor.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';

export const testPin = '246810';

/** argon2 at a cost that lets a test sign in a hundred times. */
export const cheapArgon2 = { memoryKib: 64, passes: 1, parallelism: 1 };

const ringKeyBytes = Buffer.alloc(32, 7);

/** The setting VIPAY_SECRET_KEY of every test context, for processes beside it. */
export const testSecretKey = `k1:${ringKeyBytes.toString('base64')}`;

export type TestContext = Context & {
  clock: { now(): Date; set(at: string | Date): void; advance(seconds: number): void };
  url: string;
  ownerUrl: string;
  owner: TestDatabase['owner'];
  drop(): Promise<void>;
};

/** The clock starts on a Monday at 10:00 in Vietnam. */
export async function createTestContext(
  options: { max?: number; publicUrl?: string } = {},
): Promise<TestContext> {
  const database = await createTestDatabase({ max: options.max ?? 10 });
  return createContextOn(database, options.publicUrl);
}

/** The same on a database that is there already. */
export function createContextOn(
  { db, url, ownerUrl, owner, drop }: Pick<TestDatabase, 'db' | 'url' | 'ownerUrl' | 'owner' | 'drop'>,
  publicUrl = 'http://localhost:8080',
): TestContext {
  const keyRing = createKeyRing([{ id: 'k1', bytes: ringKeyBytes }]);
  let now = new Date('2026-11-23T10:00:00+07:00');
  return {
    db,
    url,
    ownerUrl,
    owner,
    drop,
    keyRing,
    pinHasher: createPinHasher(keyRing, cheapArgon2),
    log: createLogger('silent'),
    publicUrl,
    mail: 'inbox',
    clock: {
      now: () => new Date(now),
      set: (at) => {
        now = new Date(at);
      },
      advance: (seconds) => {
        now = new Date(now.getTime() + seconds * 1000);
      },
    },
  };
}

/** For what sends more codes to one wallet in an hour than a person would ask for. */
export async function liftCodesPerHour({ owner }: Pick<TestContext, 'owner'>): Promise<void> {
  await owner.pool.query(`insert into policies (rule, valid_from, value, source)
    values ('otp.sends_per_hour_max', '2026-01-01T00:00:00+07:00', 1000000, 'test')`);
}

let phoneCount = 0;

/** An identified, active wallet with this balance (default 10.000.000 ₫) and PIN 246810. */
export async function givenWallet(
  context: Context,
  given: Partial<NewWallet> & { balanceDong?: bigint } = {},
): Promise<Wallet> {
  const { balanceDong = 10_000_000n, ...more } = given;
  phoneCount += 1;
  const phone = more.phone ?? `09${String(phoneCount).padStart(8, '0')}`;
  const environment = more.environment ?? 'sandbox';
  const made = await createWallet(context, testActor, {
    environment,
    holderName: 'Nguyễn Thị An',
    pin: testPin,
    identified: true,
    ...more,
    phone,
  });
  if (!made.ok) throw new Error(made.error);
  if (balanceDong > 0n) {
    const topped = await topUpWallet(context, testActor, {
      environment,
      phone,
      amountDong: balanceDong,
      transferId: uuidv7(),
    });
    if (!topped.ok) throw new Error(topped.error);
  }
  return made.wallet;
}

/** A REST site unless said otherwise; 1 % fee, 10 % VAT on it. */
export async function givenSite(
  context: Context,
  given: Partial<NewSite> = {},
): Promise<{ site: MerchantSite; credentials: SiteCredentials }> {
  const made = await createSite(context, testActor, {
    environment: 'sandbox',
    protocol: 'rest',
    name: 'Cửa hàng Sen Đá',
    fee: { ratePpm: 10_000n, vatRatePpm: 100_000n },
    ...given,
  });
  if (!made.ok) throw new Error(JSON.stringify(made.error));
  return made;
}

/** An order of 200.000 ₫ under a reference of its own. */
export async function givenOrder(
  context: Context,
  site: MerchantSite,
  given: Partial<ReceivedOrder> = {},
): Promise<Order> {
  const merchTxnRef = given.merchTxnRef ?? `T${randomBytes(8).toString('hex')}`;
  const amountDong = given.amountDong ?? 200_000n;
  const placed = await inTransaction(context.db, (tx) =>
    placeOrder(context, tx, site, {
      merchantSite: site.merchantSite,
      merchTxnRef,
      orderNo: 'DH-1',
      amountDong,
      description: 'Một chậu sen đá',
      returnUrl: 'http://127.0.0.1:9/return',
      cancelUrl: null,
      locale: 'vi',
      received: { merch_txn_ref: merchTxnRef, amount: String(amountDong) },
      expiresInSeconds: null,
      ...given,
    }),
  );
  if (!placed.ok) throw new Error(`${placed.fault.code} ${placed.fault.detail}`);
  return placed.order;
}

/** A payment of this order by this wallet, begun or refused at once. */
export async function givenPayment(
  context: Context,
  { order, wallet }: { order: Pick<Order, 'id'>; wallet: Pick<Wallet, 'id'> },
): Promise<Payment> {
  const ids = { orderId: order.id, walletId: wallet.id, checkoutSessionId: null };
  const payment = await startPayment(context, ids);
  if (!payment) throw new Error(`no payment of the order ${order.id} could begin`);
  return payment;
}

/** The code in the newest message of this phone. */
export async function readOtp(context: Context, phone: string): Promise<string> {
  const messages = await listSandboxMessages(context, { phone });
  const otp = messages.find((message) => message.purpose === 'otp')?.text.match(/\b[0-9]{6}\b/)?.[0];
  if (!otp) throw new Error(`no code was sent to ${phone}`);
  return otp;
}
