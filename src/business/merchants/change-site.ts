// Changes of a site after it was made: suspended and active again, its protocol off and on, its name and URLs.

import type { Context } from '../../ground/context.ts';
import { inTransaction } from '../../ground/database/index.ts';
import type { ResultAmount, ResultNames } from '../../ground/protocols/index.ts';
import { type MerchantError, merchantError } from './merchant-errors.ts';
import { findSite, lockSite, type SiteChange, updateSiteRow } from './merchant-queries.ts';
import { readReturnHosts, readReturnSchemes } from './return-address.ts';
import type { MerchantSite } from './site.ts';
import { checkName, checkResultWords, checkReturnLists, checkSiteUrl } from './site-rules.ts';

export type ChangeSiteResult = { ok: true; site: MerchantSite } | { ok: false; error: MerchantError };

type Changing = Pick<Context, 'db'>;

/** New orders are refused (04), and open ones can no longer be paid. Nothing else is touched. */
export function suspendSite(context: Changing, merchantSite: string): Promise<ChangeSiteResult> {
  return changeSite(context, merchantSite, { status: 'suspended' });
}

/** Takes a suspension of the site back; the merchant's own suspension stays. */
export function activateSite(context: Changing, merchantSite: string): Promise<ChangeSiteResult> {
  return changeSite(context, merchantSite, { status: 'active' });
}

/** Refuses or accepts orders in the site's protocol without suspending the site. */
export function switchProtocol(
  context: Changing,
  merchantSite: string,
  enabled: boolean,
): Promise<ChangeSiteResult> {
  return changeSite(context, merchantSite, { protocolEnabled: enabled });
}

/**
 * Changes the name, the URLs, where buyers may be sent back and how results are told; an empty URL or list takes it
 * away. Orders keep the URLs they came with.
 */
export function updateSite(
  context: Changing,
  merchantSite: string,
  change: {
    name?: string;
    returnUrl?: string;
    notifyUrl?: string;
    returnSchemes?: string[];
    returnHosts?: string[];
    resultNames?: ResultNames;
    resultAmount?: ResultAmount;
    resultCodes?: Record<string, string>;
  },
): Promise<ChangeSiteResult> {
  return changeSite(context, merchantSite, change);
}

async function changeSite(
  context: Changing,
  merchantSite: string,
  change: Partial<SiteChange>,
): Promise<ChangeSiteResult> {
  return inTransaction(context.db, async (tx): Promise<ChangeSiteResult> => {
    const site = await lockSite(tx, merchantSite);
    if (site === null) return { ok: false, error: merchantError('site_not_found', 'merchantSite') };
    const fault = checkChange(site, change);
    if (fault) return { ok: false, error: fault };
    await updateSiteRow(tx, merchantSite, {
      status: change.status ?? null,
      protocolEnabled: change.protocolEnabled ?? null,
      name: change.name?.normalize('NFC').trim() ?? null,
      resultNames: change.resultNames ?? null,
      resultAmount: change.resultAmount ?? null,
      resultCodes: change.resultCodes ?? null,
      returnUrl: change.returnUrl ?? null,
      notifyUrl: change.notifyUrl ?? null,
      returnSchemes: change.returnSchemes === undefined ? null : readReturnSchemes(change.returnSchemes),
      returnHosts: change.returnHosts === undefined ? null : readReturnHosts(change.returnHosts),
    });
    const changed = await findSite(tx, merchantSite);
    if (changed === null) throw new Error(`site ${merchantSite} has gone`);
    return { ok: true, site: changed };
  });
}

function checkChange(site: MerchantSite, change: Partial<SiteChange>): MerchantError | null {
  const { environment } = site;
  const resultNames = change.resultNames ?? site.resultNames;
  for (const field of ['returnUrl', 'notifyUrl'] as const) {
    // A change of the names is judged with the URLs that stay, too.
    const url = change[field] ?? (change.resultNames === undefined ? null : site[field]);
    const fault = url ? checkSiteUrl({ environment, resultNames, [field]: url }, field) : null;
    if (fault) return fault;
  }
  const fault = checkReturnLists(change) ?? checkResultWords(site.protocol, change);
  if (fault) return fault;
  return change.name === undefined ? null : checkName(change.name, 'name');
}
