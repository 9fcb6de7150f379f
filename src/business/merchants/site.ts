// What a merchant site is, and what its merchant is given to integrate it. Types only.

import type { Context } from '../../ground/context.ts';
import type { FeeSchedule } from '../../ground/money/index.ts';
import type { ResultAmount, ResultNames } from '../../ground/protocols/index.ts';
import type { Environment } from '../../ground/terms.ts';

/** The part of the context that is needed to make sites and their keys. */
export type SiteContext = Pick<Context, 'db' | 'clock' | 'keyRing' | 'publicUrl'>;

export type Protocol = 'classic-v1' | 'classic-v2' | 'rest';
export type AmountUnit = 'hundredths' | 'dong';
export type CreditAccountKind = 'merchant_suspense' | 'merchant_collection';

export type SiteKeyKind =
  | 'v1_secret'
  | 'v2_gateway_key'
  | 'v2_merchant_key'
  | 'rest_api_key'
  | 'webhook_secret';

/** Which keys a site of each protocol has, in the order in which they are shown. */
export const keyKindsOf: Record<Protocol, readonly SiteKeyKind[]> = {
  'classic-v1': ['v1_secret'],
  'classic-v2': ['v2_gateway_key', 'v2_merchant_key'],
  rest: ['rest_api_key', 'webhook_secret'],
};

export type MerchantSite = {
  /** The code that orders name. */
  merchantSite: string;
  merchantId: string;
  merchantName: string;
  environment: Environment;
  name: string;
  protocol: Protocol;
  /** Neither the merchant nor the site is suspended. */
  active: boolean;
  /** Classic versions can be switched off without suspending the site. */
  protocolEnabled: boolean;
  accessCode: string;
  amountUnit: AmountUnit;
  /** `prefixed`: the result's parameters are sent as vipay_… (decision 0005). */
  resultNames: ResultNames;
  /** The unit of `total_amount` in a classic result. */
  resultAmount: ResultAmount;
  /** The site's own words for response codes, by our code; empty: ours. */
  resultCodes: Record<string, string>;
  returnUrl: string | null;
  notifyUrl: string | null;
  /** Of the merchant's own apps, beside https (and http in the sandbox): where buyers may be sent back. */
  returnSchemes: string[];
  /** The hosts they may be sent back to; `*.example` is every host below; empty: any. */
  returnHosts: string[];
  creditAccountKind: CreditAccountKind;
  creditAccountId: string;
  amountMinDong: bigint;
  amountMaxDong: bigint;
  fee: FeeSchedule;
  createdAt: Date;
};

/** What a new site is made from. Left out: generated, or the default of the table. */
export type NewSite = {
  environment: Environment;
  protocol: Protocol;
  /** Shown to buyers at the checkout. */
  name: string;
  /** An existing merchant; else `merchantName`: the merchant of that name in the environment, made when new. */
  merchantId?: string;
  /** Default: the site's name. */
  merchantName?: string;
  merchantSite?: string;
  accessCode?: string;
  /** v1 only, for a merchant who brings one. */
  secret?: string;
  amountUnit?: AmountUnit;
  /** Default: plain. */
  resultNames?: ResultNames;
  /** Classic only. Default: dong for v2, as_received for v1. */
  resultAmount?: ResultAmount;
  /** Classic only. Default: none. */
  resultCodes?: Record<string, string>;
  returnUrl?: string;
  notifyUrl?: string;
  returnSchemes?: string[];
  returnHosts?: string[];
  /** v2 only: XML, PEM or JWK. Without it a pair is made, and its private key handed out once. */
  merchantPublicKey?: string;
  creditAccountKind?: CreditAccountKind;
  amountMinDong?: bigint;
  amountMaxDong?: bigint;
  fee?: Partial<FeeSchedule>;
};

/** A key without its content, for people to see which is in use. */
export type SiteKeySummary = {
  kind: SiteKeyKind;
  status: 'active' | 'retiring' | 'revoked';
  createdAt: Date;
  expiresAt: Date | null;
  /** SHA-256 of a public key, 64 hex digits; null for other keys. */
  fingerprint: string | null;
};

/**
 * Everything a client needs, in the words of the wire: what `vipay site create --json` prints. The secret parts
 * (secret, merchant_private_key_…, api_key, webhook_secret) are there only when just made.
 */
export type SiteCredentials = {
  merchant_site: string;
  access_code: string;
  environment: Environment;
  protocol: Protocol;
  amount_unit: AmountUnit;
  result_names: ResultNames;
  result_amount: ResultAmount;
  result_codes: Record<string, string>;
  name: string;
  merchant_id: string;
  merchant_name: string;
  return_url: string | null;
  notify_url: string | null;
  secret?: string;
  gateway_public_key_xml?: string;
  gateway_public_key_pem?: string;
  gateway_public_key_fingerprint?: string;
  merchant_public_key_xml?: string;
  merchant_public_key_pem?: string;
  merchant_public_key_fingerprint?: string;
  merchant_private_key_xml?: string;
  merchant_private_key_pem?: string;
  api_key?: string;
  webhook_secret?: string;
  addresses: SiteAddresses;
};

/** Where the site's buyers and server go; a classic site has the first two, a REST site the last two. */
export type SiteAddresses = {
  gateway: string;
  payment_entry?: string;
  expired?: string;
  api_base?: string;
  openapi?: string;
};
