// A hundred wrong codes at once, as a list of what went wrong; and what is counted while guessing.

import { sql } from 'kysely';
import { listSandboxMessages } from '../../src/business/messages/index.ts';
import { findPayment } from '../../src/business/payments/index.ts';
import { givenOrder, givenWallet } from '../support/context.ts';
import { findViolations } from '../support/find-violations.ts';
import type { Comparisons, Operation } from '../support/worker-protocol.ts';
import { givenConfirming, type Race, tally, wrongCode } from './race.ts';

/** Of the policy rows: wrong codes, or PINs, in a row. */
export const attemptsMax = 5;

/** Codes and PINs that both processes compared with a stored hash. */
export async function countComparisons(race: Race): Promise<Comparisons> {
  const [one, other] = race.workers;
  const counts = await Promise.all([one.comparisons(), other.comparisons()]);
  return { otps: counts[0].otps + counts[1].otps, pins: counts[0].pins + counts[1].pins };
}

export async function countMessages({ context }: Race, phone: string, purpose: string): Promise<number> {
  const messages = await listSandboxMessages(context, { phone });
  return messages.filter((message) => message.purpose === purpose).length;
}

/** Five are judged, the payment is refused (13), the wallet locked, the holder told once, the right code too late. */
export async function guessCodes(race: Race): Promise<string[]> {
  const { context, site } = race;
  const wallet = await givenWallet(context, { balanceDong: 20_000_000n });
  const order = await givenOrder(context, site, { amountDong: 6_000_000n });
  const { paymentId, otp } = await givenConfirming(context, order, wallet);
  const before = await countComparisons(race);
  const guess: Operation = { do: 'submit', paymentId, otp: wrongCode(otp) };
  const told = await race.share(Array<Operation>(100).fill(guess));

  const found = await findViolations(context.db);
  const judged = (await countComparisons(race)).otps - before.otps;
  if (judged !== attemptsMax) found.push(`${judged} codes were judged`);
  // The rest comes when no attempt is left, or when the payment is refused already.
  const judgedOnes = told.filter(({ outcome }) => !['no_attempt_left', 'too_late'].includes(outcome));
  if (tally(judgedOnes) !== `refused 1, wrong_code ${attemptsMax - 1}`)
    found.push(`a hundred wrong codes were told: ${tally(told)}`);

  const payment = await findPayment(context.db, paymentId);
  if (payment?.status !== 'refused' || payment.refusalCode !== '13')
    found.push(`the payment is ${payment?.status} (${payment?.refusalCode})`);
  const messages = await countMessages(race, wallet.phone, 'otp_locked');
  if (messages !== 1) found.push(`the holder was told ${messages} times`);
  const { rows } = await sql<{ counted: number }>`
    select otp_failures as counted from wallets where id = ${wallet.id}`.execute(context.db);
  if (rows[0]?.counted !== attemptsMax) found.push(`attempts counted: ${rows[0]?.counted}`);

  const [worker] = race.workers;
  const right = await worker.perform({ do: 'submit', paymentId, otp });
  if (right.outcome !== 'too_late') found.push(`the right code was told ${right.outcome}`);
  const next = await worker.perform({ do: 'start', orderId: order.id, walletId: wallet.id });
  if (next.outcome !== 'refused') found.push(`a new payment of the locked wallet is ${next.outcome}`);
  return found;
}
