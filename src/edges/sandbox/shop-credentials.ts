// The demo shop's keys, kept as a merchant keeps them: in a file of its own, in the words of the shop's settings
// (samples/node/README.md). The gateway cannot give them out a second time.

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import {
  findSiteByApiKey,
  findV1Secrets,
  findV2Keys,
  findWebhookSecrets,
  type MerchantSite,
  type SiteCredentials,
} from '../../business/merchants/index.ts';
import type { Context } from '../../ground/context.ts';

const shopSite = z.discriminatedUnion('protocol', [
  z.object({
    protocol: z.literal('classic-v1'),
    merchant_site: z.string(),
    access_code: z.string(),
    secret: z.string(),
  }),
  z.object({
    protocol: z.literal('classic-v2'),
    merchant_site: z.string(),
    access_code: z.string(),
    merchantPrivateKey: z.string(),
    gatewayPublicKey: z.string(),
  }),
  z.object({
    protocol: z.literal('rest'),
    merchant_site: z.string(),
    apiKey: z.string(),
    webhookSecret: z.string(),
  }),
]);

/** One entry of `sites` in the shop's settings. */
export type ShopSite = z.output<typeof shopSite>;

const fileShape = z.object({ sites: z.array(shopSite) });

function fileOf(dataDir: string): string {
  return join(dataDir, 'demo-shop.json');
}

/** Empty when the file is missing or has another form. New keys are made then. */
export async function readShopSites(dataDir: string): Promise<ShopSite[]> {
  try {
    const parsed = fileShape.safeParse(JSON.parse(await readFile(fileOf(dataDir), 'utf8')));
    return parsed.success ? parsed.data.sites : [];
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Complete or not at all, and readable by its owner alone. */
export async function writeShopSites(dataDir: string, sites: ShopSite[]): Promise<void> {
  const path = fileOf(dataDir);
  const partial = `${path}.${process.pid}.partial`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(partial, `${JSON.stringify({ sites }, null, 2)}\n`, { mode: 0o600 });
  await chmod(partial, 0o600);
  await rename(partial, path);
}

/** From credentials just made; all secret parts must be there. */
export function toShopSite(made: SiteCredentials): ShopSite {
  const { protocol, merchant_site, access_code } = made;
  return shopSite.parse({
    ...{ protocol, merchant_site, access_code, secret: made.secret },
    ...{ merchantPrivateKey: made.merchant_private_key_pem, gatewayPublicKey: made.gateway_public_key_pem },
    ...{ apiKey: made.api_key, webhookSecret: made.webhook_secret },
  });
}

/**
 * Whether the shop can place orders and read results with the keys it has. They must be the site's newest,
 * because results are signed (and v2 encrypted) with those first. Another database, or keys rotated
 * meanwhile: false.
 */
export async function areNewestKeys(context: Context, site: MerchantSite, kept: ShopSite): Promise<boolean> {
  switch (kept.protocol) {
    case 'classic-v1':
      return kept.access_code === site.accessCode && (await findV1Secrets(context, site))[0] === kept.secret;
    case 'classic-v2': {
      const { gatewayPrivateKeys, merchantPublicKeys } = await findV2Keys(context, site);
      const [gateway, merchant] = [gatewayPrivateKeys[0], merchantPublicKeys[0]];
      if (kept.access_code !== site.accessCode || !gateway || !merchant) return false;
      try {
        const ownPublic = createPublicKey(createPrivateKey(kept.merchantPrivateKey));
        return (
          isSameKey(createPublicKey(kept.gatewayPublicKey), createPublicKey(gateway)) &&
          isSameKey(ownPublic, merchant)
        );
      } catch {
        return false;
      }
    }
    case 'rest': {
      const found = await findSiteByApiKey(context, kept.apiKey);
      const [webhookSecret] = await findWebhookSecrets(context, site);
      return found?.site.merchantSite === site.merchantSite && webhookSecret === kept.webhookSecret;
    }
  }
}

function isSameKey(one: KeyObject, other: KeyObject): boolean {
  const bytes = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });
  return bytes(one).equals(bytes(other));
}
