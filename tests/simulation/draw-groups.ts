// Draws what happens all at once: first, one after another, what it needs; then everybody together.

import type { SeededRandom } from '../support/seeded-random.ts';
import { type Amount, type Call, crashCauses, crashPoints, type Step, walletCount } from './steps.ts';

export type Parts = {
  random: SeededRandom;
  wallet(): number;
  chance(percent: number): boolean;
  topUp(): Call;
  /** An order, and a payment of it by each of these wallets. */
  begin(wallets: number[], wanted?: Amount): Begun;
};

export type Begun = { order: number; numbers: number[]; calls: Call[] };

const confirmOf = (payment: number): Call => ({ do: 'confirm', payment });
const submitOf = (payment: number): Call => ({ do: 'submit', payment, code: 'right' });

export function drawGroup(parts: Parts): Generator<Step> {
  const draw = parts.random.pick([
    drawSameKey,
    drawTwoWallets,
    drawTooMany,
    drawTooMany,
    drawBatch,
    drawEnds,
    drawCodes,
    drawMidnight,
  ]);
  return draw(parts);
}

/** Orders of one buyer that fit only in part into what is left of something; now and then somebody else's between. */
function beginMany({ random, wallet, chance, begin }: Parts, count: number): Begun[] {
  const one = wallet();
  const leftOf = random.pick(['balance', 'day', 'class_a', 'month'] as const);
  const partly: Amount = { leftOf, wallet: one, share: BigInt(random.integer(2, 8)), plusDong: 1n };
  return Array.from({ length: count }, () =>
    begin([chance(80) ? one : wallet()], chance(80) ? partly : undefined),
  );
}

function* prepare(parts: Parts, begun: Begun[]): Generator<Step, number[]> {
  for (const { calls } of begun) yield* calls;
  return parts.random.shuffle(begun.flatMap(({ numbers }) => numbers));
}

function* drawSameKey(parts: Parts): Generator<Step> {
  const numbers = yield* prepare(parts, [parts.begin([parts.wallet()])]);
  yield { do: 'together', calls: Array.from({ length: 6 }, () => numbers.map(confirmOf)).flat() };
}

function* drawTwoWallets(parts: Parts): Generator<Step> {
  const one = parts.wallet();
  const numbers = yield* prepare(parts, [parts.begin([one, (one + 1) % walletCount])]);
  yield { do: 'together', calls: [...numbers, ...numbers].map(confirmOf) };
}

/** Ten at once: the limit and the balance meet in their batches. In a crowd the queue is too short for them. */
function* drawTooMany(parts: Parts): Generator<Step> {
  const numbers = yield* prepare(parts, beginMany(parts, 10));
  const calls = [...numbers, ...numbers.slice(0, 3)].map(confirmOf);
  yield { do: 'together', calls, crowd: parts.chance(30) };
}

/** One batch in a known order, some of it twice: its answers are known beforehand. */
function* drawBatch(parts: Parts): Generator<Step> {
  const numbers = yield* prepare(parts, beginMany(parts, parts.random.integer(2, 10)));
  yield { do: 'post', payments: [...numbers, ...numbers.slice(0, parts.random.integer(0, 2))] };
}

/** Paying, cancelling and expiring of the same orders. */
function* drawEnds(parts: Parts): Generator<Step> {
  const { random } = parts;
  const begun = beginMany(parts, 3);
  const numbers = yield* prepare(parts, begun);
  const ends = begun.map(({ order }): Call => ({ do: random.pick(['cancel', 'expire'] as const), order }));
  yield { do: 'together', calls: random.shuffle([...numbers.map(confirmOf), ...ends, parts.topUp()]) };
}

function* drawCodes(parts: Parts): Generator<Step> {
  const { random, chance } = parts;
  const one = parts.wallet();
  const amount = { dong: BigInt(random.integer(5, 9)) * 1_000_000n + 1n };
  const numbers = yield* prepare(
    parts,
    Array.from({ length: 3 }, () => parts.begin([one], amount)),
  );
  yield* numbers.map(confirmOf);
  const wrong: Call = { do: 'submit', payment: numbers[0] ?? 0, code: 'wrong' };
  yield { do: 'together', calls: [...[...numbers, ...numbers].map(submitOf), wrong], crowd: chance(30) };
}

function* drawMidnight(parts: Parts): Generator<Step> {
  yield { do: 'clock', to: 'before_midnight' };
  const [first = 0, second = 0] = yield* prepare(parts, beginMany(parts, 2));
  yield { do: 'midnight', payments: [first, second] };
}

/** Every cause at every point in turn, while up to nine payments are under way. */
export function* drawCrash(parts: Parts, nth: number): Generator<Step> {
  const { random, wallet, chance, begin, topUp } = parts;
  const point = crashPoints[nth % crashPoints.length] ?? 'posting.in_transaction';
  const by = crashCauses[nth % crashCauses.length] ?? 'kill';
  if (chance(60)) {
    yield { do: 'clock', to: chance(10) ? 'before_month_end' : 'before_midnight' };
    yield { do: 'clock', to: 'seconds_later', seconds: 3 };
  }
  const begun = Array.from({ length: random.integer(4, 8) }, () =>
    begin([wallet()], { dong: BigInt(random.integer(1, 20)) * 25_000n }),
  );
  const byCode = begin([wallet()], { dong: 5_000_001n });
  for (const { calls } of [...begun, byCode]) yield* calls;
  yield* byCode.numbers.map(confirmOf);
  const numbers = begun.flatMap((order) => order.numbers);
  // A batch of its own is sure to come by the point, whatever becomes of the others.
  const batch: Call = { do: 'post', payments: numbers.slice(0, 4) };
  const others = [...numbers.slice(3).map(confirmOf), ...byCode.numbers.map(submitOf)];
  yield { do: 'crash', crash: { point, by }, calls: [batch, ...others, ...(chance(30) ? [topUp()] : [])] };
}
