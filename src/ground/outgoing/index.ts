export { type CallFailure, type CallFailureKind, callFailureKinds } from './call-failure.ts';
export {
  type CallbackPolicy,
  type CallOutcome,
  callMerchant,
  type MerchantAnswer,
  type ResolveName,
  strictCallbackPolicy,
} from './outgoing.ts';
export { findHostFault, literalAddresses, refuseAddress } from './outgoing-address.ts';
