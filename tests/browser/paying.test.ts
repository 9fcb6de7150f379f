// From the shop to the checkout, with the code from the inbox, and back to a shop that was told by its server: every
// dialect, on a phone and a desktop, with scripts on and off, in both languages (each pair of these at least once).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { givenWallet } from '../support/context.ts';
import { waitForNotified } from './books.ts';
import {
  type Buyer,
  buy,
  enterCode,
  type Look,
  largeProduct,
  openBuyer,
  type Protocol,
  press,
  readCodeInTab,
  returnToShop,
  signIn,
  smallProduct,
  waitForHeading,
} from './buyer.ts';
import { useStage } from './stage.ts';

const stage = useStage();

type Run = { protocol: Protocol; look: Look; back: 'by itself' | 'by the link' };

const runs: Run[] = [
  run('classic-v1', 'phone', true, 'vi', 'by the link'),
  run('classic-v1', 'desktop', false, 'en', 'by the link'),
  run('classic-v2', 'phone', false, 'en', 'by itself'),
  run('classic-v2', 'desktop', true, 'vi', 'by the link'),
  run('rest', 'phone', true, 'en', 'by itself'),
  run('rest', 'desktop', false, 'vi', 'by the link'),
];

function run(
  protocol: Protocol,
  device: Look['device'],
  scripts: boolean,
  locale: Look['locale'],
  back: Run['back'],
): Run {
  return { protocol, look: { device, scripts, locale }, back };
}

for (const [index, { protocol, look, back }] of runs.entries()) {
  const name = `${protocol}, ${look.device}, scripts ${look.scripts ? 'on' : 'off'}, ${look.locale}`;
  test(`a buyer pays with a code from the inbox and is taken back ${back} (${name})`, async () => {
    const wallet = await givenWallet(stage.gateway.context, { phone: `092000000${index}` });
    const buyer = await openBuyer(stage, look);
    const { page } = buyer;
    await buy(buyer, largeProduct, protocol);
    await signIn(page, wallet.phone);
    await press(page, 'confirm');
    await page.locator('input[name=otp]').waitFor();
    await enterCode(page, await readCodeInTab(buyer));
    await waitForHeading(page, look.locale === 'vi' ? 'Đã thanh toán' : 'Paid');
    assert.match(await page.locator('.amount').innerText(), /^5\.200\.000\s₫$/);

    if (back === 'by the link') await returnToShop(page);
    else await page.waitForURL(/\/shop\/orders\//);
    await assertShopWasTold(buyer, protocol);
    await buyer.leave();
  });
}

test('a small payment asks for no code', async () => {
  const wallet = await givenWallet(stage.gateway.context, { phone: '0920000010' });
  const buyer = await openBuyer(stage);
  await buy(buyer, smallProduct, 'rest');
  await signIn(buyer.page, wallet.phone);
  assert.match(await buyer.page.locator('form[action$="/confirm"] button').innerText(), /45\.000\s₫/);
  await press(buyer.page, 'confirm');
  await waitForHeading(buyer.page, 'Đã thanh toán');
  await returnToShop(buyer.page);
  await assertShopWasTold(buyer, 'rest');
  await buyer.leave();
});

/** The shop's page says so, and its book says by what: a signed message from our server, and the browser's return. */
async function assertShopWasTold(buyer: Buyer, protocol: Protocol): Promise<void> {
  const { page, look } = buyer;
  await waitForHeading(page, look.locale === 'vi' ? 'Đã thanh toán' : 'Paid');
  const told = look.locale === 'vi' ? 'Thông báo từ máy chủ' : 'Server notification';
  await page.locator('.events li.proven', { hasText: told }).waitFor();

  const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  const order = await waitForNotified(buyer.gateway, id, protocol, '00');
  assert.equal(order.state, 'paid');
  assert.match(order.transaction_no ?? '', /^\d+$/);
  const returned = order.events.filter((event) => event.what === 'return');
  assert.deepEqual(
    returned.map((event) => [event.signature, event.response_code]),
    [['valid', '00']],
  );
}
