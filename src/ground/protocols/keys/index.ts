// RSA keys of merchant sites: made here, exchanged with merchants in the formats their systems speak.

export {
  exportPrivateKey,
  exportPublicKey,
  fingerprintKey,
  generateSiteKeyPair,
  type KeyFormat,
} from './export.ts';
export { type ImportedKey, importRsaKey } from './import.ts';
