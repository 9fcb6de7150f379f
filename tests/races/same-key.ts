// Scenarios in which the same key comes many times at once: one order reference, one transfer id.

import { uuidv7 } from 'uuidv7';
import { readBalance } from '../../src/books/ledger/index.ts';
import { givenWallet } from '../support/context.ts';
import { findViolations } from '../support/find-violations.ts';
import type { Operation } from '../support/worker-protocol.ts';
import { type Race, tally } from './race.ts';

/** Twenty top-ups with one transfer id: one is posted, the others are told that it was. */
export async function topUpTwentyTimes(race: Race): Promise<string[]> {
  const { context } = race;
  const wallet = await givenWallet(context, { balanceDong: 0n });
  const topUp: Operation = {
    do: 'top_up',
    phone: wallet.phone,
    amountDong: 70_000n,
    transferId: uuidv7(),
  };
  const outcomes = await race.share(Array<Operation>(20).fill(topUp));
  const found = await findViolations(context.db);
  if (tally(outcomes) !== 'posted 1, repeated 19') found.push(`twenty top-ups were told: ${tally(outcomes)}`);
  const balanceDong = await readBalance(context.db, wallet.accountId);
  if (balanceDong !== 70_000n) found.push(`the wallet holds ${balanceDong} dong`);
  return found;
}
