export {
  createKeyRing,
  generateKeyRingSetting,
  type KeyPurpose,
  type KeyRing,
  parseKeyRing,
} from './key-ring.ts';
export { createKeyRingFile, keyRingPath, readKeyRingFile, removeEmptyKeyRingFile } from './key-ring-file.ts';
export {
  type Argon2Cost,
  createPinHasher,
  type DeriveKey,
  type PinCheck,
  type PinHasher,
  PinQueueFull,
} from './pin-hasher.ts';
