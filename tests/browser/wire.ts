// Records the requests and answers of a browser: no request may leave the gateway's origin, no page of the
// checkout may be larger than one initial congestion window, and no page may cause an error in the browser.

import assert from 'node:assert/strict';
import type { BrowserContext, Request } from 'playwright-core';

/** Headers and body of each page of the checkout. */
export const checkoutBytesMax = 14 * 1024;

export type Wire = {
  /** Largest page of the checkout so far: bytes of headers and body. */
  largest(): Promise<{ bytes: number; address: string }>;
  /** Fails when anything was asked of another origin, a page was too large, or the browser complained. */
  assertClean(): Promise<void>;
};

type Size = { bytes: number; address: string };

export function watchWire(context: BrowserContext, origin: string): Wire {
  const strangers: string[] = [];
  const complaints: string[] = [];
  const sizes: Promise<Size | null>[] = [];
  context.on('request', (request) => {
    if (!isOfOrigin(request.url(), origin)) strangers.push(request.url());
  });
  context.on('requestfinished', (request) => {
    if (new URL(request.url()).pathname.startsWith('/checkout/')) sizes.push(measure(request));
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    // The browser also notes every answer of 4xx and 5xx and broken connections; tests that cause those see to them.
    const expected = /^Failed to load resource/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !expected) complaints.push(message.text());
  });

  const largest = async () => {
    const known = (await Promise.all(sizes)).filter((size) => size !== null);
    return known.reduce((most, size) => (size.bytes > most.bytes ? size : most), { bytes: 0, address: '' });
  };
  return {
    largest,
    async assertClean() {
      assert.deepEqual(strangers, [], 'asked of another origin');
      assert.deepEqual(complaints, [], 'the browser complained');
      const { bytes, address } = await largest();
      assert.ok(bytes <= checkoutBytesMax, `${address} has ${bytes} bytes on the wire`);
    },
  };
}

function isOfOrigin(address: string, origin: string): boolean {
  const url = new URL(address);
  return url.origin === origin || url.protocol === 'data:' || address === 'about:blank';
}

/** Null when the page went away before it could be measured, as after a double click. */
async function measure(request: Request): Promise<Size | null> {
  try {
    const sizes = await request.sizes();
    return { bytes: sizes.responseHeadersSize + sizes.responseBodySize, address: request.url() };
  } catch {
    return null;
  }
}
