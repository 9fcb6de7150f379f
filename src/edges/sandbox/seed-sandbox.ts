// Makes the demo's merchant, sites and wallets, or finds them again. Every step may be repeated: a start that was
// interrupted is finished by the next one, and two processes starting on one database do it one after the other.

import { sql } from 'kysely';
import type { Actor } from '../../business/audit/index.ts';
import {
  createSite,
  findSite,
  type MerchantSite,
  rotateSiteKey,
  type SiteCredentials,
  updateSite,
} from '../../business/merchants/index.ts';
import { createWallet, findWalletByPhone, topUpWallet } from '../../business/wallets/index.ts';
import type { Context } from '../../ground/context.ts';
import { inTransaction } from '../../ground/database/index.ts';
import {
  type DemoSite,
  type DemoWallet,
  demoFee,
  demoMerchantName,
  demoSites,
  demoWallets,
  testPin,
} from './demo-data.ts';
import {
  areNewestKeys,
  readShopSites,
  type ShopSite,
  toShopSite,
  writeShopSites,
} from './shop-credentials.ts';

export type SeedOptions = {
  /** Where this gateway reaches the shop: its public address with /shop, no slash at the end. */
  shopBaseUrl: string;
  /** The keys of the demo shop are kept here, in demo-shop.json. */
  dataDir: string;
};

/** The gateway makes the demo at its start; no person asked for these rows. */
const by: Actor = { kind: 'job', job: 'seed_sandbox' };

/** When the shop gets new keys the old ones stay valid, because somebody may use them for trials. */
const overlapSeconds = 30 * 86_400;

/**
 * Returns what the demo shop is started with.
 * @throws Error when a code of the demo belongs to a site of somebody else.
 */
export async function seedSandbox(
  context: Context,
  options: SeedOptions,
): Promise<{ credentials: ShopSite[] }> {
  // The transaction only holds the lock: sites and wallets are written in their own, on other connections.
  return inTransaction(context.db, async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('sandbox/seed', 0))`.execute(tx);
    const kept = await readShopSites(options.dataDir);
    const credentials: ShopSite[] = [];
    for (const site of demoSites) {
      const own = kept.find((one) => one.merchant_site === site.merchantSite);
      credentials.push(await seedSite(context, options.shopBaseUrl, site, own));
    }
    if (JSON.stringify(kept) !== JSON.stringify(credentials)) {
      await writeShopSites(options.dataDir, credentials);
    }
    for (const wallet of demoWallets) await seedWallet(context, wallet);
    return { credentials };
  });
}

async function seedSite(
  context: Context,
  shopBaseUrl: string,
  { merchantSite, protocol, notifyPath }: DemoSite,
  kept: ShopSite | undefined,
): Promise<ShopSite> {
  const notifyUrl = `${shopBaseUrl}${notifyPath}`;
  const existing = await findSite(context.db, merchantSite);
  if (existing === null) {
    return toShopSite(
      await made(
        createSite(context, by, {
          ...{ environment: 'sandbox', merchantName: demoMerchantName, name: demoMerchantName },
          ...{ protocol, merchantSite, notifyUrl, fee: demoFee },
        }),
      ),
    );
  }
  refuseForeignSite(existing, protocol);
  if (existing.notifyUrl !== notifyUrl) {
    const changed = await updateSite(context, by, merchantSite, { notifyUrl });
    if (!changed.ok) throw new Error(`${merchantSite}: ${changed.error.message}`);
  }
  if (kept?.protocol === protocol && (await areNewestKeys(context, existing, kept))) return kept;
  return toShopSite(await made(rotateSiteKey(context, by, merchantSite, { overlapSeconds })));
}

/** A site of somebody else that has one of these codes keeps its keys. */
function refuseForeignSite(site: MerchantSite, protocol: DemoSite['protocol']): void {
  const isOurs =
    site.environment === 'sandbox' && site.protocol === protocol && site.merchantName === demoMerchantName;
  if (isOurs) return;
  throw new Error(
    `demo_site_taken: ${site.merchantSite} is a site of ${site.merchantName} (${site.protocol}); the demo needs this code. Start with VIPAY_DEMO=0, or on another database`,
  );
}

type Made = { ok: true; credentials: SiteCredentials } | { ok: false; error: { message: string } };

async function made(result: Promise<Made>): Promise<SiteCredentials> {
  const settled = await result;
  if (settled.ok) return settled.credentials;
  throw new Error(`the demo's site could not be made: ${settled.error.message}`);
}

async function seedWallet(context: Context, wallet: DemoWallet): Promise<void> {
  const { phone, holderName, status, identified, limitDailyDong, balanceDong, topUpTransferId } = wallet;
  if ((await findWalletByPhone(context.db, 'sandbox', phone)) === null) {
    const created = await createWallet(context, by, {
      ...{ environment: 'sandbox', phone, holderName, pin: testPin, status, identified },
      ...(limitDailyDong === null ? {} : { limitDailyDong }),
    });
    if (!created.ok) throw new Error(`the demo's wallet ${phone} could not be made: ${created.error}`);
  }
  const filled = await topUpWallet(context, by, {
    ...{ environment: 'sandbox', phone, amountDong: balanceDong, transferId: topUpTransferId },
    reference: 'demo',
  });
  // Reused: an earlier version filled it with another amount. The wallet is filled once only.
  if (!filled.ok && filled.error !== 'transfer_id_reused') {
    throw new Error(`the demo's wallet ${phone} could not be topped up: ${filled.error}`);
  }
}
