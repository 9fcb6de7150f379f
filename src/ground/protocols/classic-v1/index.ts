// Classic v1: a redirect whose query is hashed with a shared secret. Bytes in → order, result → bytes out.

export type { AmountUnit, ClassicSite } from '../classic-fields.ts';
export { buildV1RequestQuery, type ParsedV1, parseV1Query, v1Names, verifyV1Order } from './request.ts';
export {
  buildV1NotificationUrl,
  buildV1ReturnUrl,
  encodeV1Result,
  verifyV1Result,
} from './result.ts';
export { type RspFault, readRspCode } from './rsp-code.ts';
