// How many abandoned orders a second the sweep ends: each with a payment under way and a notification, one in a
// hundred unable to end. On a durable PostgreSQL of its own, in a temporary folder.
//
//   node bench/expire-orders.ts

import { expireDueOrders } from '../src/business/payments/index.ts';
import { openDatabase } from '../src/ground/database/index.ts';
import { createContextOn, givenSite, givenWallet } from '../tests/support/context.ts';
import { givenPayments } from '../tests/support/posting-fixtures.ts';
import { openLedgerGround } from './ledger-ground.ts';

const orderCount = 50_000;
const seededAtOnce = 5_000;

const ground = await openLedgerGround();
const urls = await ground.createBooks('expiry');
const db = openDatabase(urls.url, { max: 4 });
const ownerDb = openDatabase(urls.ownerUrl, { max: 1 });
const context = createContextOn({ db, owner: ownerDb, ...urls, drop: async () => undefined });
const owner = ownerDb.pool;
try {
  const { site } = await givenSite(context, { notifyUrl: 'http://127.0.0.1:9/webhook' });
  const wallet = await givenWallet(context);
  for (const spoiltEach of [null, 100]) {
    for (let seeded = 0; seeded < orderCount; seeded += seededAtOnce) {
      const payments = Array.from({ length: seededAtOnce }, () => ({ wallet, amountDong: 1_000n }));
      await givenPayments(context, site, payments);
    }
    await owner.query(
      `insert into order_deadlines (expires_at, order_id) select expires_at, id from orders where status = 'open'`,
    );
    if (spoiltEach !== null) {
      await owner.query(
        `insert into notifications (id, order_id, merchant_site, environment, status, created_at)
         select gen_random_uuid(), id, merchant_site, environment, 'skipped', now() from (
           select *, row_number() over (order by id) as n from orders where status = 'open') o where n % $1 = 0`,
        [spoiltEach],
      );
    }
    await ground.checkpoint();
    context.clock.advance(900);
    const startedAt = performance.now();
    const expired = await expireDueOrders(context);
    const seconds = (performance.now() - startedAt) / 1000;
    const among = spoiltEach === null ? 'all can end' : `one in ${spoiltEach} cannot`;
    console.log(`${among}: ${expired} orders in ${seconds.toFixed(1)} s, ${Math.round(expired / seconds)}/s`);
  }
} finally {
  await ownerDb.destroy();
  await db.destroy();
  await ground.close();
}
