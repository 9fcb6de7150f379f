// How the pages look in a real browser, drawn from the sample views: nothing is cut or hidden on the narrowest screen,
// with the longest words, after an error, under a finger or with a person's own colours.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { style as shopStyle } from '../../samples/node/page-style.ts';
import {
  sampleCode,
  sampleConfirm,
  sampleFrame,
  samplePages,
  sampleSignIn,
  withLongWords,
} from '../../src/edges/checkout/pages/sample-views.ts';
import { sandboxSamplePages } from '../../src/edges/sandbox/sample-views.ts';
import { pageHeaders } from '../../src/ground/pages/index.ts';
import { darkTokens, lightTokens } from '../../src/ground/pages/tokens.ts';
import type { Locale } from '../../src/ground/terms.ts';
import { launchBrowser } from '../support/chromium.ts';
import { assertRead, bottomOf, findCut, findLow, readFocus, readTextSizes } from './measure.ts';

const origin = 'http://pay.test';
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

let browser: Browser;
before(async () => {
  browser = await launchBrowser();
});
after(() => browser.close());

/** Runs `look` with a page that shows markup as the gateway would send it, under its content policy. */
async function withPage(
  options: BrowserContextOptions,
  look: (show: (markup: string) => Promise<Page>) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  let markup = '';
  await page.route(`${origin}/**`, (route) => {
    const textOf = (element: string) => new RegExp(`<${element}>([^]*?)</${element}>`).exec(markup)?.[1];
    const inline = { style: textOf('style') ?? '', script: textOf('script') ?? null };
    // Without content a browser stays on its page, which goes on looking as it does while it waits.
    if (route.request().method() === 'POST') return route.fulfill({ status: 204 });
    return route.fulfill({ headers: pageHeaders({ inline }), body: markup });
  });
  const show = async (next: string) => {
    markup = next;
    await page.goto(`${origin}/`);
    return page;
  };
  try {
    await look(show);
  } finally {
    await context.close();
  }
}

function everyPage(...locales: Locale[]): [string, string][] {
  return locales.flatMap((locale) =>
    Object.entries({ ...samplePages(locale), ...sandboxSamplePages(locale) }).map(
      ([name, markup]): [string, string] => [`${name} (${locale})`, markup],
    ),
  );
}

// 720 × 450 is what 200 % makes of a desktop's window.
for (const [width, height, locales] of [
  [195, 422, ['vi', 'en']],
  [320, 568, ['vi']],
  [720, 450, ['vi']],
] as const) {
  test(`nothing is cut on a screen of ${width} px`, async () => {
    await withPage({ viewport: { width, height } }, async (show) => {
      for (const [name, markup] of everyPage(...locales)) {
        const page = await show(markup);
        assert.deepEqual(await findCut(page), [], name);
      }
    });
  });
}

test('after an error the whole form is on the first screen of a phone, its button too', async () => {
  await withPage(phone, async (show) => {
    for (const locale of ['vi', 'en'] as const) {
      const pages = samplePages(locale);
      for (const name of [
        'sign-in',
        'sign-in-wrong',
        'sign-in-attempts',
        'sign-in-phone',
        'confirm-busy',
        'code-wrong',
        'code-no-attempt',
      ]) {
        const page = await show(pages[name] ?? '');
        assert.equal(await page.evaluate<number>('scrollY'), 0, `${name} is scrolled`);
        const bottom = await bottomOf(page, '.button.next');
        assert.ok(bottom <= 844, `${name} (${locale}): the button ends at ${bottom}`);
      }
    }
  });
});

test('500 characters of description leave the button on the first screen, and can all be read', async () => {
  await withPage({ ...phone, javaScriptEnabled: false }, async (show) => {
    const long = withLongWords(sampleFrame('vi'));
    for (const markup of [sampleSignIn(long), sampleConfirm(long), sampleCode(long)]) {
      const page = await show(markup);
      const bottom = await bottomOf(page, '.button.next');
      assert.ok(bottom <= 844, `the button ends at ${bottom}`);
    }
    const page = await show(sampleSignIn(long));
    const words = page.locator('.words bdi');
    const folded = await words.boundingBox();
    await page.locator('.words summary').click();
    const open = await words.boundingBox();
    assert.ok((open?.height ?? 0) > (folded?.height ?? 0) * 3, 'the rest was not shown');
  });
});

test('the amount is the largest thing on the page, and no text is smaller than 16 px', async () => {
  for (const options of [phone, { viewport: { width: 1440, height: 900 } }]) {
    await withPage(options, async (show) => {
      for (const [name, markup] of everyPage('vi')) {
        const page = await show(markup);
        const sizes = await readTextSizes(page);
        for (const { px, text } of sizes) assert.ok(px >= 16, `${name}: ${px} px, ${text}`);
        const amount = sizes.find(({ isAmount }) => isAmount);
        if (amount) {
          for (const { px, text, isAmount } of sizes)
            assert.ok(isAmount || px < amount.px, `${name}: ${px} px, ${text}`);
        }
      }
    });
  }
});

test('what a finger presses is 48 px high, and what ends the order is far from what pays', async () => {
  await withPage(phone, async (show) => {
    for (const [name, markup] of everyPage('vi')) {
      const page = await show(markup);
      assert.deepEqual(await findLow(page, 48), [], name);
      if ((await page.locator('details.end').count()) === 0) continue;
      const pays = await bottomOf(page, '.button.next');
      const ends = (await page.locator('details.end summary').boundingBox())?.y ?? 0;
      assert.ok(ends - pays >= 48, `${name}: ${ends - pays} px between`);
      assert.equal(await page.locator('details.end button').isVisible(), false, name);
    }
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const forcedColors of ['none', 'active'] as const) {
    const name = forcedColors === 'active' ? `${colorScheme}, forced colours` : colorScheme;
    test(`the button is read before it is pressed, under the pointer, and while it works (${name})`, async () => {
      await withPage({ viewport: { width: 1000, height: 900 }, colorScheme, forcedColors }, async (show) => {
        const page = await show(sampleConfirm(sampleFrame('vi')));
        const next = page.locator('.button.next');
        await assertRead(page, '.button.next', 'at first');
        await next.hover();
        await assertRead(page, '.button.next', 'under the pointer');
        await next.click({ noWaitAfter: true });
        await page.locator('.button.next:disabled').waitFor();
        assert.equal(await next.innerText(), 'Đang xử lý…');
        await assertRead(page, '.button.next', 'while it works');
        await assertRead(page, '.button.plain', 'the other one meanwhile');
      });
    });
  }
}

test('a tap leaves the busy button readable on a phone, where hover stays after the finger', async () => {
  await withPage(phone, async (show) => {
    const page = await show(sampleConfirm(sampleFrame('vi')));
    await page.locator('.button.next').tap({ noWaitAfter: true });
    await page.locator('.button.next:disabled').waitFor();
    await assertRead(page, '.button.next', 'while it works');
  });
});

test('the keyboard reaches everything in order, and its place is seen', async () => {
  await withPage({ viewport: { width: 1000, height: 900 } }, async (show) => {
    const page = await show(sampleSignIn(sampleFrame('vi')));
    const reached: string[] = [];
    for (let steps = 0; steps < 5; steps += 1) {
      await page.keyboard.press('Tab');
      const { name, ring } = await readFocus(page);
      assert.equal(ring, '3px', name);
      reached.push(name);
    }
    assert.deepEqual(reached, ['A', 'phone', 'pin', 'BUTTON', 'SUMMARY']);
  });
});

for (const scripts of [true, false]) {
  test(`a pasted code is sent whole, however it was written (scripts ${scripts ? 'on' : 'off'})`, async () => {
    for (const pasted of ['123 456', '\u200e123456\u200f', '１２３ ４５６', 'OTP: 123-456']) {
      await withPage({ javaScriptEnabled: scripts }, async (show) => {
        const page = await show(sampleCode(sampleFrame('vi')));
        await page.locator('input[name=otp]').focus();
        await page.keyboard.insertText(pasted);
        const sent = page.waitForRequest((request) => request.method() === 'POST');
        await page.locator('form[action$="/code"] button').click({ noWaitAfter: true });
        const otp = new URLSearchParams((await sent).postData() ?? '').get('otp') ?? '';
        assert.equal(otp.normalize('NFKC').replace(/\D/g, ''), '123456', pasted);
      });
    }
  });
}

test('the minutes left are counted down by a script, and gone in the last one', async () => {
  await withPage({}, async (show) => {
    const page = await show(sampleSignIn(sampleFrame('vi')));
    await page.clock.install({ time: sampleFrame('vi').now });
    await show(sampleSignIn(sampleFrame('vi')));
    const left = page.locator('[data-left]');
    assert.equal(await left.innerText(), ', còn 15 phút');
    await page.clock.runFor(61_000);
    assert.equal(await left.innerText(), ', còn 13 phút');
    await page.clock.runFor(13 * 60_000);
    assert.equal(await left.isVisible(), false);
  });
});

test("a buyer sees the step from the shop's colours to the gateway's: the two accents are not alike", () => {
  const shopAccents = [...shopStyle.matchAll(/--accent:(#[0-9a-f]{6})/g)].map(([, colour = '']) => colour);
  assert.equal(shopAccents.length, 2);
  const hues = [...shopAccents, lightTokens.accent, darkTokens.accent].map(hueOf);
  for (const shop of hues.slice(0, 2)) {
    for (const ours of hues.slice(2)) {
      const apart = Math.abs(shop - ours);
      assert.ok(Math.min(apart, 360 - apart) >= 45, `hues ${shop} and ${ours}`);
    }
  }
});

/** In degrees, of a colour such as #1d4ed8. */
function hueOf(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return (Math.atan2(Math.sqrt(3) * (green - blue), 2 * red - green - blue) * 180) / Math.PI + 180;
}

test('one language is on the screen of an error, the other one a press away', async () => {
  await withPage({ ...phone, javaScriptEnabled: false }, async (show) => {
    const page = await show(samplePages('vi')['error-form_refused'] ?? '');
    const main = page.locator('main');
    assert.match(await main.innerText(), /Trang đã hết hiệu lực/);
    assert.doesNotMatch(await main.innerText(), /expired|Open the checkout/);
    await page.locator('details.other summary').click();
    assert.match(await main.innerText(), /The page has expired/);
    assert.doesNotMatch(await main.innerText(), /hết hiệu lực|Mở lại/);
    await page.locator('details.other summary', { hasText: 'Tiếng Việt' }).click();
    assert.match(await main.innerText(), /Trang đã hết hiệu lực/);
  });
});

test('axe-core finds nothing on pages that are seldom met, nor with forced colours', async () => {
  const pages = { ...samplePages('vi'), ...sandboxSamplePages('vi') };
  // In the gateway the inbox reloads itself while a person looks at it.
  const seldom = ['error-cookies_missing', 'processing', 'result-review', 'sign-in-long', 'sandbox-inbox'];
  for (const [look, names] of [
    [{ colorScheme: 'light' }, seldom],
    [{ colorScheme: 'dark' }, seldom],
    [
      { colorScheme: 'dark', forcedColors: 'active' },
      ['sign-in-attempts', 'confirm', 'code-wrong', 'result-paid'],
    ],
  ] as const) {
    await withPage({ ...phone, ...look }, async (show) => {
      for (const name of names) {
        const page = await show(pages[name] ?? '');
        const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
        const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
        assert.deepEqual(found, [], `${name}, ${JSON.stringify(look)}`);
      }
    });
  }
});
