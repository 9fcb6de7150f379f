// A site's settings as the audit log keeps them: without keys and access code, under the names of the wire. Pure.

import type { MerchantSite } from './site.ts';

export function recordSettings(site: MerchantSite): Record<string, unknown> {
  const { fee } = site;
  return {
    name: site.name,
    merchant_id: site.merchantId,
    merchant_name: site.merchantName,
    protocol: site.protocol,
    protocol_enabled: site.protocolEnabled,
    amount_unit: site.amountUnit,
    result_names: site.resultNames,
    result_amount: site.resultAmount,
    result_codes: site.resultCodes,
    return_url: site.returnUrl,
    notify_url: site.notifyUrl,
    return_schemes: site.returnSchemes,
    return_hosts: site.returnHosts,
    credit_account_kind: site.creditAccountKind,
    amount_min_dong: site.amountMinDong,
    amount_max_dong: site.amountMaxDong,
    fee: {
      rate_ppm: fee.ratePpm,
      fixed_dong: fee.fixedDong,
      min_dong: fee.minDong,
      max_dong: fee.maxDong,
      vat_rate_ppm: fee.vatRatePpm,
    },
  };
}

/** Only the settings of these names (`notifyUrl`), as they are at this site. */
export function recordSome(site: MerchantSite, names: readonly string[]): Record<string, unknown> {
  const wanted = new Set(names.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)));
  return Object.fromEntries(Object.entries(recordSettings(site)).filter(([name]) => wanted.has(name)));
}
