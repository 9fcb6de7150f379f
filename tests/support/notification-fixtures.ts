// Sites and final orders for the tests of notifications: sites by the module that makes them, orders as rows.

import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { uuidv7 } from 'uuidv7';
import {
  createSite,
  type MerchantSite,
  type NewSite,
  type SiteCredentials,
} from '../../src/business/merchants/index.ts';
import {
  listNotifications,
  type Notification,
  recordNotification,
} from '../../src/business/notifications/index.ts';
import type { Context } from '../../src/ground/context.ts';
import { type Database, inTransaction } from '../../src/ground/database/index.ts';
import { createLogger } from '../../src/ground/log/index.ts';
import { createKeyRing, createPinHasher } from '../../src/ground/secrets/index.ts';
import type { Clock } from '../../src/ground/time/index.ts';
import { testActor } from './actor.ts';

/** Stands still until moved. */
export type ManualClock = Clock & { advance(ms: number): void };

export function createManualClock(start = '2026-03-02T03:00:00.000Z'): ManualClock {
  let ms = Date.parse(start);
  const advance = (by: number) => {
    ms += by;
  };
  return { now: () => new Date(ms), advance };
}

const keyRing = createKeyRing([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]);
const pinHasher = createPinHasher(keyRing, { memoryKib: 8, passes: 1, parallelism: 1 });

export function createNotificationContext(db: Database, clock: Clock): Context {
  const log = createLogger('silent');
  return { db, clock, keyRing, pinHasher, log, publicUrl: 'http://localhost:8080' };
}

export type TestSite = MerchantSite & { credentials: SiteCredentials };

export async function addSite(context: Context, input: Partial<NewSite> = {}): Promise<TestSite> {
  const merchantSite = `site_${randomBytes(6).toString('hex')}`;
  const defaults: NewSite = {
    environment: 'sandbox',
    protocol: 'classic-v1',
    name: 'Cửa hàng Sen Đá',
    merchantName: merchantSite,
    merchantSite,
  };
  const made = await createSite(context, testActor, { ...defaults, ...input });
  if (!made.ok) throw new Error(`the site was refused: ${JSON.stringify(made.error)}`);
  return { ...made.site, credentials: made.credentials };
}

/** An order of 200.000 ₫ with a final result. Returns its id. */
export async function addFinalOrder(
  context: Context,
  site: MerchantSite,
  result: { status: 'paid' | 'failed' | 'cancelled' | 'expired'; code: string } = {
    status: 'paid',
    code: '00',
  },
): Promise<string> {
  const id = uuidv7();
  const now = context.clock.now();
  const received = { version: '1.0', locale: 'vn', total_amount: '20000000' };
  await sql`
    insert into orders (id, environment, merchant_site, protocol, merch_txn_ref, order_no, amount_dong, description,
      return_url, locale, received, content_hash, created_at, expires_at)
    values (${id}, ${site.environment}, ${site.merchantSite}, ${site.protocol}, ${`ref-${id}`}, 'ORDER_1', 200000,
      'Hai chậu sen đá', 'https://shop.example/result', 'vi', ${JSON.stringify(received)}::jsonb, ''::bytea,
      ${now}, ${now})`.execute(context.db);
  await sql`
    update orders set status = ${result.status}, response_code = ${result.code}, transaction_no = '100000001',
      final_at = ${now}
    where id = ${id} and status = 'open'`.execute(context.db);
  return id;
}

/** A final order and its notification, recorded the way payments do. */
export async function addNotification(
  context: Context,
  site: MerchantSite,
  result?: Parameters<typeof addFinalOrder>[2],
): Promise<Notification> {
  const orderId = await addFinalOrder(context, site, result);
  const { merchantSite, environment } = site;
  await inTransaction(context.db, (tx) =>
    recordNotification(tx, { orderId, merchantSite, environment, now: context.clock.now() }),
  );
  return getNotification(context, orderId);
}

export async function getNotification(context: Context, orderId: string): Promise<Notification> {
  const [notification] = await listNotifications(context.db, { orderId, limit: 1 });
  if (notification === undefined) throw new Error('the order has no notification');
  return notification;
}

/** Waits for what other code does in its own time; looks every few milliseconds, gives up with `what`. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  maxMs = 15_000,
): Promise<void> {
  const endAt = performance.now() + maxMs;
  while (!(await isSo())) {
    if (performance.now() > endAt) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
