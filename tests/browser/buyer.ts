// A buyer with a browser: what people do in the demo shop and at the checkout, in either language, with scripts on
// or off. Buttons are found by what they do, so that the words may change.

import assert from 'node:assert/strict';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { testPin } from '../support/context.ts';
import type { TestGateway } from '../support/gateway.ts';
import type { Stage } from './stage.ts';
import { type Wire, watchWire } from './wire.ts';

export type Look = {
  device: 'phone' | 'desktop';
  scripts: boolean;
  locale: 'vi' | 'en';
  colorScheme?: 'light' | 'dark';
};

export const anyLook: Look = { device: 'phone', scripts: true, locale: 'vi' };

export type Protocol = 'classic-v1' | 'classic-v2' | 'rest';

/** 45.000 ₫: the PIN is enough. */
export const smallProduct = 'sen-nau';
/** 120.000 ₫: above what 0900000005 may pay in a day. */
export const middleProduct = 'chuoi-ngoc';
/** 5.200.000 ₫: a code is asked for. */
export const largeProduct = 'vuon-sen';

const patienceMs = 15_000;

const devices: Record<Look['device'], BrowserContextOptions> = {
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1440, height: 900 } },
};

export type Buyer = {
  gateway: TestGateway;
  look: Look;
  browser: BrowserContext;
  page: Page;
  wire: Wire;
  /** Checks what went over the wire, and closes the browser. */
  leave(): Promise<void>;
};

/** A browser of its own: no cookies of anybody else. */
export async function openBuyer({ gateway, browser }: Stage, look: Look = anyLook): Promise<Buyer> {
  const context = await browser.newContext({
    ...devices[look.device],
    javaScriptEnabled: look.scripts,
    locale: look.locale === 'vi' ? 'vi-VN' : 'en-GB',
    colorScheme: look.colorScheme ?? 'light',
    timezoneId: 'Asia/Ho_Chi_Minh',
  });
  context.setDefaultTimeout(patienceMs);
  const wire = watchWire(context, gateway.url);
  const page = await context.newPage();
  const leave = async () => {
    try {
      await wire.assertClean();
    } finally {
      await context.close();
    }
  };
  return { gateway, look, browser: context, page, wire, leave };
}

/** Presses the button of a form of the checkout: 'sign-in', 'confirm', 'code', 'cancel', … What ends an order asks first. */
export async function press(page: Page, step: string): Promise<void> {
  const closed = page.locator('details:not([open])', { has: page.locator(`form[action$="/${step}"]`) });
  if ((await closed.count()) > 0) await closed.locator('summary').click();
  await button(page, step).click();
}

export function button(page: Page, step: string) {
  return page.locator(`form[action$="/${step}"] button`);
}

/** Buys in the shop; ends on the checkout's first page and returns its address, without what it lands with. */
export async function buy(buyer: Buyer, product: string, protocol: Protocol): Promise<string> {
  const { page, gateway, look } = buyer;
  await page.goto(`${gateway.url}/shop/${look.locale === 'en' ? '?lang=en' : ''}`);
  await page.locator(`input[name=protocol][value=${protocol}]`).check({ force: true });
  await page.locator(`button[name=product][value=${product}]`).click();
  await page.waitForURL(/\/checkout\/[\w-]{43}\?marked=/);
  assert.equal(await page.locator('html').getAttribute('lang'), look.locale);
  const { origin, pathname } = new URL(page.url());
  return origin + pathname;
}

export async function signIn(page: Page, phone: string, pin: string = testPin): Promise<void> {
  await page.locator('input[name=phone]').fill(phone);
  await page.locator('input[name=pin]').fill(pin);
  await press(page, 'sign-in');
  await page.waitForLoadState();
}

/** Signs in and confirms; ends on the page that asks for the code. */
export async function goToCode(page: Page, phone: string): Promise<void> {
  await signIn(page, phone);
  await press(page, 'confirm');
  await page.locator('input[name=otp]').waitFor();
}

/** The newest code of this phone, from the inbox's JSON. */
export async function readCode(gateway: TestGateway, phone: string): Promise<string> {
  const answer = await fetch(`${gateway.url}/sandbox/inbox.json?phone=${phone}`);
  const { data } = (await answer.json()) as { data: { code: string | null }[] };
  const code = data.find((message) => message.code !== null)?.code;
  assert.ok(code, `the inbox has no code for ${phone}`);
  return code;
}

/** The newest code as a person finds it: by the link on the page, in another tab. */
export async function readCodeInTab(buyer: Buyer): Promise<string> {
  const opened = buyer.browser.waitForEvent('page');
  await buyer.page.locator('a[target=_blank]').click();
  const tab = await opened;
  await tab.waitForLoadState();
  const code = await tab.locator('main li code').first().innerText();
  await tab.close();
  return code;
}

export async function enterCode(page: Page, code: string): Promise<void> {
  await page.locator('input[name=otp]').fill(code);
  await press(page, 'code');
  await page.waitForLoadState();
}

/** A code that is not this one. */
export function otherCode(code: string, step = 1): string {
  return String((Number(code) + step) % 1_000_000).padStart(6, '0');
}

/** The whole way from the first page of the checkout to its result. */
export async function pay(buyer: Buyer, phone: string): Promise<void> {
  const { page, gateway } = buyer;
  await signIn(page, phone);
  await press(page, 'confirm');
  await page.waitForLoadState();
  if ((await page.locator('input[name=otp]').count()) > 0) {
    await enterCode(page, await readCode(gateway, phone));
  }
  await page.locator('h1.state.good').waitFor();
}

/** Follows the link of the result back to the shop's page of the order. */
export async function returnToShop(page: Page): Promise<void> {
  await page.locator('a.button.next').click();
  await page.waitForURL(/\/shop\/orders\/[0-9a-f]{24}/);
}

export function heading(page: Page, text: string | RegExp) {
  return page.getByRole('heading', { level: 1, name: text });
}

export async function waitForHeading(page: Page, text: string | RegExp): Promise<void> {
  await heading(page, text).waitFor();
}
