// What a browser says about a page that it shows. The expressions run in the page, so they are text here.

import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

/** Elements that reach out of the window to the right, and fields, amounts and buttons whose words do not fit them. */
export function findCut(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`
    [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
      .concat([...document.querySelectorAll('input,.amount,.button')]
        .filter((element) => element.scrollWidth > element.clientWidth + 1))
      .map((element) => element.tagName + '.' + element.className)`);
}

export type TextSize = { isAmount: boolean; px: number; text: string };

/** The size of every text on the page. */
export function readTextSizes(page: Page): Promise<TextSize[]> {
  return page.evaluate<TextSize[]>(`
    [...document.querySelectorAll('body *:not(script)')]
      .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.nodeValue.trim()))
      .map((element) => ({
        isAmount: element.matches('.amount'),
        px: parseFloat(getComputedStyle(element).fontSize),
        text: element.textContent.slice(0, 40),
      }))`);
}

/** What can be pressed, is seen, and is lower than `px`. Links within a sentence are as high as the sentence. */
export function findLow(page: Page, px: number): Promise<string[]> {
  return page.evaluate<string[]>(`
    [...document.querySelectorAll('button,input:not([type=hidden]),summary,header a,footer a,a.button')]
      .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < ${px})
      .map((element) => element.outerHTML.slice(0, 80))`);
}

/** The name or the tag of what has the focus, and how wide the ring around it is. */
export function readFocus(page: Page): Promise<{ name: string; ring: string }> {
  return page.evaluate<{ name: string; ring: string }>(`({
    name: document.activeElement.getAttribute('name') ?? document.activeElement.tagName,
    ring: getComputedStyle(document.activeElement).outlineWidth,
  })`);
}

export async function bottomOf(page: Page, selector: string): Promise<number> {
  const box = await page.locator(selector).first().boundingBox();
  return box === null ? Number.POSITIVE_INFINITY : box.y + box.height;
}

/** Fails when the text of an element has less than 4.5:1 against what is behind it (WCAG 2.2, 1.4.3). */
export async function assertRead(page: Page, selector: string, when: string): Promise<void> {
  const { text, back } = await page.evaluate<{ text: string; back: string }>(`(() => {
    const element = document.querySelector('${selector}');
    let behind = element;
    const colour = () => getComputedStyle(behind).backgroundColor;
    while (/, 0\\)$/.test(colour()) && behind.parentElement) behind = behind.parentElement;
    return { text: getComputedStyle(element).color, back: colour() };
  })()`);
  const [light = 0, dark = 0] = [luminance(text), luminance(back)].sort((one, other) => other - one);
  const ratio = (light + 0.05) / (dark + 0.05);
  assert.ok(ratio >= 4.5, `${when}: ${ratio.toFixed(2)}:1, ${text} on ${back}`);
}

/** Relative luminance (WCAG 2.2) of a computed colour such as `rgb(29, 78, 216)`. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((value) => {
    const part = Number(value) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
