export { canonicalAddress, networkOf } from './network-address.ts';
