export { letHashingGiveWay } from './give-way.ts';
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
} from './pin-hasher.ts';
export { PinQueueFull } from './pin-queue.ts';
