// All SQL of merchants, merchant_sites and site_keys.

import { sql } from 'kysely';
import type { Context } from '../../ground/context.ts';
import {
  type Columns,
  createRowCache,
  type DbOrTx,
  selectList,
  type Tx,
} from '../../ground/database/index.ts';
import type { FeeSchedule } from '../../ground/money/index.ts';
import type { ResultAmount, ResultNames } from '../../ground/protocols/index.ts';
import type { Environment } from '../../ground/terms.ts';
import type { MerchantSite, SiteKeyKind } from './site.ts';

const sitesPageMax = 500;

export type SiteRow = Omit<MerchantSite, 'fee'> & FeeSchedule;

/** The columns of merchant_sites, joined with its merchant as `m`. */
export const siteColumns: Columns<SiteRow> = {
  merchantSite: 'merchant_site',
  merchantId: 'merchant_id',
  merchantName: '(m.name)',
  environment: 'environment',
  name: 'name',
  protocol: 'protocol',
  active: "(m.status = 'active' and $.status = 'active')",
  protocolEnabled: 'protocol_enabled',
  accessCode: 'access_code',
  amountUnit: 'amount_unit',
  resultNames: 'result_names',
  resultAmount: 'result_amount',
  resultCodes: 'result_codes',
  returnUrl: 'return_url',
  notifyUrl: 'notify_url',
  returnSchemes: 'return_schemes',
  returnHosts: 'return_hosts',
  creditAccountKind: 'credit_account_kind',
  creditAccountId: 'credit_account_id',
  amountMinDong: 'amount_min_dong',
  amountMaxDong: 'amount_max_dong',
  ratePpm: 'fee_rate_ppm',
  fixedDong: 'fee_fixed_dong',
  minDong: 'fee_min_dong',
  maxDong: 'fee_max_dong',
  vatRatePpm: 'vat_rate_ppm',
  createdAt: 'created_at',
};

const siteList = selectList(siteColumns, { from: 's' });

export function toSite({ ratePpm, fixedDong, minDong, maxDong, vatRatePpm, ...site }: SiteRow): MerchantSite {
  return { ...site, fee: { ratePpm, fixedDong, minDong, maxDong, vatRatePpm } };
}

/** The site of this code, of either environment; codes are compared exactly. */
export async function findSite(db: DbOrTx, merchantSite: string): Promise<MerchantSite | null> {
  const { rows } = await sql<SiteRow>`
    select ${siteList} from merchant_sites s join merchants m on m.id = s.merchant_id
    where s.merchant_site = ${merchantSite}`.execute(db);
  return rows[0] ? toSite(rows[0]) : null;
}

const sites = createRowCache<MerchantSite | null>({
  tables: ['merchants', 'merchant_sites'],
  load: findSite,
});

/**
 * The site as it was at most ten seconds ago: for showing it and for its settings. Code that accepts an order
 * or moves money reads the site again where it decides. A caller inside a transaction passes its `tx`.
 */
export function recallSite(
  { db }: Pick<Context, 'db'>,
  merchantSite: string,
  tx?: Tx,
): Promise<MerchantSite | null> {
  return sites.get(db, merchantSite, tx);
}

/** In the order of their codes, at most 500 a page; `after` is the last code seen. */
export async function listSites(
  db: DbOrTx,
  page: { environment?: Environment; after?: string; limit: number },
): Promise<MerchantSite[]> {
  const { rows } = await sql<SiteRow>`
    select ${siteList} from merchant_sites s join merchants m on m.id = s.merchant_id
    where (${page.environment ?? null}::text is null or s.environment = ${page.environment ?? null})
      and s.merchant_site collate "C" > ${page.after ?? ''}
    order by s.merchant_site collate "C" limit ${Math.min(page.limit, sitesPageMax)}`.execute(db);
  return rows.map(toSite);
}

export type SiteStatus = 'active' | 'suspended';

/** Locks the site against a second change at the same time; null when there is none. `status` is the site's own. */
export async function lockSite(
  tx: Tx,
  merchantSite: string,
): Promise<(MerchantSite & { status: SiteStatus }) | null> {
  const { rows } = await sql<{ status: SiteStatus }>`
    select status from merchant_sites where merchant_site = ${merchantSite} for no key update`.execute(tx);
  const site = await findSite(tx, merchantSite);
  return rows[0] && site ? { ...site, status: rows[0].status } : null;
}

export async function findMerchant(
  db: DbOrTx,
  environment: Environment,
  id: string,
): Promise<{ id: string; name: string } | null> {
  const { rows } = await sql<{ id: string; name: string }>`
    select id, name from merchants where environment = ${environment} and id::text = ${id}`.execute(db);
  return rows[0] ?? null;
}

/** The oldest merchant of this name. The lock lasts until the end of the transaction: two calls make one merchant. */
export async function lockMerchantName(
  tx: Tx,
  environment: Environment,
  name: string,
): Promise<{ id: string; name: string } | null> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`merchants/${environment}/${name}`}, 0))`.execute(
    tx,
  );
  const { rows } = await sql<{ id: string; name: string }>`
    select id, name from merchants where environment = ${environment} and name = ${name}
    order by created_at, id limit 1`.execute(tx);
  return rows[0] ?? null;
}

export async function insertMerchant(
  tx: Tx,
  merchant: { id: string; environment: Environment; name: string; now: Date },
): Promise<void> {
  await sql`
    insert into merchants (id, environment, name, created_at)
    values (${merchant.id}, ${merchant.environment}, ${merchant.name}, ${merchant.now})`.execute(tx);
}

/** False when the code is taken. */
export async function insertSite(
  tx: Tx,
  site: Omit<MerchantSite, 'merchantName' | 'active' | 'protocolEnabled'>,
): Promise<boolean> {
  const { fee } = site;
  const { numAffectedRows } = await sql`
    insert into merchant_sites (merchant_site, merchant_id, environment, name, protocol, access_code, amount_unit,
      result_names, result_amount, result_codes, return_url, notify_url, return_schemes, return_hosts, credit_account_kind, credit_account_id, amount_min_dong, amount_max_dong,
      fee_rate_ppm, fee_fixed_dong, fee_min_dong, fee_max_dong, vat_rate_ppm, created_at)
    values (${site.merchantSite}, ${site.merchantId}, ${site.environment}, ${site.name}, ${site.protocol},
      ${site.accessCode}, ${site.amountUnit}, ${site.resultNames}, ${site.resultAmount}, ${JSON.stringify(site.resultCodes)}::jsonb, ${site.returnUrl}, ${site.notifyUrl}, ${site.returnSchemes}::text[],
      ${site.returnHosts}::text[], ${site.creditAccountKind},
      ${site.creditAccountId}, ${site.amountMinDong}, ${site.amountMaxDong}, ${fee.ratePpm}, ${fee.fixedDong},
      ${fee.minDong}, ${fee.maxDong}, ${fee.vatRatePpm}, ${site.createdAt})
    on conflict (merchant_site) do nothing`.execute(tx);
  return numAffectedRows === 1n;
}

/** A change of nothing. */
export const unchanged: Record<keyof SiteChange, null> = {
  status: null,
  protocolEnabled: null,
  name: null,
  resultNames: null,
  resultAmount: null,
  resultCodes: null,
  returnUrl: null,
  notifyUrl: null,
  returnSchemes: null,
  returnHosts: null,
};

/** Null leaves a column as it is. Returns false when there is no such site. */
export async function updateSiteRow(
  db: DbOrTx,
  merchantSite: string,
  change: { [Name in keyof SiteChange]: SiteChange[Name] | null },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update merchant_sites set
      status = coalesce(${change.status}, status),
      protocol_enabled = coalesce(${change.protocolEnabled}::boolean, protocol_enabled),
      name = coalesce(${change.name}, name),
      result_names = coalesce(${change.resultNames}, result_names),
      result_amount = coalesce(${change.resultAmount}, result_amount),
      result_codes = coalesce(${change.resultCodes === null ? null : JSON.stringify(change.resultCodes)}::jsonb, result_codes),
      return_url = nullif(coalesce(${change.returnUrl}, return_url), ''),
      notify_url = nullif(coalesce(${change.notifyUrl}, notify_url), ''),
      return_schemes = coalesce(${change.returnSchemes}::text[], return_schemes),
      return_hosts = coalesce(${change.returnHosts}::text[], return_hosts)
    where merchant_site = ${merchantSite}`.execute(db);
  return numAffectedRows === 1n;
}

/** An empty URL takes the URL away. */
type SiteChange = {
  status: SiteStatus;
  protocolEnabled: boolean;
  name: string;
  resultNames: ResultNames;
  resultAmount: ResultAmount;
  resultCodes: Record<string, string>;
  returnUrl: string;
  notifyUrl: string;
  returnSchemes: string[];
  returnHosts: string[];
};

export type SiteKeyRow = {
  id: string;
  merchantSite: string;
  environment: Environment;
  kind: SiteKeyKind;
  status: 'active' | 'retiring' | 'revoked';
  publicText: string | null;
  secretSealed: Buffer | null;
  secretHash: Buffer | null;
  createdAt: Date;
  expiresAt: Date | null;
};

const keyColumns = sql`
  id, merchant_site as "merchantSite", environment, kind, status, public_text as "publicText",
  secret_sealed as "secretSealed", secret_hash as "secretHash", created_at as "createdAt", expires_at as "expiresAt"`;

export async function insertSiteKey(tx: Tx, key: Omit<SiteKeyRow, 'status' | 'expiresAt'>): Promise<void> {
  await sql`
    insert into site_keys (id, merchant_site, environment, kind, public_text, secret_sealed, secret_hash, created_at)
    values (${key.id}, ${key.merchantSite}, ${key.environment}, ${key.kind}, ${key.publicText}, ${key.secretSealed},
      ${key.secretHash}, ${key.createdAt})`.execute(tx);
}

/** The keys of these kinds that are valid at `now`, newest first. */
export async function listValidKeys(
  db: DbOrTx,
  merchantSite: string,
  kinds: readonly SiteKeyKind[],
  now: Date,
): Promise<SiteKeyRow[]> {
  const { rows } = await sql<SiteKeyRow>`
    select ${keyColumns} from site_keys
    where merchant_site = ${merchantSite} and kind = any(${kinds}::text[]) and status <> 'revoked'
      and (expires_at is null or expires_at > ${now})
    order by created_at desc, id desc`.execute(db);
  return rows;
}

/** The keys of any kind that are not revoked, newest first; the caller looks at `expiresAt`. */
export async function listUnrevokedKeys(db: DbOrTx, merchantSite: string): Promise<SiteKeyRow[]> {
  const { rows } = await sql<SiteKeyRow>`
    select ${keyColumns} from site_keys where merchant_site = ${merchantSite} and status <> 'revoked'
    order by created_at desc, id desc`.execute(db);
  return rows;
}

/** Every key the site ever had, newest first, at most 100. */
export async function listAllKeys(db: DbOrTx, merchantSite: string): Promise<SiteKeyRow[]> {
  const { rows } = await sql<SiteKeyRow>`
    select ${keyColumns} from site_keys where merchant_site = ${merchantSite}
    order by created_at desc, id desc limit 100`.execute(db);
  return rows;
}

/** The key with this hash, of any site, valid or not. */
export async function findKeyByHash(db: DbOrTx, secretHash: Buffer): Promise<SiteKeyRow | null> {
  const { rows } = await sql<SiteKeyRow>`
    select ${keyColumns} from site_keys where secret_hash = ${secretHash}`.execute(db);
  return rows[0] ?? null;
}

/** Former keys stay valid until `until` at the longest, or not at all when that is not after `now`. */
export async function retireKeys(
  tx: Tx,
  merchantSite: string,
  kinds: readonly SiteKeyKind[],
  { now, until }: { now: Date; until: Date },
): Promise<void> {
  await sql`
    update site_keys set
      status = case when ${until}::timestamptz > ${now}::timestamptz then 'retiring' else 'revoked' end,
      expires_at = least(expires_at, ${until}::timestamptz)
    where merchant_site = ${merchantSite} and kind = any(${kinds}::text[]) and status <> 'revoked'`.execute(
    tx,
  );
}

/** The codes of all sites of both environments, at most 100.000. */
export async function listSiteCodes(db: DbOrTx): Promise<string[]> {
  const { rows } = await sql<{ merchantSite: string }>`
    select merchant_site as "merchantSite" from merchant_sites limit 100000`.execute(db);
  return rows.map(({ merchantSite }) => merchantSite);
}
