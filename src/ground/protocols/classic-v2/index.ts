// Classic v2: a redirect that is encrypted and signed with RSA keys. Bytes in → order, result → bytes out.

export type { AmountUnit, ClassicSite } from '../classic-fields.ts';
export {
  type OpenedV2,
  openV2Request,
  parseV2Query,
  sealV2Request,
  toV2Fields,
  type V2Parameters,
  type V2Warning,
} from './request.ts';
export {
  buildV2NotificationUrl,
  buildV2ReturnUrl,
  openV2Result,
  sealV2Result,
  type V2ResultKeys,
} from './result.ts';
