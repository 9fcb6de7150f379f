// A buyer cannot pay, or does not want to: the page says what happened and what it means for the money, and
// the shop is told the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { givenWallet } from '../support/context.ts';
import { waitForNotified } from './books.ts';
import {
  type Buyer,
  button,
  buy,
  enterCode,
  goToCode,
  largeProduct,
  middleProduct,
  openBuyer,
  otherCode,
  type Protocol,
  pay,
  press,
  readCode,
  returnToShop,
  signIn,
  smallProduct,
  waitForHeading,
} from './buyer.ts';
import { useStage } from './stage.ts';

const stage = useStage();

test('a buyer who cancels on the first page is back in the shop with a cancelled order', async () => {
  const buyer = await openBuyer(stage);
  await buy(buyer, smallProduct, 'classic-v1');
  await press(buyer.page, 'cancel');
  await waitForHeading(buyer.page, 'Đã hủy thanh toán');
  await assertShopHears(buyer, 'classic-v1', 'Đã hủy', '24', 'cancelled');
});

test('a buyer who cancels when asked for the code, without scripts, is back with a cancelled order', async () => {
  const wallet = await givenWallet(stage.gateway.context, { phone: '0930000001' });
  const buyer = await openBuyer(stage, { device: 'desktop', scripts: false, locale: 'en' });
  await buy(buyer, largeProduct, 'rest');
  await goToCode(buyer.page, wallet.phone);
  await press(buyer.page, 'cancel');
  await waitForHeading(buyer.page, 'Payment cancelled');
  await assertShopHears(buyer, 'rest', 'Cancelled', '24', 'cancelled');
});

test('a wrong code is said three times with the tries left, and the right one still pays', async () => {
  const wallet = await givenWallet(stage.gateway.context, { phone: '0930000002' });
  const buyer = await openBuyer(stage);
  await buy(buyer, largeProduct, 'classic-v2');
  await goToCode(buyer.page, wallet.phone);
  const code = await readCode(stage.gateway, wallet.phone);
  for (const [index, left] of [4, 3, 2].entries()) {
    await enterCode(buyer.page, otherCode(code, index + 1));
    const alert = await buyer.page.getByRole('alert').innerText();
    assert.match(alert, /Mã xác thực không đúng/);
    assert.match(alert, /Bạn chưa bị trừ tiền/);
    assert.match(alert, new RegExp(`còn ${left} lần`));
  }
  await enterCode(buyer.page, code);
  await waitForHeading(buyer.page, 'Đã thanh toán');
  await assertShopHears(buyer, 'classic-v2', 'Đã thanh toán', '00', 'paid');
});

test('a wrong PIN says so, keeps the phone number, and puts the cursor where the PIN goes', async () => {
  const wallet = await givenWallet(stage.gateway.context, { phone: '0930000003' });
  const buyer = await openBuyer(stage);
  const { page } = buyer;
  await buy(buyer, smallProduct, 'rest');
  await signIn(page, wallet.phone, '135790');
  assert.match(await page.getByRole('alert').innerText(), /Số điện thoại hoặc mã PIN không đúng/);
  assert.equal(await page.locator('input[name=phone]').inputValue(), wallet.phone);
  assert.equal(await page.locator('input[name=pin]').inputValue(), '');
  assert.equal(await page.locator('input:focus').getAttribute('name'), 'pin');
  await buyer.leave();
});

test('five wrong PINs close sign-in for a while and the holder is told', async () => {
  const wallet = await givenWallet(stage.gateway.context, { phone: '0930000004' });
  const buyer = await openBuyer(stage);
  await buy(buyer, smallProduct, 'classic-v1');
  for (let tries = 1; tries <= 5; tries += 1) await signIn(buyer.page, wallet.phone, '135790');
  await waitForHeading(buyer.page, 'Nhập sai mã PIN quá nhiều lần');
  assert.match(
    await buyer.page.locator('main').innerText(),
    /chỉ thanh toán được từ \d\d:\d\d\s.*\(GMT\+7\), sau khi đơn hàng hết hạn/,
  );
  const messages = await (
    await fetch(`${stage.gateway.url}/sandbox/inbox.json?phone=${wallet.phone}`)
  ).text();
  assert.match(messages, /pin_locked/);
  await press(buyer.page, 'give-up');
  await waitForHeading(buyer.page, 'Chưa thanh toán được');
  await assertShopHears(buyer, 'classic-v1', 'Thanh toán không thành công', '79', 'failed');
});

test('without enough money the page says what is missing, and the shop hears 51', async () => {
  const buyer = await openBuyer(stage);
  await buy(buyer, smallProduct, 'classic-v2');
  await signIn(buyer.page, '0900000002');
  await waitForHeading(buyer.page, 'Số dư không đủ');
  const facts = await buyer.page.locator('.card .facts').innerText();
  assert.match(facts, /Số dư ví\s+10\.000\s₫/);
  assert.match(facts, /Còn thiếu\s+35\.000\s₫/);
  await press(buyer.page, 'give-up');
  await waitForHeading(buyer.page, 'Chưa thanh toán được');
  await assertShopHears(buyer, 'classic-v2', 'Thanh toán không thành công', '51', 'failed');
});

test('after a refusal another wallet pays the same order', async () => {
  const wallet = await givenWallet(stage.gateway.context, { phone: '0930000005' });
  const buyer = await openBuyer(stage);
  await buy(buyer, smallProduct, 'rest');
  await signIn(buyer.page, '0900000002');
  await waitForHeading(buyer.page, 'Số dư không đủ');
  await press(buyer.page, 'sign-out');
  await pay(buyer, wallet.phone);
  await assertShopHears(buyer, 'rest', 'Đã thanh toán', '00', 'paid');
});

test('a locked wallet and one not identified say so only after the right PIN', async () => {
  const buyer = await openBuyer(stage, { device: 'desktop', scripts: true, locale: 'en' });
  const { page } = buyer;
  await buy(buyer, smallProduct, 'rest');
  await signIn(page, '0900000003', '135790');
  assert.match(await page.getByRole('alert').innerText(), /phone number or the PIN is wrong/);
  await signIn(page, '0900000003');
  await waitForHeading(page, /locked/i);
  await press(page, 'sign-out');
  await signIn(page, '0900000004');
  await waitForHeading(page, /cannot pay yet/i);
  assert.match(await page.locator('.card').innerText(), /identif/);
  await press(page, 'give-up');
  await assertShopHears(buyer, 'rest', 'Payment failed', '09', 'failed');
});

test('over the daily limit the page names the limit, what is left and when it starts afresh', async () => {
  const buyer = await openBuyer(stage);
  await buy(buyer, middleProduct, 'classic-v1');
  await signIn(buyer.page, '0900000005');
  await waitForHeading(buyer.page, 'Vượt hạn mức trong ngày của ví');
  const facts = await buyer.page.locator('.card .facts').innerText();
  assert.match(facts, /Hạn mức trong ngày\s+50\.000\s₫/);
  assert.match(facts, /Hạn mức còn lại\s+50\.000\s₫/);
  assert.match(facts, /Làm mới lúc\s+00:00 ngày \d\d\/\d\d\/\d{4}\s\(GMT\+7\)/);
  // Waiting for midnight would outlast the order: no button that cannot help.
  assert.equal(await button(buyer.page, 'retry').count(), 0);
  await press(buyer.page, 'give-up');
  await assertShopHears(buyer, 'classic-v1', 'Thanh toán không thành công', '65', 'failed');
});

// The last one: the gateway's clock moves, and with it everything signed with a time.
test('an order whose time is over says so at its next page, and the shop hears of it', async () => {
  const wallet = await givenWallet(stage.gateway.context, { phone: '0930000006' });
  const buyer = await openBuyer(stage);
  await buy(buyer, largeProduct, 'classic-v2');
  await goToCode(buyer.page, wallet.phone);
  const code = await readCode(stage.gateway, wallet.phone);
  stage.gateway.context.clock.advance(16 * 60);
  await enterCode(buyer.page, code);
  await waitForHeading(buyer.page, 'Đơn hàng đã hết hạn');
  assert.match(await buyer.page.locator('.card').innerText(), /Bạn chưa bị trừ tiền/);
  await assertShopHears(buyer, 'classic-v2', 'Đã hết hạn', '11', 'expired');
});

/** Back by the link: the shop's page says it, and its server was told the same. */
async function assertShopHears(
  buyer: Buyer,
  protocol: Protocol,
  title: string,
  responseCode: string,
  state: string,
): Promise<void> {
  await returnToShop(buyer.page);
  await waitForHeading(buyer.page, title);
  const id = new URL(buyer.page.url()).pathname.split('/').at(-1) ?? '';
  const order = await waitForNotified(buyer.gateway, id, protocol, responseCode);
  assert.equal(order.state, state);
  await buyer.leave();
}
