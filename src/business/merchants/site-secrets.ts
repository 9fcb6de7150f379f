// The valid keys of a site, opened for the codecs, newest first: as they are stored at this moment (`find…`), or from
// memory (`recall…`): as they were at most ten seconds ago, and while the gateway hears of changes, as they are. When a
// key ends by its time, it ends at that moment, from memory too.

import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { Context } from '../../ground/context.ts';
import { createRowCache } from '../../ground/database/index.ts';
import { listUnrevokedKeys, listValidKeys, type SiteKeyRow } from './merchant-queries.ts';
import type { MerchantSite, SiteKeyKind } from './site.ts';
import { type Keys, toPublicKey } from './site-keys.ts';

type SiteCode = Pick<MerchantSite, 'merchantSite'>;
type ReadKeys = (context: Keys, site: SiteCode, kinds: readonly SiteKeyKind[]) => Promise<SiteKeyRow[]>;

const stored = opening(({ db, clock }, { merchantSite }, kinds) =>
  listValidKeys(db, merchantSite, kinds, clock.now()),
);

const copies = createRowCache<SiteKeyRow[]>({ tables: ['site_keys'], load: listUnrevokedKeys });
const remembered = opening(async ({ db, clock }, { merchantSite }, kinds) => {
  const rows = await copies.get(db, merchantSite);
  const now = clock.now();
  return rows.filter((row) => kinds.includes(row.kind) && (row.expiresAt === null || row.expiresAt > now));
});

/** The secrets of a classic v1 site. */
export const { v1Secrets: findV1Secrets } = stored;
/** The keys of a classic v2 site: our private ones, and the merchant's public ones. */
export const { v2Keys: findV2Keys } = stored;
/** The webhook secrets (`whsec_…`) of a REST site. */
export const { webhookSecrets: findWebhookSecrets } = stored;

/** The same from memory: for signing results, never for deciding whether a request is genuine. */
export const { v1Secrets: recallV1Secrets } = remembered;
export const { v2Keys: recallV2Keys } = remembered;
export const { webhookSecrets: recallWebhookSecrets } = remembered;

/** Opens all that a site signs and decrypts with. @throws when its keys were sealed by another key ring. */
export async function openSiteKeys(
  context: Keys,
  site: Pick<MerchantSite, 'merchantSite' | 'protocol'>,
): Promise<void> {
  if (site.protocol === 'classic-v1') await findV1Secrets(context, site);
  else if (site.protocol === 'classic-v2') await findV2Keys(context, site);
  else await findWebhookSecrets(context, site);
}

function opening(read: ReadKeys) {
  return {
    async v1Secrets(context: Keys, site: SiteCode): Promise<string[]> {
      return (await read(context, site, ['v1_secret'])).map((row) => secretText(context, row));
    },
    async v2Keys(
      context: Keys,
      site: SiteCode,
    ): Promise<{ gatewayPrivateKeys: KeyObject[]; merchantPublicKeys: KeyObject[] }> {
      const rows = await read(context, site, ['v2_gateway_key', 'v2_merchant_key']);
      const ofKind = (kind: SiteKeyKind) => rows.filter((row) => row.kind === kind);
      return {
        gatewayPrivateKeys: ofKind('v2_gateway_key').map((row) => privateKey(context, row)),
        merchantPublicKeys: ofKind('v2_merchant_key').map((row) => publicKey(context, row)),
      };
    },
    async webhookSecrets(context: Keys, site: SiteCode): Promise<string[]> {
      return (await read(context, site, ['webhook_secret'])).map((row) => secretText(context, row));
    },
  };
}

/** Opens a row once; what was opened goes with the row, and so with the copy in memory. */
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

const secretText = openedOnce((context, row) => openSecret(context, row).toString());
const privateKey = openedOnce((context, row) => createPrivateKey(openSecret(context, row).toString()));
const publicKey = openedOnce((_context, row) => toPublicKey(row));

function openSecret({ keyRing }: Pick<Context, 'keyRing'>, row: SiteKeyRow): Buffer {
  if (row.secretSealed === null) throw new Error(`site key ${row.id} has no secret`);
  return keyRing.open(row.secretSealed, `site_keys/${row.id}`);
}
