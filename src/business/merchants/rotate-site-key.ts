// Gives a site new keys while the former ones still work, so that its merchant can change over at leisure.

import { inTransaction } from '../../ground/database/index.ts';
import { type Actor, recordAct } from '../audit/index.ts';
import { readMerchantPublicKey } from './create-site.ts';
import { type MerchantError, merchantError } from './merchant-errors.ts';
import { findSite, lockSite, retireKeys } from './merchant-queries.ts';
import {
  keyKindsOf,
  type MerchantSite,
  type SiteContext,
  type SiteCredentials,
  type SiteKeyKind,
} from './site.ts';
import { toCredentials } from './site-credentials.ts';
import { prepareKey, storeKey } from './site-keys.ts';
import { checkOverlap } from './site-rules.ts';

export type RotateSiteKeyInput = {
  /** How long the former keys stay valid; 0 revokes them at once (a key that was disclosed). At most 90 days. */
  overlapSeconds: number;
  /** Only these; default: every key of the site, or with `merchantPublicKey` that one alone. */
  kinds?: readonly SiteKeyKind[];
  /** v2: the merchant's new public key (XML, PEM or JWK), instead of a pair made here. */
  merchantPublicKey?: string;
  reason?: string;
};

export type RotateSiteKeyResult =
  | { ok: true; site: MerchantSite; credentials: SiteCredentials; formerValidUntil: Date }
  | { ok: false; error: MerchantError };

export async function rotateSiteKey(
  context: SiteContext,
  by: Actor,
  merchantSite: string,
  input: RotateSiteKeyInput,
): Promise<RotateSiteKeyResult> {
  const found = await findSite(context.db, merchantSite);
  if (found === null) return { ok: false, error: merchantError('site_not_found', 'merchantSite') };
  const fault = checkOverlap(input.overlapSeconds);
  if (fault) return { ok: false, error: fault };
  const kinds = chooseKinds(found, input);
  if ('error' in kinds) return { ok: false, error: kinds.error };
  const imported = readMerchantPublicKey(input.merchantPublicKey);
  if (!imported.ok) return imported;

  const keys = await Promise.all(
    kinds.chosen.map((kind) => prepareKey(kind, found.environment, { merchantPublicKey: imported.key })),
  );

  return inTransaction(context.db, async (tx) => {
    const site = await lockSite(tx, merchantSite);
    if (site === null) throw new Error(`site ${merchantSite} has gone`);
    const now = context.clock.now();
    const until = new Date(now.getTime() + input.overlapSeconds * 1000);
    await retireKeys(tx, merchantSite, kinds.chosen, { now, until });
    for (const key of keys) {
      await storeKey(tx, context.keyRing, key, { merchantSite, environment: site.environment, now });
    }
    await recordAct(tx, context, {
      by,
      act: 'site.key_rotated',
      subject: merchantSite,
      environment: site.environment,
      after: { kinds: kinds.chosen, former_valid_until: until },
      reason: input.reason,
    });
    const told = Object.assign({}, ...keys.map((key) => key.told));
    const credentials = { ...toCredentials(context.publicUrl, site), ...told };
    return { ok: true, site, credentials, formerValidUntil: until };
  });
}

function chooseKinds(
  site: MerchantSite,
  input: RotateSiteKeyInput,
): { chosen: readonly SiteKeyKind[] } | { error: MerchantError } {
  const own = keyKindsOf[site.protocol];
  const bringsKey = input.merchantPublicKey !== undefined;
  const chosen = input.kinds ?? (bringsKey ? (['v2_merchant_key'] as const) : own);
  if (bringsKey && !chosen.includes('v2_merchant_key')) {
    return { error: merchantError('not_for_this_protocol', 'merchantPublicKey') };
  }
  const foreign = chosen.find((kind) => !own.includes(kind));
  if (foreign === undefined && chosen.length > 0) return { chosen };
  const field = bringsKey ? 'merchantPublicKey' : 'kinds';
  return {
    error: merchantError('not_for_this_protocol', field, `A ${site.protocol} site has ${own.join(', ')}.`),
  };
}
