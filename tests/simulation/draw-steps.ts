// Draws the steps: buyers come, and what they do runs side by side; now and then something happens all at once,
// or the machine fails.

import type { SeededRandom } from '../support/seeded-random.ts';
import { type Begun, drawCrash, drawGroup, type Parts } from './draw-groups.ts';
import { type Amount, type Call, type Step, siteCount, walletCount } from './steps.ts';

const buyersAtOnce = 2;
const crashEvery = 3;

/** Without end; the first steps of a seed are the same however many are taken. */
export function* drawSteps(random: SeededRandom, { crashes }: { crashes: boolean }): Generator<Step> {
  const parts = createParts(random);
  const underWay: Step[][] = [];
  for (let count = 1; ; count += 1) {
    if (crashes && count % crashEvery === 0) yield* drawCrash(parts, count / crashEvery - 1);
    if (underWay.length < buyersAtOnce)
      underWay.push(parts.chance(90) ? drawBuyer(parts) : drawTrouble(parts));
    const flow = random.pick(underWay);
    yield flow.shift() as Step;
    if (flow.length === 0) underWay.splice(underWay.indexOf(flow), 1);
    const chance = random.integer(1, 1_000);
    if (chance <= 110) yield* drawGroup(parts);
    else if (chance <= 200) yield parts.topUp();
    else if (chance <= 206) yield { do: 'clock', to: 'before_midnight' };
    else if (chance <= 211) yield { do: 'clock', to: 'before_month_end' };
    else if (chance <= 260) yield drawTime(parts);
  }
}

function createParts(random: SeededRandom): Parts {
  let orders = 0;
  let payments = 0;
  let topUps = 0;
  const wallet = () => random.integer(0, walletCount - 1);
  const chance = (percent: number) => random.integer(1, 100) <= percent;

  const amount = (of: number): Amount => {
    if (chance(55)) return { dong: BigInt(random.integer(1, 90) * random.pick([1_000, 10_000, 11_111])) };
    if (chance(40)) return { dong: BigInt(random.integer(1, 12)) * 1_000_000n };
    const leftOf = random.pick(['balance', 'day', 'month', 'class_a'] as const);
    const share = BigInt(random.pick([1, 1, 2, 3]));
    return { leftOf, wallet: of, share, plusDong: BigInt(random.integer(-1, 1)) };
  };
  return {
    random,
    wallet,
    chance,
    begin(wallets, wanted): Begun {
      const order = orders++;
      const site = random.integer(0, siteCount - 1);
      const place: Call = { do: 'place', order, site, amount: wanted ?? amount(wallets[0] ?? 0) };
      const starts = wallets.map(
        (one) => ({ do: 'start', payment: payments++, order, wallet: one }) as const,
      );
      return { order, numbers: starts.map(({ payment }) => payment), calls: [place, ...starts] };
    },
    topUp() {
      const topUp = topUps > 0 && chance(20) ? random.integer(0, topUps - 1) : topUps++;
      const amountDong = BigInt(random.integer(1, 40)) * 500_000n;
      return { do: 'top_up', topUp, wallet: wallet(), amountDong };
    },
  };
}

function drawTime({ random }: Parts): Step {
  const seconds = [1, 2, 5, 5, 10, 10, 20, 29, 30, 31, 31, 60, 119, 120, 300, 1_801];
  return { do: 'clock', to: 'seconds_later', seconds: random.pick(seconds) };
}

/** What one buyer does, one after another; others do theirs in between. */
function drawBuyer(parts: Parts): Step[] {
  const { random, wallet, chance } = parts;
  const byCode = chance(40);
  const aboveClassA: Amount = { dong: 5_000_001n + BigInt(random.integer(0, 3_000_000)) };
  const wallets = chance(15) ? [wallet(), wallet()] : [wallet()];
  const { order, numbers, calls } = parts.begin(wallets, byCode ? aboveClassA : undefined);
  const steps: Step[] = [...calls];
  for (const payment of numbers) {
    if (chance(90)) steps.push({ do: 'confirm', payment });
    if (byCode || chance(20)) steps.push(...drawTyping(parts, payment));
    if (chance(10)) steps.push({ do: 'abandon', payment });
    if (chance(byCode ? 80 : 20)) steps.push({ do: 'submit', payment, code: 'right' });
  }
  const last = numbers.at(-1) ?? 0;
  const ends: Step[] = [
    { do: 'cancel', order },
    { do: 'give_up', order, wallet: wallet() },
    { do: 'expire', order },
    { do: 'expire_due' },
    { do: 'confirm', payment: last },
    { do: 'submit', payment: last, code: 'right' },
    { do: 'place_again', order, plusDong: BigInt(random.integer(0, 1)) },
    { do: 'post', payments: [last, last] },
  ];
  return [...steps, ...random.shuffle(ends).slice(0, random.integer(0, 2))];
}

/** Wrong codes, new ones, and old ones after them. */
function drawTyping({ random, chance }: Parts, payment: number): Step[] {
  const wrong = Array.from({ length: random.pick([0, 0, 0, 1, 2, 4, 5, 6]) }, () => {
    return { do: 'submit', payment, code: 'wrong' } as const;
  });
  const resent = Array.from({ length: random.pick([0, 0, 1, 1, 2, 4]) }, (): Step[] => {
    const seconds = random.pick([29, 30, 30, 30, 45, 119, 120]);
    return [
      { do: 'clock', to: 'seconds_later', seconds },
      { do: 'resend', payment },
    ];
  });
  return [
    ...wrong,
    ...resent.flat(),
    ...(chance(25) ? [{ do: 'submit', payment, code: 'old' } as const] : []),
  ];
}

/** Somebody is stopped, a buyer comes and goes meanwhile, and they go on. */
function drawTrouble(parts: Parts): Step[] {
  const { random } = parts;
  const wallet = parts.wallet();
  const site = random.integer(0, siteCount - 1);
  const meanwhile = drawBuyer(parts);
  const pairs: [Step, Step][] = [
    [
      { do: 'site', site, active: false },
      { do: 'site', site, active: true },
    ],
    [
      { do: 'wallet', wallet, status: 'locked' },
      { do: 'wallet', wallet, status: 'active' },
    ],
    [
      { do: 'wallet', wallet, status: 'closed' },
      { do: 'wallet', wallet, status: 'active' },
    ],
    [
      { do: 'account', wallet, open: false },
      { do: 'account', wallet, open: true },
    ],
  ];
  const [off, on] = random.pick(pairs);
  const at = random.integer(0, Math.min(3, meanwhile.length));
  return [...meanwhile.slice(0, at), off, ...meanwhile.slice(at, at + 2), on, ...meanwhile.slice(at + 2)];
}
