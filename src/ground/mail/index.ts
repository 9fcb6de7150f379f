export { parseMailAddress } from './mail-address.ts';
