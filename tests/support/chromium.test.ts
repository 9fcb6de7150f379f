import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { launchBrowser } from './chromium.ts';

test('the browser runs on this machine and has every Vietnamese letter in its font', async () => {
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html; charset=utf-8').end('<p id="a">Thanh toán đơn hàng ₫</p>'),
  ).listen(0, '127.0.0.1');
  const browser = await launchBrowser();
  after(() => browser.close().finally(() => server.close()));
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  assert.equal(await page.textContent('#a'), 'Thanh toán đơn hàng ₫');
  // A letter missing from every font is drawn as the same box as a code point that no font has.
  const missing = await page.evaluate(() => {
    const { document } = globalThis as unknown as { document: { createElement(name: 'canvas'): Canvas } };
    type Canvas = {
      width: number;
      getContext(kind: '2d'): { font: string; fillText(text: string, x: number, y: number): void };
      toDataURL(): string;
    };
    const draw = (text: string) => {
      const canvas = document.createElement('canvas');
      const context = canvas.getContext('2d');
      context.font = '48px sans-serif';
      context.fillText(text, 10, 80);
      return canvas.toDataURL();
    };
    const box = draw('\u{10FFFD}');
    return [...'ăâđêôơưĂÂĐÊÔƠƯẮằẳẵặấầẩẫậếềểễệốồổỗộớờởỡợứừửữựỳỷỹỵ₫'].filter((letter) => draw(letter) === box);
  });
  assert.deepEqual(missing, []);
});
