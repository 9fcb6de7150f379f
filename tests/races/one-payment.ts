// Scenarios around one payment and one order, as lists of what went wrong: the races assert that there is nothing,
// the mutants that there is something.

import { sql } from 'kysely';
import { readBalance } from '../../src/books/ledger/index.ts';
import { givenOrder, givenWallet } from '../support/context.ts';
import { findViolations } from '../support/find-violations.ts';
import { until } from '../support/notification-fixtures.ts';
import type { Operation } from '../support/worker-protocol.ts';
import { countLockWaits, givenConfirming, givenStarted, type Race, tally } from './race.ts';

const startDong = 20_000_000n;

/** The PIN is enough: every one of the twenty callers is told "paid", the wallet is debited once. */
export async function confirmTwentyTimesByPin(race: Race): Promise<string[]> {
  const { context, site } = race;
  const amountDong = 1_000_000n;
  const wallet = await givenWallet(context, { balanceDong: startDong });
  const order = await givenOrder(context, site, { amountDong });
  const paymentId = await givenStarted(context, order, wallet);
  const outcomes = await race.share(Array<Operation>(20).fill({ do: 'confirm', paymentId }));

  const found = await findViolations(context.db);
  if (tally(outcomes) !== 'paid 20') found.push(`twenty confirmations were told: ${tally(outcomes)}`);
  const balanceDong = await readBalance(context.db, wallet.accountId);
  if (balanceDong !== startDong - amountDong) found.push(`the wallet holds ${balanceDong} dong`);
  return found;
}

/**
 * The right code twenty times. At most five may be judged at a time, so some callers may be told that no attempt
 * is left; nobody is told anything false, and asking again says "paid" to everybody.
 */
export async function confirmTwentyTimesByCode(race: Race): Promise<string[]> {
  const { context, site } = race;
  const amountDong = 6_000_000n;
  const wallet = await givenWallet(context, { balanceDong: startDong });
  const order = await givenOrder(context, site, { amountDong });
  const { paymentId, otp } = await givenConfirming(context, order, wallet);
  const submits = Array<Operation>(20).fill({ do: 'submit', paymentId, otp });
  const outcomes = await race.share(submits);
  const again = await race.share(submits);

  const found = await findViolations(context.db);
  const isTrue = (word: string) => word === 'paid' || word === 'no_attempt_left';
  if (!outcomes.every(({ outcome }) => isTrue(outcome)) || !outcomes.some((one) => one.outcome === 'paid')) {
    found.push(`twenty right codes were told: ${tally(outcomes)}`);
  }
  if (tally(again) !== 'paid 20') found.push(`the same once more was told: ${tally(again)}`);
  const balanceDong = await readBalance(context.db, wallet.accountId);
  if (balanceDong !== startDong - amountDong) found.push(`the wallet holds ${balanceDong} dong`);
  return found;
}

/** Orders, each paid by two wallets at once from two processes: one pays, the other is told too late. */
export async function payWithTwoWallets(race: Race, ordersMax = 30): Promise<string[]> {
  const { context, site } = race;
  const amountDong = 100_000n;
  const wallets = [
    await givenWallet(context, { balanceDong: startDong }),
    await givenWallet(context, { balanceDong: startDong }),
  ] as const;
  const operations: [Operation[], Operation[]] = [[], []];
  for (let count = 0; count < ordersMax; count += 1) {
    const order = await givenOrder(context, site, { amountDong });
    for (const [index, wallet] of wallets.entries()) {
      operations[index]?.push({ do: 'confirm', paymentId: await givenStarted(context, order, wallet) });
    }
  }
  const [first, second] = await race.run(...operations);

  const found = await findViolations(context.db);
  for (const [index, one] of first.entries()) {
    const pair = tally([one, second[index] ?? { outcome: 'nothing' }]);
    if (pair !== 'paid 1, too_late 1') found.push(`two wallets paying one order were told: ${pair}`);
  }
  for (const [index, outcomes] of [first, second].entries()) {
    const paid = BigInt(outcomes.filter(({ outcome }) => outcome === 'paid').length);
    const balanceDong = await readBalance(context.db, wallets[index]?.accountId ?? '');
    if (balanceDong !== startDong - paid * amountDong)
      found.push(`a wallet told "paid" ${paid} times holds ${balanceDong} dong`);
  }
  return found;
}

/** One wallet's posting is held when it has decided; the other wallet's waits for it, and is told too late. */
export async function payWhileDecided(race: Race): Promise<string[]> {
  const { context, site, workers } = race;
  const [poster, other] = workers;
  const order = await givenOrder(context, site, { amountDong: 100_000n });
  const first = await givenStarted(context, order, await givenWallet(context));
  const second = await givenStarted(context, order, await givenWallet(context));
  await poster.plan({ point: 'posting.decided', nth: 1, act: 'hold' });
  const deciding = poster.perform({ do: 'confirm', paymentId: first });
  await poster.held();
  let isTold = false;
  const paying = other.perform({ do: 'confirm', paymentId: second }).finally(() => {
    isTold = true;
  });
  await until('the other has been told, or waits', async () => isTold || (await countLockWaits(race)) === 1);
  await poster.release();
  const told = tally([await deciding, await paying]);
  const found = await findViolations(context.db);
  if (told !== 'paid 1, too_late 1') found.push(`two wallets paying one order were told: ${told}`);
  const { rows } = await sql<{ deadlocks: number }>`
    select deadlocks::int as deadlocks from pg_stat_database where datname = current_database()`.execute(
    context.db,
  );
  if (rows[0]?.deadlocks !== 0) found.push(`they waited for each other in a ring: ${rows[0]?.deadlocks}`);
  return found;
}
