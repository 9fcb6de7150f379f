// The checks that need one journal row alone: its accounts exist and are of its environment, its kind may
// join them, it names the transfer it belongs to, and the gateway has sealed it when no order explains it.

import type { Context } from '../../../ground/context.ts';
import type { DbOrTx } from '../../../ground/database/index.ts';
import { isSealOf } from '../transfer-seal.ts';
import type { LedgerFault } from './fault.ts';
import { type JournalRows, listUnexplained, selectFaultyRows, selectUnruly } from './verify-queries.ts';

export async function checkTransfers(
  db: DbOrTx,
  keyRing: Context['keyRing'],
  rows: JournalRows,
): Promise<LedgerFault[]> {
  const faults = [...(await selectFaultyRows(db, rows)), ...(await selectUnruly(db, rows))];
  for (const { seal, ...transfer } of await listUnexplained(db, rows)) {
    if (seal !== null && isSealOf(keyRing, transfer, seal)) continue;
    const { id, environment, kind, amountDong } = transfer;
    const lacks =
      seal === null ? 'has no seal' : 'is not as it was sealed, or its key is no longer on the ring';
    faults.push({
      fault: 'transfer_not_sealed',
      environment,
      subject: id,
      detail: `transfer ${id} (${kind} of ${amountDong} dong) ${lacks}`,
    });
  }
  return faults;
}
