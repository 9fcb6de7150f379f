// The seal that the gateway puts beside a transfer that no order explains. It proves that the gateway posted
// it. Pure, except for the key ring it is given.

import type { Context } from '../../ground/context.ts';
import type { Transfer } from './transfer.ts';

/** Times to the millisecond, as the gateway writes them. */
function sealedText(transfer: Transfer): string {
  return JSON.stringify([
    'transfer',
    transfer.id,
    transfer.environment,
    transfer.kind,
    transfer.debitAccountId,
    transfer.creditAccountId,
    String(transfer.amountDong),
    transfer.linkedTransferId,
    transfer.reference,
    transfer.happenedAt.toISOString(),
  ]);
}

export function sealTransfer(keyRing: Context['keyRing'], transfer: Transfer): Buffer {
  return keyRing.hmac('ledger-transfer', sealedText(transfer));
}

export function isSealOf(keyRing: Context['keyRing'], transfer: Transfer, seal: Buffer): boolean {
  return keyRing.matchesHmac('ledger-transfer', sealedText(transfer), seal);
}
