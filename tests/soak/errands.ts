// What the buyers of a soak have in mind, how often each, drawn from the seed.

import { testPin } from '../support/context.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { Errand } from './buyers.ts';
import type { Purses } from './soak-stage.ts';

type Draw = (purses: Purses, random: SeededRandom) => Partial<Errand> & { name: string };

/** Tickets in the draw, and the errand. */
const errands: readonly [number, Draw][] = [
  [26, (purses) => ({ name: 'pays by PIN', phone: purses.pin })],
  [16, (purses) => ({ name: 'pays by code', phone: purses.code })],
  [6, (purses) => ({ name: 'cancels at sign-in', phone: purses.pin, cancelsAt: 'sign_in' })],
  [4, (purses) => ({ name: 'cancels before confirming', phone: purses.pin, cancelsAt: 'confirm' })],
  [3, (purses) => ({ name: 'cancels before the code', phone: purses.code, cancelsAt: 'code' })],
  [6, (purses) => ({ name: 'has no money', phone: purses.poor })],
  [
    5,
    (purses, random) => ({ name: 'guesses the PIN', phone: purses.guesses, wrongPins: random.integer(1, 5) }),
  ],
  [
    5,
    (purses, random) => ({
      name: 'guesses the code',
      phone: purses.guesses,
      wrongCodes: random.integer(1, 5),
    }),
  ],
  [3, (purses) => ({ name: 'leaves at sign-in', phone: purses.pin, leavesAt: 'sign_in' })],
  [3, (purses) => ({ name: 'leaves before confirming', phone: purses.pin, leavesAt: 'confirm' })],
  [3, (purses) => ({ name: 'leaves before the code', phone: purses.code, leavesAt: 'code' })],
  [5, (purses) => ({ name: 'reloads every page', phone: purses.code, reloads: true })],
  [5, (purses) => ({ name: 'pays in two tabs by PIN', phone: purses.pin, twoTabs: true })],
  [5, (purses) => ({ name: 'pays in two tabs by code', phone: purses.code, twoTabs: true })],
  [
    5,
    (purses) => ({
      name: 'cancels in a second tab',
      phone: purses.pin,
      twoTabs: true,
      cancelsMeanwhile: true,
    }),
  ],
];

const tickets = errands.flatMap(([count, draw]) => Array<Draw>(count).fill(draw));

export function drawErrand(purses: Purses, random: SeededRandom): Errand {
  const drawn = random.pick(tickets)(purses, random);
  return { phone: purses.pin, pin: testPin, amountDong: random.integer(1_000, 4_000), ...drawn };
}
