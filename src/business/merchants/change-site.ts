// Changes of a site after it was made: suspended and active again, its protocol off and on, its name and URLs.

import type { Context } from '../../ground/context.ts';
import { inTransaction, type Tx } from '../../ground/database/index.ts';
import type { ResultAmount, ResultNames } from '../../ground/protocols/index.ts';
import { type Actor, recordAct } from '../audit/index.ts';
import { type MerchantError, merchantError } from './merchant-errors.ts';
import { findSite, lockSite, type SiteStatus, unchanged, updateSiteRow } from './merchant-queries.ts';
import { recordSome } from './recorded-site.ts';
import { readReturnHosts, readReturnSchemes } from './return-address.ts';
import type { MerchantSite } from './site.ts';
import { checkName, checkResultWords, checkReturnLists, checkSiteUrl } from './site-rules.ts';

export type ChangeSiteResult = { ok: true; site: MerchantSite } | { ok: false; error: MerchantError };

type Changing = Pick<Context, 'db' | 'clock' | 'keyRing'>;

/** New orders are refused (04), and open ones can no longer be paid. Nothing else is touched. */
export function suspendSite(
  context: Changing,
  by: Actor,
  merchantSite: string,
  reason?: string,
): Promise<ChangeSiteResult> {
  return changeStatus(context, { by, act: 'site.suspended', merchantSite, status: 'suspended', reason });
}

/** Takes a suspension of the site back; the merchant's own suspension stays. */
export function activateSite(
  context: Changing,
  by: Actor,
  merchantSite: string,
  reason?: string,
): Promise<ChangeSiteResult> {
  return changeStatus(context, { by, act: 'site.activated', merchantSite, status: 'active', reason });
}

export type SiteSettings = {
  name?: string;
  returnUrl?: string;
  notifyUrl?: string;
  returnSchemes?: string[];
  returnHosts?: string[];
  resultNames?: ResultNames;
  resultAmount?: ResultAmount;
  resultCodes?: Record<string, string>;
  /** False: refuses orders in the site's protocol without suspending the site. */
  protocolEnabled?: boolean;
};

/**
 * Changes the name, the URLs, where buyers may be sent back, how results are told and whether its protocol is on; an
 * empty URL or list takes it away. Orders keep the URLs they came with.
 */
export function updateSite(
  context: Changing,
  by: Actor,
  merchantSite: string,
  change: SiteSettings,
  reason?: string,
): Promise<ChangeSiteResult> {
  return inTransaction(context.db, async (tx): Promise<ChangeSiteResult> => {
    const site = await lockSite(tx, merchantSite);
    if (site === null) return { ok: false, error: merchantError('site_not_found', 'merchantSite') };
    const fault = checkChange(site, change);
    if (fault) return { ok: false, error: fault };
    await updateSiteRow(tx, merchantSite, {
      status: null,
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
    const changed = await getChanged(tx, merchantSite);
    const names = Object.keys(change);
    await recordAct(tx, context, {
      by,
      act: 'site.changed',
      subject: merchantSite,
      environment: site.environment,
      before: recordSome(site, names),
      after: recordSome(changed, names),
      reason,
    });
    return { ok: true, site: changed };
  });
}

async function changeStatus(
  context: Changing,
  {
    by,
    act,
    merchantSite,
    status,
    reason,
  }: {
    by: Actor;
    act: 'site.suspended' | 'site.activated';
    merchantSite: string;
    status: SiteStatus;
    reason: string | undefined;
  },
): Promise<ChangeSiteResult> {
  return inTransaction(context.db, async (tx): Promise<ChangeSiteResult> => {
    const site = await lockSite(tx, merchantSite);
    if (site === null) return { ok: false, error: merchantError('site_not_found', 'merchantSite') };
    await updateSiteRow(tx, merchantSite, { ...unchanged, status });
    const changed = await getChanged(tx, merchantSite);
    const { environment } = site;
    const values = { before: { status: site.status }, after: { status } };
    await recordAct(tx, context, { by, act, subject: merchantSite, environment, ...values, reason });
    return { ok: true, site: changed };
  });
}

async function getChanged(tx: Tx, merchantSite: string): Promise<MerchantSite> {
  const changed = await findSite(tx, merchantSite);
  if (changed === null) throw new Error(`site ${merchantSite} has gone`);
  return changed;
}

function checkChange(site: MerchantSite, change: SiteSettings): MerchantError | null {
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
