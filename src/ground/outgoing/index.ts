export {
  type CallbackPolicy,
  type CallOutcome,
  callMerchant,
  type ResolveName,
  strictCallbackPolicy,
} from './outgoing.ts';
export { literalAddresses, refuseAddress } from './outgoing-address.ts';
