// A scenario with two payments of one order by one wallet, as from two tabs: one is posted while a wrong code is
// counted for the other. As a list of what went wrong.

import { givenOrder, givenWallet } from '../support/context.ts';
import { findViolations } from '../support/find-violations.ts';
import { givenConfirming, payToTopOfClassA, type Race, tally, wrongCode } from './race.ts';

export async function payWhileGuessing(race: Race): Promise<string[]> {
  const { context, site } = race;
  const wallet = await givenWallet(context, { balanceDong: 20_000_000n });
  const first = await givenOrder(context, site, { amountDong: 5_000_000n });
  await payToTopOfClassA(context, first, wallet);
  const found: string[] = [];
  for (let round = 0; round < 15 && found.length === 0; round += 1) {
    const order = await givenOrder(context, site, { amountDong: 10_000n });
    const one = await givenConfirming(context, order, wallet);
    const other = await givenConfirming(context, order, wallet);
    const [paid, guessed] = await race.run(
      [{ do: 'submit', ...one }],
      [{ do: 'submit', paymentId: other.paymentId, otp: wrongCode(other.otp) }],
    );
    const isTrue = ['wrong_code', 'too_late'].includes(guessed[0]?.outcome ?? '');
    if (tally(paid) !== 'paid 1' || !isTrue)
      found.push(`paying was told ${tally(paid)}, guessing was told ${tally(guessed)}`);
  }
  return [...found, ...(await findViolations(context.db))];
}
