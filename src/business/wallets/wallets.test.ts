import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { uuidv7 } from 'uuidv7';
import { testActor } from '../../../tests/support/actor.ts';
import { createTestContext, givenWallet, type TestContext, testPin } from '../../../tests/support/context.ts';
import { readBalance } from '../../books/ledger/index.ts';
import { checkNewPin, createWallet, findWalletByPhone, parsePhone, signIn, topUpWallet } from './index.ts';

let context: TestContext;
before(async () => {
  context = await createTestContext();
});
after(() => context.drop());

test('phone numbers are read as people type them, and nothing else is', () => {
  for (const typed of [
    '0912345678',
    '091 234 5678',
    '091.234.5678',
    '+84912345678',
    '84 912 345 678',
    ' 0912-345-678 ',
    '\u202a+84 91 234 56 78\u202c',
    '\u2066\u200e0912345678\u2069',
    '(+84) 912-345-678',
    '+84 (0) 912 345 678',
    '0084912345678',
    '00 84 912 345 678',
    '０９１２３４５６７８',
    '＋８４９１２３４５６７８',
    '０912345678',
    '0912\u2011345\u2011678',
    '0912\u00a0345\u00a0678',
    '0912\u2009345\u202f678',
    '0912–345—678',
    '0912\u2212345\u2212678',
    '\ufeff0912\u200b345\u00ad678',
    '0912/345/678',
    'tel:+84-912-345-678',
    '+84912345678\n',
  ]) {
    assert.equal(parsePhone(typed), '0912345678', typed);
  }
  for (const typed of [
    '',
    '912345678',
    '09123456789',
    '091234567',
    '0912345678a',
    '+85912345678',
    '0085912345678',
    '840912345',
    '+84 12 345 678',
    '0912345678 0912345679',
    '0912345678\u0007',
    '0912*345#678',
    '٠٩١٢٣٤٥٦٧٨',
    '0'.repeat(40),
    '\u200e'.repeat(100),
  ]) {
    assert.equal(parsePhone(typed), null, typed);
  }
});

test('simple PINs and birthdays are refused', () => {
  for (const pin of ['123456', '654321', '000000', '121212', '123123', '01234567'])
    assert.equal(checkNewPin(pin), 'pin_too_simple', pin);
  for (const pin of ['12345', '12345a', '', '1234567890123'])
    assert.equal(checkNewPin(pin), 'pin_not_6_to_12_digits', pin);
  assert.equal(checkNewPin('250290', '1990-02-25'), 'pin_is_birthday');
  assert.equal(checkNewPin('246810', '1990-02-25'), null);
});

test('a phone has one wallet in an environment, and its own in the other', async () => {
  const wallet = await givenWallet(context);
  const again = await createWallet(context, testActor, {
    environment: 'sandbox',
    phone: wallet.phone,
    holderName: 'B',
    pin: testPin,
  });
  assert.deepEqual(again, { ok: false, error: 'wallet_already_exists' });
  const live = await createWallet(context, testActor, {
    environment: 'live',
    phone: wallet.phone,
    holderName: 'B',
    pin: testPin,
  });
  assert.ok(live.ok);
  assert.equal(await readBalance(context.db, live.wallet.accountId), 0n);
});

test('a top-up with the same transfer id is one top-up', async () => {
  const wallet = await givenWallet(context, { balanceDong: 0n });
  const topUp = {
    environment: 'sandbox',
    phone: wallet.phone,
    amountDong: 50_000n,
    transferId: uuidv7(),
  } as const;
  assert.deepEqual(await topUpWallet(context, testActor, topUp), { ok: true, repeated: false });
  assert.deepEqual(await topUpWallet(context, testActor, topUp), { ok: true, repeated: true });
  assert.equal(await readBalance(context.db, wallet.accountId), 50_000n);
});

test('a wallet of the live environment does not sign in to a sandbox order', async () => {
  const wallet = await givenWallet(context, { environment: 'live' });
  const result = await signIn(context, {
    environment: 'sandbox',
    phone: wallet.phone,
    pin: testPin,
    checkoutId: uuidv7(),
    address: uuidv7(),
  });
  assert.equal(result.ok ? 'signed in' : result.error, 'phone_or_pin_wrong');
  assert.equal(await findWalletByPhone(context.db, 'sandbox', wallet.phone), null);
});
