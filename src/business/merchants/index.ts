export { activateSite, suspendSite, updateSite } from './change-site.ts';
export { type CreateSiteResult, createSite } from './create-site.ts';
export type { MerchantError, MerchantErrorCode } from './merchant-errors.ts';
export {
  findSite,
  listSiteCodes,
  listSites,
  recallSite,
  type SiteRow,
  siteColumns,
  toSite,
} from './merchant-queries.ts';
export { findReturnAddressFault } from './return-address.ts';
export { type RotateSiteKeyResult, rotateSiteKey } from './rotate-site-key.ts';
export type {
  MerchantSite,
  NewSite,
  Protocol,
  SiteCredentials,
  SiteKeyKind,
  SiteKeySummary,
} from './site.ts';
export { describeSite, listSiteKeys } from './site-credentials.ts';
export {
  findSiteByApiKey,
  type KeyHolder,
  recallSiteByApiKey,
} from './site-keys.ts';
export {
  findV1Secrets,
  findV2Keys,
  findWebhookSecrets,
  openSiteKeys,
  recallV1Secrets,
  recallV2Keys,
  recallWebhookSecrets,
} from './site-secrets.ts';
