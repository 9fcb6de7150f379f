// The sample shop, a program of its own: `node shop.ts` with VIPAY_SHOP_CONFIG set (see README.md). It prints one
// line of JSON, {"listening": port}, when it is ready, and stops on SIGTERM or when the pipe on its stdin closes
// (a program that started it is gone).

import { fstatSync, realpathSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { openOrderBook } from './order-book.ts';
import { contentSecurityPolicy, messagePage } from './pages.ts';
import { type Answer, buildRoutes, localeOf } from './shop-routes.ts';
import { readShopSettings, type ShopSettings } from './shop-settings.ts';
import { words } from './words.ts';

/** Starts the shop; resolves when it listens. `now` is the clock of every decision. */
export async function startShop(settings: ShopSettings, now: () => Date = () => new Date()) {
  const book = openOrderBook(settings.dataFile, now);
  const answer = buildRoutes(settings, book, now);
  const server = createServer(
    { requestTimeout: 10_000, keepAliveTimeout: 5_000 },
    async (incoming, outgoing) => {
      const url = incoming.url ?? '/';
      const mark = url.indexOf('?');
      const path = mark < 0 ? url : url.slice(0, mark);
      const query = mark < 0 ? '' : url.slice(mark + 1);
      let result: Answer;
      try {
        result = await answer({ method: incoming.method ?? 'GET', path, query, incoming });
      } catch (error) {
        console.error(error);
        const look = {
          prefix: new URL(settings.publicUrl).pathname.replace(/\/$/, ''),
          locale: localeOf(query),
        };
        result = {
          status: 500,
          html: messagePage(look, words.broken[look.locale], words.brokenText[look.locale]),
        };
      }
      send(outgoing, result, settings.gatewayUrl);
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, settings.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await book.saved();
  };
  return { port, close, book };
}

function send(outgoing: ServerResponse, answer: Answer, gatewayUrl: string) {
  const headers: Record<string, string> = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': contentSecurityPolicy(gatewayUrl),
    ...answer.headers,
  };
  if (answer.html) headers['content-type'] = 'text/html; charset=utf-8';
  if (answer.json !== undefined) headers['content-type'] = 'application/json; charset=utf-8';
  const body = answer.html ? answer.html.text : answer.json !== undefined ? JSON.stringify(answer.json) : '';
  outgoing.writeHead(answer.status, headers).end(body);
}

async function main() {
  const shop = await startShop(readShopSettings(process.env));
  const stop = () => void shop.close().finally(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // A pipe on stdin belongs to whoever started us; a terminal or /dev/null does not.
  const stdin = fstatSync(0);
  if (stdin.isFIFO() || stdin.isSocket()) process.stdin.once('close', stop).resume();
  console.log(JSON.stringify({ listening: shop.port }));
}

// `import.meta.main` says the same from Node.js 24 on.
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
}
