// Pictures of the pages. `npm run screenshots`: those of the README (docs/images), of a real order in a gateway of its
// own, whose clock runs. `npm run screenshots -- DIR`: every page from its sample views, in every size, language and
// colour scheme, into a folder elsewhere; `--sizes phone,desktop` and `--pages sign-in,code` choose some.

import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { launchBrowser } from '../tests/support/chromium.ts';
import { startTestGateway } from '../tests/support/gateway.ts';
import { takeSamples } from './sample-screenshots.ts';

const imagesDir = resolve(import.meta.dirname, '../docs/images');
const bytesMax = 150 * 1024;
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const desktop = { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sizes: { type: 'string', default: '' }, pages: { type: 'string', default: '' } },
});
const [samplesDir] = positionals;
if (samplesDir === undefined) {
  await takeReadmePictures();
} else {
  const list = (text: string) => text.split(',').filter(Boolean);
  const choice = { sizes: list(values.sizes), pages: list(values.pages) };
  console.log(`${await takeSamples(launchBrowser, resolve(samplesDir), choice)} pictures in ${samplesDir}`);
}

async function takeReadmePictures(): Promise<void> {
  const gateway = await startTestGateway();
  const browser = await launchBrowser();
  try {
    await mkdir(imagesDir, { recursive: true });
    const buyer = await (await browser.newContext({ ...phone, locale: 'vi-VN' })).newPage();
    await buyer.goto(`${gateway.url}/shop/`);
    await buyer.locator('button[name=product][value=bo-ba]').click();
    await buyer.waitForURL(/\/checkout\//);
    const checkout = buyer.url();
    await take(buyer, 'sign-in-phone');
    await buyer.locator('input[name=phone]').fill('0900000001');
    await buyer.locator('input[name=pin]').fill('246810');
    await buyer.locator('form[action$="/sign-in"] button').click();
    await buyer.locator('form[action$="/confirm"] button').waitFor();
    await take(buyer, 'checkout-phone');
    await buyer.locator('form[action$="/confirm"] button').click();
    await buyer.goto(`${checkout}?stay=1`);
    await take(buyer, 'result-phone');

    const visitor = await (await browser.newContext({ ...desktop, locale: 'vi-VN' })).newPage();
    await visitor.goto(`${gateway.url}/shop/`);
    await take(visitor, 'shop');
  } finally {
    await browser.close();
    await gateway.stop();
  }
}

async function take(page: Page, name: string): Promise<void> {
  const path = join(imagesDir, `${name}.png`);
  await page.screenshot({ path });
  const { size } = await stat(path);
  if (size > bytesMax) throw new Error(`${path} has ${size} bytes; at most ${bytesMax} are wanted`);
  console.log(`${path} (${Math.ceil(size / 1024)} KiB)`);
}
