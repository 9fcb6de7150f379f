// Every page of the checkout and of the sandbox, drawn from sample views, in both languages and both colour
// schemes, at the sizes people have: for people to look at. Only a browser runs.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { samplePages } from '../src/edges/checkout/pages/sample-views.ts';
import { sandboxSamplePages } from '../src/edges/sandbox/sample-views.ts';
import type { Locale } from '../src/ground/terms.ts';

const address = 'http://pay.test/';

/** `zoomed` is what 200 % makes of a window of 1440 × 900; a watch has 195. */
const sizes: Record<string, BrowserContextOptions> = {
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1440, height: 900 } },
  small: { viewport: { width: 320, height: 568 }, isMobile: true, hasTouch: true },
  watch: { viewport: { width: 195, height: 422 }, isMobile: true, hasTouch: true },
  zoomed: { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 },
};

export type SampleChoice = {
  /** Names of sizes; all when empty. */
  sizes: string[];
  /** Pages whose name holds one of these texts; all when empty. */
  pages: string[];
};

/**
 * Writes `DIR/size-language-scheme/page.png` and one `sheet` beside each folder with all its pages; returns how many
 * pictures there are.
 */
export async function takeSamples(
  launch: () => Promise<Browser>,
  dir: string,
  choice: SampleChoice,
): Promise<number> {
  let taken = 0;
  for (const [size, device] of Object.entries(sizes)) {
    if (choice.sizes.length > 0 && !choice.sizes.includes(size)) continue;
    for (const locale of ['vi', 'en'] as const) {
      const pages = chosenPages(locale, choice.pages);
      for (const colorScheme of ['light', 'dark'] as const) {
        const path = join(dir, `${size}-${locale}-${colorScheme}`);
        // A browser each: after closing a context the packaged one takes no more pictures.
        const browser = await launch();
        const pictures = await takeAll(browser, { ...device, colorScheme }, pages, path);
        await takeSheet(browser, pictures, `${path}.png`);
        await browser.close();
        taken += pictures.size;
      }
    }
  }
  return taken;
}

function chosenPages(locale: Locale, wanted: string[]): [string, string][] {
  const all = { ...samplePages(locale), ...sandboxSamplePages(locale) };
  return Object.entries(all).filter(
    ([name]) => wanted.length === 0 || wanted.some((text) => name.includes(text)),
  );
}

async function takeAll(
  browser: Browser,
  look: BrowserContextOptions,
  pages: [string, string][],
  dir: string,
): Promise<Map<string, Buffer>> {
  await mkdir(dir, { recursive: true });
  const context = await browser.newContext({ ...look, javaScriptEnabled: false });
  const pictures = new Map<string, Buffer>();
  const page = await context.newPage();
  for (const [name, markup] of pages) {
    await page.route(address, (route) =>
      route.fulfill({ contentType: 'text/html; charset=utf-8', body: markup }),
    );
    await page.goto(address);
    pictures.set(name, await page.screenshot({ path: join(dir, `${name}.png`) }));
    await page.unroute(address);
  }
  return pictures;
}

async function takeSheet(browser: Browser, pictures: Map<string, Buffer>, path: string): Promise<void> {
  const figures = [...pictures].map(
    ([name, png]) =>
      `<figure><img src="data:image/png;base64,${png.toString('base64')}"><figcaption>${name}</figcaption></figure>`,
  );
  const page = await browser.newPage({ viewport: { width: 1640, height: 900 } });
  await page.setContent(
    `<style>body{display:flex;flex-wrap:wrap;gap:8px;background:#888;font:14px sans-serif}
    figure{margin:0}img{display:block;max-height:844px;max-width:800px}</style>${figures.join('')}`,
  );
  await writeFile(path, await page.screenshot({ fullPage: true }));
}
