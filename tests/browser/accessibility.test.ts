// axe-core looks at every page a person can meet, in both languages, light and dark, and finds nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { givenWallet } from '../support/context.ts';
import {
  type Buyer,
  buy,
  enterCode,
  goToCode,
  largeProduct,
  middleProduct,
  openBuyer,
  otherCode,
  press,
  readCode,
  returnToShop,
  signIn,
  smallProduct,
} from './buyer.ts';
import { useStage } from './stage.ts';

const stage = useStage();

for (const locale of ['vi', 'en'] as const) {
  const phone = locale === 'vi' ? '0950000001' : '0950000002';
  const open = () => openBuyer(stage, { device: 'phone', scripts: true, locale });

  test(`the sandbox's pages and the pages of what went wrong are accessible (${locale})`, async () => {
    const buyer = await open();
    const { url } = stage.gateway;
    await buyer.page.goto(`${url}/?lang=${locale}`);
    await inspect(buyer, 'start page');
    await buyer.page.goto(`${url}/sandbox/inbox?lang=${locale}&live=0&phone=${phone}`);
    await inspect(buyer, 'empty inbox');
    await buyer.page.goto(`${url}/sandbox/inbox?lang=${locale}&live=0&phone=12`);
    await inspect(buyer, 'inbox with a wrong number');
    await buyer.page.goto(`${url}/shop/${locale === 'en' ? '?lang=en' : ''}`);
    await inspect(buyer, 'shop');
    await buyer.page.goto(`${url}/shop/nothing?lang=${locale}`);
    await inspect(buyer, 'a page the shop does not have');
    await buyer.page.goto(`${url}/shop/return/v1?merch_txn_ref=X&vpc_hash=00&lang=${locale}`);
    await inspect(buyer, 'a forged return');
    await buyer.page.goto(
      `${url}/vipay/ecommerce?merchant_site=shop_v1&locale=${locale === 'vi' ? 'vn' : 'en'}`,
    );
    await inspect(buyer, 'fault page');
    await buyer.page.goto(`${url}/nothing?lang=${locale}`);
    await inspect(buyer, 'nothing here');
    await buyer.page.goto(`${url}/checkout/nothing?lang=${locale}`);
    await inspect(buyer, 'no such checkout');
    await buyer.page.goto(`${url}/vipay_v2/expired?lang=${locale}`);
    await inspect(buyer, 'expired, for apps');
    await buyer.leave();
  });

  test(`the pages of a payment are accessible (${locale})`, async () => {
    await givenWallet(stage.gateway.context, { phone });
    const buyer = await open();
    const { page } = buyer;
    const checkout = await buy(buyer, largeProduct, 'classic-v1');
    await inspect(buyer, 'sign-in');
    const stranger = await open();
    await stranger.page.goto(checkout);
    await inspect(stranger, 'sign-in of a stranger');
    await signIn(page, '0910000000', '135790');
    await inspect(buyer, 'sign-in with an error');
    await signIn(page, phone);
    await inspect(buyer, 'confirm');
    await press(page, 'confirm');
    await page.locator('input[name=otp]').waitFor();
    await inspect(buyer, 'code');
    const code = await readCode(stage.gateway, phone);
    await enterCode(page, otherCode(code));
    await inspect(buyer, 'code with an error');
    stage.gateway.context.clock.advance(31);
    await page.reload();
    await press(page, 'resend');
    await page.getByRole('status').waitFor();
    await inspect(buyer, 'code sent again');
    const inbox = await buyer.browser.newPage();
    await inbox.goto(`${stage.gateway.url}/sandbox/inbox?lang=${locale}&live=0`);
    await inspect({ ...buyer, page: inbox }, 'inbox with messages');
    await inbox.close();
    await enterCode(page, await readCode(stage.gateway, phone));
    await page.goto(`${checkout}?stay=1`);
    await inspect(buyer, 'paid');
    await stranger.page.goto(checkout);
    await inspect(stranger, 'paid, as a stranger sees it');
    await stranger.leave();
    await returnToShop(page);
    await inspect(buyer, 'paid, in the shop');
    await buyer.leave();
  });

  test(`refusals and the other results are accessible (${locale})`, async () => {
    const buyer = await open();
    const { page } = buyer;
    const failed = await buy(buyer, middleProduct, 'classic-v1');
    for (const refused of ['0900000002', '0900000003', '0900000004', '0900000005']) {
      await signIn(page, refused);
      await inspect(buyer, `refusal of ${refused}`);
      if (refused !== '0900000005') await press(page, 'sign-out');
    }
    await press(page, 'give-up');
    await page.goto(`${failed}?stay=1`);
    await inspect(buyer, 'failed');
    await returnToShop(page);
    await inspect(buyer, 'failed, in the shop');

    const cancelled = await buy(buyer, smallProduct, 'classic-v2');
    await press(page, 'cancel');
    await page.goto(`${cancelled}?stay=1`);
    await inspect(buyer, 'cancelled');

    const expiring = await buy(buyer, smallProduct, 'classic-v2');
    stage.gateway.context.clock.advance(16 * 60);
    await page.goto(`${expiring}?stay=1`);
    await inspect(buyer, 'expired');
    await buyer.leave();
  });
}

test('the two columns of a wide screen are accessible too', async () => {
  const buyer = await openBuyer(stage, { device: 'desktop', scripts: true, locale: 'vi' });
  await givenWallet(stage.gateway.context, { phone: '0950000003' });
  await buy(buyer, largeProduct, 'rest');
  await goToCode(buyer.page, '0950000003');
  await inspect(buyer, 'code on a wide screen');
  await buyer.leave();
});

/** Both colour schemes; the page is not asked for again. */
async function inspect({ page }: Pick<Buyer, 'page'>, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    // Legacy mode needs no second page to gather the frames' results: there are no frames.
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
    const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
    assert.deepEqual(found, [], `${name}, ${colorScheme}`);
  }
}
