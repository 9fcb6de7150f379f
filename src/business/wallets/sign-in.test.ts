// The limits on guessing a PIN, and that they do not stop the holder from signing in.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { uuidv7 } from 'uuidv7';
import { testActor } from '../../../tests/support/actor.ts';
import { createTestContext, givenWallet, type TestContext, testPin } from '../../../tests/support/context.ts';
import { countStatements } from '../../../tests/support/statement-counter.ts';
import type { Context } from '../../ground/context.ts';
import { openPool } from '../../ground/database/index.ts';
import { createLogger } from '../../ground/log/index.ts';
import { createPinHasher } from '../../ground/secrets/index.ts';
import { listSandboxMessages } from '../messages/index.ts';
import { type SignInInput, signIn, tellOfLocks, trimPinCosts, unlockWallet, type Wallet } from './index.ts';

const wrongPin = '135790';

let context: TestContext;
before(async () => {
  context = await createTestContext();
});
after(() => context.drop());

let addresses = 0;
const someAddress = () => `10.${++addresses >> 8}.${addresses & 255}.1`;

type Attempt = Partial<SignInInput> & { on?: Context };

/** In one word; a right one is settled, as the checkout does. */
async function attempt(wallet: Pick<Wallet, 'phone'>, pin: string, { on = context, ...more }: Attempt = {}) {
  const result = await signIn(on, {
    environment: 'sandbox',
    phone: wallet.phone,
    pin,
    checkoutId: uuidv7(),
    address: someAddress(),
    ...more,
  });
  if (!result.ok) return result.error;
  await result.settle(context.db);
  return 'signed_in';
}

async function attempts(count: number, wallet: Pick<Wallet, 'phone'>, pin: string, more: Attempt = {}) {
  const told: string[] = [];
  for (let n = 0; n < count; n += 1) told.push(await attempt(wallet, pin, more));
  return told;
}

/** Seconds until the lock ends that the last attempt found or set; null: for good. */
async function lockSeconds(wallet: Pick<Wallet, 'phone'>, more: Partial<SignInInput> = {}) {
  const result = await signIn(context, {
    environment: 'sandbox',
    phone: wallet.phone,
    pin: testPin,
    checkoutId: uuidv7(),
    address: someAddress(),
    ...more,
  });
  assert.ok(!result.ok && result.error === 'pin_locked');
  return result.lockedUntil && (result.lockedUntil.getTime() - context.clock.now().getTime()) / 1000;
}

test('a right PIN ends the row of wrong ones, and a hash of a lower cost is made again on the way', async () => {
  const wallet = await givenWallet(context);
  await attempts(4, wallet, wrongPin);
  assert.equal(await attempt(wallet, testPin), 'signed_in');
  await attempts(4, wallet, wrongPin);
  const pinHasher = createPinHasher(context.keyRing, { memoryKib: 64, passes: 2, parallelism: 1 });
  assert.equal(await attempt(wallet, testPin, { on: { ...context, pinHasher } }), 'signed_in');
  const { rows } = await context.db.pool.query('select pin_hash from wallets where id = $1', [wallet.id]);
  assert.match(rows[0].pin_hash, /t=2,/);
  assert.equal(await attempt(wallet, testPin), 'signed_in');
});

test('after the cost was raised, a wrong PIN of an old hash, of a new one, and of nobody take the same work', async () => {
  const old = await givenWallet(context);
  const pinHasher = createPinHasher(context.keyRing, { memoryKib: 64, passes: 3, parallelism: 1 });
  const raised: Context = { ...context, pinHasher };
  const renewed = await givenWallet(raised);
  const works: unknown[] = [];
  const watched: Context = {
    ...raised,
    pinHasher: {
      ...pinHasher,
      check: (pin, encoded, costsInUse = []) => {
        works.push([...costsInUse].sort());
        return pinHasher.check(pin, encoded, costsInUse);
      },
    },
  };
  for (const { phone } of [old, renewed, { phone: '0999000111' }])
    await attempt({ phone }, wrongPin, { on: watched });
  assert.deepEqual(works[0], works[1]);
  assert.deepEqual(works[1], works[2]);
  assert.ok(
    JSON.stringify(works[2]).includes('m=64,t=3,p=1') && JSON.stringify(works[2]).includes('m=64,t=1,p=1'),
  );

  // When the last hash of a cost is gone, its work goes too.
  await context.owner.pool.query(
    `update wallets set pin_changed_at = now(), pin_hash = (select pin_hash from wallets where id = $1)`,
    [old.id],
  );
  await trimPinCosts(context.db);
  const { rows } = await context.db.pool.query('select cost from pin_costs');
  assert.deepEqual(rows, [{ cost: 'm=64,t=1,p=1' }]);
});

test('one statement before the PIN is compared, none after a wrong one, one after a right one', async () => {
  const wallet = await givenWallet(context);
  const statements = await countStatements(context, async (on) => {
    await attempt(wallet, wrongPin, { on });
  });
  assert.equal(statements.length, 1, statements.join('\n'));
  const input = { environment: 'sandbox', phone: wallet.phone, pin: testPin, checkoutId: uuidv7() } as const;
  const right = await countStatements(context, async (on) => {
    const result = await signIn(on, { ...input, address: someAddress() });
    assert.ok(result.ok);
    await result.settle(on.db);
  });
  assert.equal(right.length, 2, right.join('\n'));
});

test('the fifth wrong PIN of a known phone is answered after one statement, as that of an unknown one; the holder is told afterwards, once', async () => {
  const wallet = await givenWallet(context);
  const counts: number[] = [];
  for (const { phone } of [wallet, { phone: '0999000222' }]) {
    await attempts(4, { phone }, wrongPin);
    await countStatements(context, async (on) => {
      let asked = 0;
      on.db.pool.on('acquire', () => {
        asked += 1;
      });
      assert.equal(await attempt({ phone }, wrongPin, { on }), 'pin_locked');
      counts.push(asked);
    });
  }
  assert.deepEqual(counts, [1, 1]);
  context.clock.advance(60);
  await tellOfLocks(context);
  await tellOfLocks(context);
  const told = await listSandboxMessages(context, { phone: wallet.phone });
  assert.deepEqual(
    told.map(({ purpose }) => purpose),
    ['pin_locked'],
  );
});

test('a process that dies before it has told the holder leaves that to the job of another', async () => {
  const wallet = await givenWallet(context);
  await attempts(4, wallet, wrongPin);
  // The lock as its transaction left it; what follows the answer never ran.
  await context.db.pool.query(
    `select sign_in_begin('sandbox', $1, (select subject from attempt_counters where wallet_id = $2), '{}', '{}', 'dead', 'dead',
      'sign_in.address_attempts_max', $3)`,
    [wallet.phone, wallet.id, context.clock.now()],
  );
  assert.equal(await tellOfLocks(context), 0, 'the attempt may still be judged');
  context.clock.advance(60);
  assert.equal(await tellOfLocks(context), 1);
  assert.equal((await listSandboxMessages(context, { phone: wallet.phone })).length, 1);
});

/** A lock as a process left it that died before it told the holder. */
async function oweNotice({ id }: Wallet): Promise<void> {
  await context.db.pool.query(
    `insert into attempt_counters (scope, subject, attempts, window_ends_at, locks, wallet_id, notice_due_at)
     values ('known_browser', $1::text, 5, $2, 1, $1::uuid, $2)`,
    [id, context.clock.now()],
  );
  context.clock.advance(1);
}

test('a holder who cannot be told is set aside with an alarm, and those behind are told; then it is tried again', async () => {
  const lines: string[] = [];
  const on: Context = { ...context, log: createLogger('error', { write: (line) => void lines.push(line) }) };
  const bad = await givenWallet(context);
  const good = [await givenWallet(context), await givenWallet(context)];
  for (const wallet of [bad, ...good]) await oweNotice(wallet);
  const countTold = async (wallet: Pick<Wallet, 'phone'>) =>
    (await listSandboxMessages(context, { phone: wallet.phone })).length;
  await context.owner.pool.query(`
    create function refuse_message() returns trigger language plpgsql as $$
    begin raise exception 'no message to this number' using errcode = '22000'; end $$`);
  await context.owner.pool.query(`
    create trigger refuse_message before insert on messages
      for each row when (new.recipient = '${bad.phone}') execute function refuse_message()`);
  try {
    assert.equal(await tellOfLocks(on), 2);
    assert.deepEqual(await Promise.all(good.map(countTold)), [1, 1]);
    const [alarm = '', ...more] = lines.splice(0);
    assert.match(alarm, /"event":"sign_in\.notice_set_aside"/);
    assert.match(alarm, /"count":1/);
    assert.deepEqual(more, []);
    // Not before its time, then again.
    context.clock.advance(598);
    assert.equal(await tellOfLocks(on), 0);
    assert.deepEqual(lines, []);
    context.clock.advance(2);
    assert.equal(await tellOfLocks(on), 0);
    assert.equal(lines.splice(0).length, 1);
  } finally {
    await context.owner.pool.query('drop function refuse_message cascade');
  }
  context.clock.advance(600);
  assert.equal(await tellOfLocks(on), 1);
  assert.equal(await countTold(bad), 1);
});

test('a notice whose lock an attempt holds is left to the next run, without a wait', async () => {
  const [held, free] = [await givenWallet(context), await givenWallet(context)];
  for (const wallet of [held, free]) await oweNotice(wallet);
  const holder = await context.db.pool.connect();
  await holder.query('begin');
  await holder.query('select 1 from attempt_counters where wallet_id = $1 for update', [held.id]);
  assert.equal(await tellOfLocks(context), 1);
  await holder.query('rollback');
  holder.release();
  assert.equal(await tellOfLocks(context), 1);
});

test('each lock in a row is twice as long as the last, up to a day; after ten, time does not end it, an operator does', async () => {
  const known = await givenWallet(context);
  for (const wallet of [known, { phone: '0999000333' }]) {
    const seconds: (number | null)[] = [];
    for (let lock = 1; lock <= 10; lock += 1) {
      await attempts(5, wallet, wrongPin);
      seconds.push(await lockSeconds(wallet));
      context.clock.advance(seconds.at(-1) ?? 0);
    }
    assert.deepEqual(seconds, [1800, 3600, 7200, 14400, 28800, 57600, 86400, 86400, 86400, null]);
    context.clock.advance(100 * 86_400);
    assert.equal(await lockSeconds(wallet), null);
  }
  assert.deepEqual(await unlockWallet(context, testActor, { environment: 'sandbox', phone: known.phone }), {
    ok: true,
  });
  assert.equal(await attempt(known, testPin), 'signed_in');
  await attempts(5, known, wrongPin);
  assert.equal(await lockSeconds(known), 1800);
});

test('a browser that has paid from the wallet signs in while strangers lock it, and has five attempts of its own', async () => {
  const wallet = await givenWallet(context);
  const paidFrom = [{ walletId: wallet.id, paidAt: context.clock.now() }];
  await attempts(5, wallet, wrongPin);
  assert.equal(await attempt(wallet, testPin), 'pin_locked');
  assert.equal(await attempt(wallet, testPin, { paidFrom }), 'signed_in');
  assert.equal(await attempt(wallet, testPin), 'pin_locked', 'the way round is for that browser alone');

  const own = await attempts(6, wallet, wrongPin, { paidFrom });
  assert.deepEqual(own, [...Array<string>(4).fill('phone_or_pin_wrong'), 'pin_locked', 'pin_locked']);
  assert.equal(await attempt(wallet, testPin, { paidFrom }), 'pin_locked');
  context.clock.advance(1_801);
  assert.equal(await attempt(wallet, testPin, { paidFrom }), 'signed_in');
});

test('however the rule is set, no more than ten wrong PINs in a row are judged, those of known browsers included', async () => {
  const owner = openPool(context.ownerUrl, { max: 1 });
  try {
    for (const [max, own] of [
      [8, 2],
      [10, 0],
      [3, 3],
    ] as const) {
      await owner.query(`insert into policies values ('pin.attempts_max', $1, $2, 'test')`, [
        context.clock.now(),
        max,
      ]);
      const wallet = await givenWallet(context);
      const paidFrom = [{ walletId: wallet.id, paidAt: context.clock.now() }];
      let judged = 0;
      const pinHasher: Context['pinHasher'] = {
        ...context.pinHasher,
        check: (...asked) => {
          judged += 1;
          return context.pinHasher.check(...asked);
        },
      };
      await attempts(12, wallet, wrongPin, { on: { ...context, pinHasher } });
      await attempts(12, wallet, wrongPin, { on: { ...context, pinHasher }, paidFrom });
      assert.equal(judged, max + own);
      context.clock.advance(1);
    }
  } finally {
    await owner.query(`delete from policies where source = 'test'`);
    await owner.end();
  }
});

test('having paid from one wallet helps with no other, and not with a PIN chosen since', async () => {
  const [wallet, other] = [await givenWallet(context), await givenWallet(context)];
  await attempts(5, wallet, wrongPin);
  const paidAt = context.clock.now();
  assert.equal(await attempt(wallet, testPin, { paidFrom: [{ walletId: other.id, paidAt }] }), 'pin_locked');
  const paidFrom = [{ walletId: wallet.id, paidAt }];
  await context.owner.pool.query('update wallets set pin_changed_at = $2 where id = $1', [
    wallet.id,
    new Date(paidAt.getTime() + 1),
  ]);
  assert.equal(await attempt(wallet, testPin, { paidFrom }), 'pin_locked');
});

test('strangers at a checkout use up nothing of the buyer whom the shop has sent', async () => {
  const checkoutId = uuidv7();
  const wallet = await givenWallet(context);
  for (let n = 0; n < 12; n += 1) await attempt({ phone: `098000${n + 1000}` }, wrongPin, { checkoutId });
  assert.equal(await attempt(wallet, testPin, { checkoutId }), 'too_many_attempts');
  assert.equal(await attempt(wallet, testPin, { checkoutId, arrived: true }), 'signed_in');
});

test('one host has one account of attempts, however it spells its address and whichever of its /64 it uses', async () => {
  const wallet = await givenWallet(context);
  const spellings = [
    ...Array.from({ length: 20 }, (_, host) => `2001:db8:7:7::${(host * 1_733).toString(16)}`),
    '[2001:db8:7:7::1]:40123',
  ];
  const told: string[] = [];
  for (const [n, address] of spellings.entries())
    told.push(await attempt({ phone: `098100${n + 1000}` }, wrongPin, { address }));
  assert.deepEqual(told, [
    ...Array<string>(10).fill('phone_or_pin_wrong'),
    ...Array<string>(11).fill('too_many_attempts'),
  ]);
  assert.equal(await attempt(wallet, testPin, { address: '2001:db8:7:8::1' }), 'signed_in');
});

test('a full account is free again attempt by attempt, and says when', async () => {
  const address = someAddress();
  for (let n = 0; n < 10; n += 1) await attempt({ phone: `098200${n + 1000}` }, wrongPin, { address });
  const wallet = await givenWallet(context);
  const input = {
    environment: 'sandbox',
    phone: wallet.phone,
    pin: testPin,
    checkoutId: uuidv7(),
    address,
  } as const;
  const refused = await signIn(context, input);
  assert.ok(!refused.ok && refused.error === 'too_many_attempts');
  const waitSeconds = (refused.retryAt.getTime() - context.clock.now().getTime()) / 1000;
  assert.ok(waitSeconds > 0 && waitSeconds <= 90, String(waitSeconds));
  context.clock.advance(waitSeconds);
  assert.equal(await attempt(wallet, testPin, { address }), 'signed_in');
});

test('a city behind one address is not locked out: who gets in makes room for who mistypes, and known browsers need none', async () => {
  const address = someAddress();
  const people = [];
  for (let n = 0; n < 25; n += 1) people.push(await givenWallet(context));
  const told: string[] = [];
  for (const person of people) {
    told.push(await attempt(person, wrongPin, { address }));
    told.push(await attempt(person, testPin, { address }));
  }
  assert.deepEqual(new Set(told), new Set(['phone_or_pin_wrong', 'signed_in']));

  // One wallet that signs in again and again makes room once.
  const guesser = people[0] ?? (await givenWallet(context));
  let judged = 0;
  for (let n = 0; n < 40; n += 1) {
    await attempt(guesser, testPin, { address });
    if ((await attempt({ phone: `098300${n + 1000}` }, wrongPin, { address })) === 'phone_or_pin_wrong')
      judged += 1;
  }
  assert.ok(judged <= 10, `${judged} guesses from one address`);
  const known = await givenWallet(context);
  const paidFrom = [{ walletId: known.id, paidAt: context.clock.now() }];
  assert.equal(await attempt(known, testPin, { address, paidFrom }), 'signed_in');
});

test('a right PIN of a locked or closed wallet says so, and opens nothing', async () => {
  for (const [status, error] of [
    ['locked', 'wallet_locked'],
    ['closed', 'wallet_closed'],
  ] as const) {
    const wallet = await givenWallet(context, { status });
    assert.equal(await attempt(wallet, wrongPin), 'phone_or_pin_wrong');
    assert.equal(await attempt(wallet, testPin), error);
  }
});

test('the first wrong PIN counts as any other: with a maximum of one it locks, without locks to give it is not judged', async () => {
  const now = context.clock.now();
  const client = await context.owner.pool.connect();
  try {
    for (const { attemptsMax, locksMax, counted } of [
      { attemptsMax: 5, locksMax: 10, counted: [true, 4, false, false] },
      { attemptsMax: 2, locksMax: 10, counted: [true, 1, false, false] },
      { attemptsMax: 1, locksMax: 10, counted: [true, 0, true, false] },
      { attemptsMax: 1, locksMax: 1, counted: [true, 0, true, true] },
      { attemptsMax: 5, locksMax: 0, counted: [false, 0, false, true] },
    ]) {
      await client.query('begin');
      await client.query(
        `insert into policies (rule, valid_from, value, source)
         values ('pin.attempts_max', $1, $2, 'operator'), ('pin.locks_max', $1, $3, 'operator')`,
        [now, attemptsMax, locksMax],
      );
      const { rows } = await client.query(
        `select is_counted, attempts_left, locks_at is not null as locks, is_locked_for_good
         from attempts_count_pin('phone', 'first', null, $1)`,
        [now],
      );
      assert.deepEqual(rows.map(Object.values), [counted], `${attemptsMax} attempts, ${locksMax} locks`);
      await client.query('rollback');
    }
  } finally {
    client.release();
  }
});

test('rules are read in the order in which they are asked for, as of the moment; one that has no value is named', async () => {
  const now = context.clock.now();
  const read = async (rules: string[], at: Date) =>
    (await context.db.pool.query('select policies_in_force($1, $2) as values', [rules, at])).rows[0].values;
  const rules = ['pin.locks_max', 'lock.seconds_max', 'pin.attempts_max', 'pin.locks_max'];
  const each = await Promise.all(
    rules.map(
      async (rule) =>
        (await context.db.pool.query('select policy_in_force($1, $2) as value', [rule, now])).rows[0].value,
    ),
  );
  assert.deepEqual(await read(rules, now), each);
  await assert.rejects(
    read(['pin.locks_max', 'pin.no_such_rule'], now),
    /no policy row for pin\.no_such_rule/,
  );
  await assert.rejects(read(['pin.locks_max'], new Date(0)), /no policy row for pin\.locks_max/);
});
