// What a merchant site may look like. Pure; the first fault found is returned, in the order of the checks.

import { amountDongMax, type FeeSchedule } from '../../ground/money/index.ts';
import { findHostFault, literalAddresses, refuseAddress } from '../../ground/outgoing/index.ts';
import { isPrefixedName, responseCodes } from '../../ground/protocols/index.ts';
import { nameProblem } from '../../ground/text/index.ts';
import { type MerchantError, merchantError } from './merchant-errors.ts';
import { readReturnHosts, readReturnSchemes } from './return-address.ts';
import type { NewSite, Protocol } from './site.ts';

const codePattern = /^[A-Za-z0-9_.-]{1,50}$/;
const resultWordPattern = /^[A-Za-z0-9._-]{1,32}$/;
const urlLengthMax = 2048;
/**
 * What `URL` would take, mend or leave out, and other readers would not: a third slash, an empty user before the host, an
 * empty fragment, spaces, what does not show, backslashes.
 */
const urlPattern = /^https?:\/\/[^/?#@\\\s\p{C}]+(?:[/?][^#\\\s\p{C}]*)?$/iu;
const liveSecretLengthMin = 16;
const overlapSecondsMax = 90 * 24 * 60 * 60;

/** All rules of a new site but the key it brings. */
export function checkNewSite(site: NewSite): MerchantError | null {
  return (
    checkCodes(site) ??
    checkName(site.name, 'name') ??
    (site.merchantName === undefined ? null : checkName(site.merchantName, 'merchantName')) ??
    checkProtocolSettings(site) ??
    checkSiteUrl(site, 'returnUrl') ??
    checkSiteUrl(site, 'notifyUrl') ??
    checkReturnLists(site) ??
    checkResultWords(site.protocol, site) ??
    checkBounds(site) ??
    checkFee(site.fee ?? {})
  );
}

function checkCodes({ merchantSite, accessCode }: NewSite): MerchantError | null {
  if (merchantSite !== undefined && !codePattern.test(merchantSite)) {
    return merchantError('merchant_site_malformed', 'merchantSite');
  }
  return accessCode === undefined || codePattern.test(accessCode)
    ? null
    : merchantError('access_code_malformed', 'accessCode');
}

export function checkName(name: string, field: string): MerchantError | null {
  return nameProblem(name) === null ? null : merchantError('name_malformed', field);
}

function checkProtocolSettings(site: NewSite): MerchantError | null {
  const { protocol, environment, secret } = site;
  if (secret !== undefined && protocol !== 'classic-v1')
    return merchantError('not_for_this_protocol', 'secret');
  if (site.merchantPublicKey !== undefined && protocol !== 'classic-v2') {
    return merchantError('not_for_this_protocol', 'merchantPublicKey');
  }
  if (site.amountUnit !== undefined && protocol === 'rest') {
    return merchantError('not_for_this_protocol', 'amountUnit', 'REST amounts are always whole dong.');
  }
  if (secret === undefined) return null;
  if (!/^[^\p{Cc}\p{Cs}|]{1,200}$/u.test(secret)) return merchantError('secret_malformed', 'secret');
  // A short secret can be found by trying, from one result seen in a browser.
  return environment === 'live' && secret.length < liveSecretLengthMin
    ? merchantError('secret_too_short', 'secret')
    : null;
}

/** The rule for one of the two URLs of a site that is made or changed; an absent one passes. */
export function checkSiteUrl(
  site: Pick<NewSite, 'environment' | 'resultNames' | 'returnUrl' | 'notifyUrl'>,
  field: 'returnUrl' | 'notifyUrl',
): MerchantError | null {
  const text = site[field];
  if (text === undefined) return null;
  const url = text.length <= urlLengthMax && urlPattern.test(text) ? URL.parse(text) : null;
  if (url === null || url.port === '0' || findHostFault(url.hostname) !== null)
    return merchantError('url_malformed', field);
  if (site.environment === 'live' && url.protocol !== 'https:') return merchantError('url_not_https', field);
  if (site.environment === 'live' && !isPublicHost(url.hostname))
    return merchantError('url_not_public', field);
  const clash = [...url.searchParams.keys()].find((name) => isPrefixedName(name));
  return site.resultNames === 'prefixed' && clash !== undefined
    ? merchantError('url_holds_result_name', field, `${clash.toLowerCase()}:`)
    : null;
}

/**
 * Refuses early what the delivery would refuse later. The delivery checks the addresses behind a name at
 * every call.
 */
function isPublicHost(withRootDot: string): boolean {
  const hostname = withRootDot.replace(/\.$/, '');
  const literal = literalAddresses(hostname);
  if (literal === null) return hostname.includes('.');
  return literal.every((address) => refuseAddress(address, { allowLoopback: false }) === null);
}

/** The lists of a site that is made or changed; an absent one passes. */
export function checkReturnLists({
  returnSchemes,
  returnHosts,
}: Pick<NewSite, 'returnSchemes' | 'returnHosts'>): MerchantError | null {
  if (returnSchemes !== undefined && readReturnSchemes(returnSchemes) === null)
    return merchantError('return_schemes_malformed', 'returnSchemes');
  return returnHosts !== undefined && readReturnHosts(returnHosts) === null
    ? merchantError('return_hosts_malformed', 'returnHosts')
    : null;
}

/** How classic results are told; absent settings pass. A word stands in v1's hash and in an address. */
export function checkResultWords(
  protocol: Protocol,
  { resultAmount, resultCodes }: Pick<NewSite, 'resultAmount' | 'resultCodes'>,
): MerchantError | null {
  if (protocol === 'rest' && resultAmount !== undefined)
    return merchantError('not_for_this_protocol', 'resultAmount', 'REST amounts are always whole dong.');
  if (resultCodes === undefined) return null;
  const pairs = Object.entries(resultCodes);
  if (protocol === 'rest' && pairs.length > 0)
    return merchantError('not_for_this_protocol', 'resultCodes', 'REST has its own codes.');
  const words = new Set(pairs.map(([, word]) => word));
  const fits =
    words.size === pairs.length &&
    pairs.every(([code, word]) => Object.hasOwn(responseCodes, code) && resultWordPattern.test(word)) &&
    // A word that equals another code's number would be read as that code.
    pairs.every(([code, word]) => word === code || !Object.hasOwn(responseCodes, word));
  return fits ? null : merchantError('result_codes_malformed', 'resultCodes');
}

function checkBounds({ amountMinDong = 1n, amountMaxDong = amountDongMax }: NewSite): MerchantError | null {
  return amountMinDong >= 1n && amountMaxDong >= amountMinDong && amountMaxDong <= amountDongMax
    ? null
    : merchantError('amount_bounds_malformed', 'amountMaxDong');
}

function checkFee(fee: Partial<FeeSchedule>): MerchantError | null {
  const { ratePpm = 0n, fixedDong = 0n, minDong = 0n, maxDong = null, vatRatePpm = 0n } = fee;
  const isRate = (ppm: bigint) => ppm >= 0n && ppm <= 1_000_000n;
  const isAmount = (dong: bigint) => dong >= 0n && dong <= amountDongMax;
  const fits =
    isRate(ratePpm) &&
    isRate(vatRatePpm) &&
    isAmount(fixedDong) &&
    isAmount(minDong) &&
    (maxDong === null || (isAmount(maxDong) && maxDong >= minDong));
  return fits ? null : merchantError('fee_malformed', 'fee');
}

export function checkOverlap(overlapSeconds: number): MerchantError | null {
  return Number.isInteger(overlapSeconds) && overlapSeconds >= 0 && overlapSeconds <= overlapSecondsMax
    ? null
    : merchantError('overlap_malformed', 'overlapSeconds');
}

/** "Cửa hàng Sen Đá" → "cua_hang_sen_da": the readable part of a generated code. May be empty. */
export function toCodeWords(name: string): string {
  return name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[đĐ]/g, 'd')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 30)
    .replace(/_+$/, '');
}
