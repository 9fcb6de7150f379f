// However a buyer uses the pages (back button, double click, two tabs, a line that breaks, a copied address), they
// tell the truth and an order is paid once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { givenWallet } from '../support/context.ts';
import { countPostings } from './books.ts';
import {
  anyLook,
  button,
  buy,
  enterCode,
  goToCode,
  largeProduct,
  openBuyer,
  pay,
  press,
  readCode,
  signIn,
  smallProduct,
  waitForHeading,
} from './buyer.ts';
import { useStage } from './stage.ts';

const stage = useStage();
const paid = 'Đã thanh toán';

let phones = 0;
async function givenPhone(): Promise<string> {
  phones += 1;
  const phone = `094000${String(phones).padStart(4, '0')}`;
  await givenWallet(stage.gateway.context, { phone, balanceDong: 20_000_000n });
  return phone;
}

test('the back button after paying shows that it is paid, and pays nothing again', async () => {
  const phone = await givenPhone();
  const buyer = await openBuyer(stage);
  const { page } = buyer;
  const checkout = await buy(buyer, largeProduct, 'classic-v1');
  await goToCode(page, phone);
  await enterCode(page, await readCode(stage.gateway, phone));
  await waitForHeading(page, paid);
  await page.goto(`${checkout}?stay=1`);
  for (let steps = 0; steps < 3; steps += 1) {
    await page.goBack();
    if (page.url().startsWith(checkout)) await waitForHeading(page, paid);
  }
  assert.equal(await countPostings(stage.gateway, checkout), 1);
  await buyer.leave();
});

for (const scripts of [true, false]) {
  test(`a double click on the paying button pays once (scripts ${scripts ? 'on' : 'off'})`, async () => {
    const phone = await givenPhone();
    const buyer = await openBuyer(stage, { ...anyLook, scripts });
    const checkout = await buy(buyer, smallProduct, 'rest');
    await signIn(buyer.page, phone);
    await button(buyer.page, 'confirm').dblclick({ noWaitAfter: true });
    await waitForHeading(buyer.page, paid);
    assert.equal(await countPostings(stage.gateway, checkout), 1);
    await buyer.leave();
  });
}

test('two tabs of one browser with two wallets: the older tab is refused, the newer one pays', async () => {
  const [first, second] = [await givenPhone(), await givenPhone()];
  const buyer = await openBuyer(stage);
  const checkout = await buy(buyer, smallProduct, 'classic-v2');
  const tab = await buyer.browser.newPage();
  await tab.goto(checkout);
  await signIn(buyer.page, first);
  await signIn(tab, second);
  await press(buyer.page, 'confirm');
  await waitForHeading(buyer.page, 'Trang đã hết hiệu lực');
  assert.equal(await countPostings(stage.gateway, checkout), 0);
  await press(tab, 'confirm');
  await waitForHeading(tab, paid);
  await buyer.page.goto(checkout);
  await waitForHeading(buyer.page, paid);
  assert.equal(await countPostings(stage.gateway, checkout), 1);
  await buyer.leave();
});

test('two browsers with two wallets: one pays, the other is told', async () => {
  const [first, second] = [await givenPhone(), await givenPhone()];
  const buyer = await openBuyer(stage);
  const friend = await openBuyer(stage);
  const checkout = await buy(buyer, largeProduct, 'rest');
  await friend.page.goto(checkout);
  await goToCode(buyer.page, first);
  await goToCode(friend.page, second);
  const [code, friendsCode] = [await readCode(stage.gateway, first), await readCode(stage.gateway, second)];
  await Promise.all([enterCode(buyer.page, code), enterCode(friend.page, friendsCode)]);
  await waitForHeading(buyer.page, paid);
  await waitForHeading(friend.page, paid);
  assert.equal(await countPostings(stage.gateway, checkout), 1);
  await buyer.leave();
  await friend.leave();
});

test('a line that breaks at the moment of paying: the page is loaded again and shows that it is paid', async () => {
  const phone = await givenPhone();
  const buyer = await openBuyer(stage);
  const { page } = buyer;
  const checkout = await buy(buyer, largeProduct, 'classic-v1');
  await goToCode(page, phone);
  // The gateway gets the request and answers; the answer never reaches the browser.
  await page.route('**/code', async (route) => {
    await route.fetch({ maxRedirects: 0 });
    await route.abort('connectionreset');
  });
  await page.locator('input[name=otp]').fill(await readCode(stage.gateway, phone));
  const failed = page.waitForEvent('requestfailed');
  await button(page, 'code').click({ noWaitAfter: true });
  await failed;
  await page.unroute('**/code');
  await page.goto(checkout);
  await waitForHeading(page, paid);
  assert.equal(await countPostings(stage.gateway, checkout), 1);
  await buyer.leave();
});

test('every page is itself again after a reload, and in the other language', async () => {
  const phone = await givenPhone();
  const buyer = await openBuyer(stage);
  const { page } = buyer;
  const checkout = await buy(buyer, largeProduct, 'classic-v2');
  const assertStays = async (field: string) => {
    for (const address of [checkout, `${checkout}?lang=en`, `${checkout}?lang=vi`]) {
      await page.goto(address);
      assert.equal(await page.locator(field).count(), 1, `${field} at ${address}`);
      await page.reload();
      assert.equal(await page.locator(field).count(), 1, `${field} at ${address}, loaded again`);
    }
  };
  await assertStays('input[name=pin]');
  await signIn(page, phone);
  await assertStays('form[action$="/confirm"]');
  await press(page, 'confirm');
  await page.locator('input[name=otp]').waitFor();
  await assertStays('input[name=otp]');
  // One code was sent, and the first is the right one still.
  await enterCode(page, await readCode(stage.gateway, phone));
  await waitForHeading(page, paid);
  await page.goto(`${checkout}?stay=1&lang=en`);
  await waitForHeading(page, 'Paid');
  await page.reload();
  await waitForHeading(page, 'Paid');
  await buyer.leave();
});

test('the language link keeps the page and its state', async () => {
  const phone = await givenPhone();
  const buyer = await openBuyer(stage);
  await buy(buyer, largeProduct, 'rest');
  await goToCode(buyer.page, phone);
  await buyer.page.locator('header a[hreflang=en]').click();
  await waitForHeading(buyer.page, /code you received/i);
  await enterCode(buyer.page, await readCode(stage.gateway, phone));
  await waitForHeading(buyer.page, 'Paid');
  await buyer.leave();
});

test('a stranger with the copied address sees the shop and the status, no amount, and cannot end the order', async () => {
  const phone = await givenPhone();
  const buyer = await openBuyer(stage);
  const stranger = await openBuyer(stage);
  const checkout = await buy(buyer, smallProduct, 'classic-v1');
  await stranger.page.goto(checkout);
  await stranger.page.locator('.shop').waitFor();
  assert.doesNotMatch(await stranger.page.locator('body').innerText(), /45\.000/);
  assert.equal(await button(stranger.page, 'cancel').count(), 0, 'a button that would be refused');
  assert.equal(await postCancel(stranger.page), 403);

  await pay(buyer, phone);
  const answer = await stranger.page.goto(checkout);
  await waitForHeading(stranger.page, paid);
  assert.equal(answer?.headers().refresh, undefined);
  const text = await stranger.page.locator('body').innerHTML();
  assert.doesNotMatch(text, /\/shop\/|Mã giao dịch|10000\d{4}|45\.000/);
  assert.equal(await stranger.page.locator('main a').count(), 0);
  await buyer.leave();
  await stranger.leave();
});

test('a stranger who signed in does not get the signed return after somebody else paid', async () => {
  const [first, second] = [await givenPhone(), await givenPhone()];
  const buyer = await openBuyer(stage);
  const stranger = await openBuyer(stage);
  const checkout = await buy(buyer, smallProduct, 'rest');
  await stranger.page.goto(checkout);
  await signIn(stranger.page, second);
  await pay(buyer, first);
  await press(stranger.page, 'confirm');
  await waitForHeading(stranger.page, paid);
  assert.equal(await stranger.page.locator('main a').count(), 0);
  assert.equal(await countPostings(stage.gateway, checkout), 1);
  await buyer.leave();
  await stranger.leave();
});

/** What the cancel button would send, with the form token this browser was given. */
async function postCancel(page: Page): Promise<number> {
  const token = await page.locator('input[name=form_token]').first().inputValue();
  const answer = await page.request.post(`${page.url().split('?')[0]}/cancel`, {
    form: { form_token: token },
    maxRedirects: 0,
  });
  return answer.status();
}
