// How a merchant site and its credentials are told to a person.

import type { MerchantSite, SiteCredentials, SiteKeySummary } from '../src/business/merchants/index.ts';
import { computeFee, formatDong } from '../src/ground/money/index.ts';
import { dong, fields, moment, table, yesOrNo } from './print.ts';

/** The agreement with the merchant, which its client does not need; amounts in dong, rates in per cent. */
export function describeAgreement(site: MerchantSite) {
  return {
    active: site.active,
    protocol_enabled: site.protocolEnabled,
    credit_account: site.creditAccountKind === 'merchant_collection' ? 'collection' : 'suspense',
    amount_min: site.amountMinDong,
    amount_max: site.amountMaxDong,
    fee_percent: toPercent(site.fee.ratePpm),
    fee_fixed: site.fee.fixedDong,
    fee_min: site.fee.minDong,
    fee_max: site.fee.maxDong,
    vat_percent: toPercent(site.fee.vatRatePpm),
    return_schemes: site.returnSchemes,
    return_hosts: site.returnHosts,
    created_at: site.createdAt,
  };
}

/** Just made, or just rotated: with the secrets, for this once. */
export function showCredentials(
  told: SiteCredentials,
  { rotatedUntil }: { rotatedUntil?: Date | null },
): string {
  const first =
    rotatedUntil === undefined
      ? `Made site ${told.merchant_site} (${told.protocol}, ${told.environment}) of ${told.merchant_name}.`
      : `New keys of site ${told.merchant_site}; ${rotatedUntil === null ? 'the former ones ended now' : `the former ones are valid until ${moment(rotatedUntil)}`}.`;
  const hasSecret = [told.secret, told.api_key, told.webhook_secret, told.merchant_private_key_pem].some(
    Boolean,
  );
  return [
    first,
    '',
    fields([
      ...settings(told),
      ['secret', told.secret],
      ['API key', told.api_key],
      ['webhook secret', told.webhook_secret],
    ]),
    ...keyBlocks(told),
    ...(hasSecret
      ? ['', 'Keep the secret parts now: they are not shown again ("vipay site rotate-key" makes new ones).']
      : []),
  ].join('\n');
}

export function showSite(site: MerchantSite, told: SiteCredentials, keys: SiteKeySummary[]): string {
  const { feeDong, vatDong } = computeFee(site.fee, 100_000n);
  return [
    `Site ${site.merchantSite}: ${site.name.normalize('NFC')}`,
    fields([
      ['merchant', `${site.merchantName} (${site.merchantId})`],
      ['environment', site.environment],
      ['protocol', `${site.protocol}${site.protocolEnabled ? '' : ' (switched off)'}`],
      ['active', yesOrNo(site.active)],
      ...settings(told),
      [
        'credited to',
        site.creditAccountKind === 'merchant_collection' ? 'collection account' : 'suspense account',
      ],
      ['an order is', `${dong(site.amountMinDong)} to ${dong(site.amountMaxDong)}`],
      ['buyers go back to', returnText(site)],
      ['fee', feeText(site)],
      ['for instance', `of ${formatDong(100_000n)}: fee ${dong(feeDong)}, VAT ${dong(vatDong)}`],
      ['made at', moment(site.createdAt)],
    ]),
    '',
    table(
      ['KEY', 'STATUS', 'MADE', 'VALID UNTIL', 'SHA-256'],
      keys.map((key) => [
        key.kind,
        key.status,
        moment(key.createdAt),
        key.expiresAt === null ? 'until rotated' : moment(key.expiresAt),
        key.fingerprint?.slice(0, 16) ?? '–',
      ]),
    ),
    ...keyBlocks(told),
  ].join('\n');
}

function settings(told: SiteCredentials): [string, string | null | undefined][] {
  const { addresses } = told;
  return [
    ['merchant_site', told.merchant_site],
    ['access_code', told.access_code],
    [
      'amounts in',
      told.amount_unit === 'hundredths' ? 'hundredths of a dong (20000000 = 200.000 ₫)' : 'dong',
    ],
    [
      'results in',
      told.protocol === 'rest' ? null : told.result_amount === 'dong' ? 'dong' : 'the unit of the order',
    ],
    [
      'own codes',
      Object.entries(told.result_codes)
        .map(([code, word]) => `${code}=${word}`)
        .join(', ') || null,
    ],
    ['results named', told.result_names === 'plain' ? 'plain' : 'vipay_…'],
    ['return URL', told.return_url],
    ['notify URL', told.notify_url ?? 'none: no notifications ("vipay site set … --notify-url")'],
    ['send buyers to', addresses.payment_entry],
    ['expired page', addresses.expired],
    ['API base', addresses.api_base],
    ['OpenAPI', addresses.openapi],
  ];
}

function keyBlocks(told: SiteCredentials): string[] {
  const blocks: [title: string, content: string | undefined][] = [
    ["Gateway's public key, XML", told.gateway_public_key_xml],
    ["Gateway's public key, PEM", told.gateway_public_key_pem],
    ["Merchant's private key, XML (secret)", told.merchant_private_key_xml],
    ["Merchant's private key, PEM (secret)", told.merchant_private_key_pem],
    ["Merchant's public key, XML", told.merchant_public_key_xml],
    ["Merchant's public key, PEM", told.merchant_public_key_pem],
  ];
  return blocks.flatMap(([title, content]) =>
    content === undefined ? [] : ['', `${title}:`, content.trim()],
  );
}

function returnText({ environment, returnSchemes, returnHosts }: MerchantSite): string {
  const schemes = [environment === 'live' ? 'https' : 'https, http', ...returnSchemes].join(', ');
  return returnHosts.length === 0 ? schemes : `${schemes}; hosts ${returnHosts.join(', ')}`;
}

function feeText({ fee }: MerchantSite): string {
  const parts = [
    `${toPercent(fee.ratePpm)} %`,
    ...(fee.fixedDong > 0n ? [`+ ${dong(fee.fixedDong)}`] : []),
    ...(fee.minDong > 0n ? [`at least ${dong(fee.minDong)}`] : []),
    ...(fee.maxDong === null ? [] : [`at most ${dong(fee.maxDong)}`]),
    `and VAT of ${toPercent(fee.vatRatePpm)} % on it`,
  ];
  return parts.join(' ');
}

/** 11000n → "1.1" */
function toPercent(ppm: bigint): string {
  return `${ppm / 10_000n}.${String(ppm % 10_000n).padStart(4, '0')}`.replace(/\.?0+$/, '');
}
