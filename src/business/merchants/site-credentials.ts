// What the merchant of a site is told: its settings in the words of the wire, its addresses, its keys' public parts.

import type { Context } from '../../ground/context.ts';
import type { DbOrTx } from '../../ground/database/index.ts';
import { fingerprintKey } from '../../ground/protocols/keys/index.ts';
import { listAllKeys, listValidKeys } from './merchant-queries.ts';
import {
  keyKindsOf,
  type MerchantSite,
  type SiteAddresses,
  type SiteCredentials,
  type SiteKeySummary,
} from './site.ts';
import { tellGatewayKey, tellMerchantKey, toPublicKey } from './site-keys.ts';

/** The settings and addresses of a site, without any key. */
export function toCredentials(publicUrl: string, site: MerchantSite): SiteCredentials {
  return {
    merchant_site: site.merchantSite,
    access_code: site.accessCode,
    environment: site.environment,
    protocol: site.protocol,
    amount_unit: site.amountUnit,
    result_names: site.resultNames,
    result_amount: site.resultAmount,
    result_codes: site.resultCodes,
    name: site.name,
    merchant_id: site.merchantId,
    merchant_name: site.merchantName,
    return_url: site.returnUrl,
    notify_url: site.notifyUrl,
    addresses: addressesOf(publicUrl, site),
  };
}

/** The same with the newest valid public keys of a v2 site; never a secret. */
export async function describeSite(
  context: Pick<Context, 'db' | 'clock' | 'publicUrl'>,
  site: MerchantSite,
): Promise<SiteCredentials> {
  const kinds = keyKindsOf[site.protocol];
  const rows = await listValidKeys(context.db, site.merchantSite, kinds, context.clock.now());
  const gateway = rows.find((row) => row.kind === 'v2_gateway_key');
  const merchant = rows.find((row) => row.kind === 'v2_merchant_key');
  return {
    ...toCredentials(context.publicUrl, site),
    ...(gateway ? tellGatewayKey(toPublicKey(gateway)) : {}),
    ...(merchant ? tellMerchantKey(toPublicKey(merchant)) : {}),
  };
}

/** The site's keys without their content, newest first, at most 100. */
export async function listSiteKeys(db: DbOrTx, merchantSite: string): Promise<SiteKeySummary[]> {
  return (await listAllKeys(db, merchantSite)).map((row) => ({
    kind: row.kind,
    status: row.status,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
    fingerprint: row.publicText === null ? null : fingerprintKey(toPublicKey(row)),
  }));
}

function addressesOf(publicUrl: string, { protocol }: MerchantSite): SiteAddresses {
  switch (protocol) {
    case 'classic-v1':
      return {
        gateway: publicUrl,
        payment_entry: `${publicUrl}/vipay/ecommerce`,
        expired: `${publicUrl}/vipay_v2/expired`,
      };
    case 'classic-v2':
      return {
        gateway: publicUrl,
        payment_entry: `${publicUrl}/vipay_v2/initpay`,
        expired: `${publicUrl}/vipay_v2/expired`,
      };
    case 'rest':
      return { gateway: publicUrl, api_base: `${publicUrl}/v3`, openapi: `${publicUrl}/v3/openapi.json` };
  }
}
