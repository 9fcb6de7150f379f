export { contentDigest } from './classic-fields.ts';
export type { ResultAmount } from './classic-result.ts';
export type { Decoded, FinalResult, FinalStatus, OrderFault, ReceivedOrder } from './order-words.ts';
export { splitRawQuery } from './raw-query.ts';
export {
  asResponseCode,
  type ResponseCode,
  responseCodes,
  responseMessage,
  type WhoMustAct,
} from './response-codes.ts';
export { isPrefixedName, type ResultNames } from './result-names.ts';
export { checkReturnUrl, isListableScheme } from './return-url.ts';
