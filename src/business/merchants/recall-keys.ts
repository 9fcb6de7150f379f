// The keys that results are signed with, from memory: as they were at most ten seconds ago, and while the gateway hears
// of changes, as they are. When a key ends by its time, it ends at that moment. Newest first.

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { createRowCache } from '../../ground/database/index.ts';
import { listUnrevokedKeys, type SiteKeyRow } from './merchant-queries.ts';
import type { SiteKeyKind } from './site.ts';
import { type Keys, openSecret, type SiteCode, toPublicKey } from './site-keys.ts';

const keys = createRowCache<SiteKeyRow[]>({ tables: ['site_keys'], load: listUnrevokedKeys });

/** As findV1Secrets. */
export async function recallV1Secrets(context: Keys, site: SiteCode): Promise<string[]> {
  return (await recallKeys(context, site, 'v1_secret')).map((row) => secrets(context, row));
}

/** As findV2Keys. */
export async function recallV2Keys(
  context: Keys,
  site: SiteCode,
): Promise<{ gatewayPrivateKeys: KeyObject[]; merchantPublicKeys: KeyObject[] }> {
  const gatewayRows = await recallKeys(context, site, 'v2_gateway_key');
  const merchantRows = await recallKeys(context, site, 'v2_merchant_key');
  return {
    gatewayPrivateKeys: gatewayRows.map((row) => privateKeys(context, row)),
    merchantPublicKeys: merchantRows.map((row) => publicKeys(context, row)),
  };
}

/** As findWebhookSecrets. */
export async function recallWebhookSecrets(context: Keys, site: SiteCode): Promise<string[]> {
  return (await recallKeys(context, site, 'webhook_secret')).map((row) => secrets(context, row));
}

async function recallKeys(
  { db, clock }: Keys,
  { merchantSite }: SiteCode,
  kind: SiteKeyKind,
): Promise<SiteKeyRow[]> {
  const rows = await keys.get(db, merchantSite);
  const now = clock.now();
  return rows.filter((row) => row.kind === kind && (row.expiresAt === null || row.expiresAt > now));
}

/** Opens a row once; what was opened goes with the copy of the row. */
function openedOnce<Opened>(open: (context: Keys, row: SiteKeyRow) => Opened) {
  const opened = new WeakMap<SiteKeyRow, { value: Opened }>();
  return (context: Keys, row: SiteKeyRow): Opened => {
    const known = opened.get(row);
    if (known) return known.value;
    const value = open(context, row);
    opened.set(row, { value });
    return value;
  };
}

const secrets = openedOnce((context, row) => openSecret(context, row).toString());
const privateKeys = openedOnce((context, row) => createPrivateKey(openSecret(context, row).toString()));
const publicKeys = openedOnce((_context, row) => toPublicKey(row));
