import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { listen } from '../../../tests/support/merchant-endpoint.ts';
import type { Context } from '../../ground/context.ts';
import { createServer as createGatewayServer } from '../../ground/http/index.ts';
import { createLogger } from '../../ground/log/index.ts';
import { systemClock } from '../../ground/time/index.ts';
import { errorPage } from '../checkout/pages/index.ts';
import { registerShopProxy } from './shop-proxy.ts';

type Heard = { method: string; url: string; headers: IncomingHttpHeaders; body: string };

const heard: Heard[] = [];
let shop: Awaited<ReturnType<typeof listen>>;
let app: FastifyInstance;
let gatewayPort: number;
let shopUrl: string | null;

before(async () => {
  shop = await listen(
    createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = '', url = '', headers } = request;
      heard.push({ method, url, headers, body: Buffer.concat(chunks).toString('latin1') });
      if (url.endsWith('/breaks')) return response.destroy();
      response.writeHead(url.endsWith('/moved') ? 303 : 200, {
        ...{ 'content-type': 'text/plain', 'content-security-policy': "default-src 'none'", refresh: '2' },
        ...{ location: '/shop/elsewhere?a=%20b', 'set-cookie': 'shop=1' },
      });
      response.end('here');
    }),
  );
  shopUrl = `http://127.0.0.1:${shop.port}`;
  const context: Pick<Context, 'clock' | 'log' | 'publicUrl'> = {
    clock: systemClock,
    log: createLogger('silent'),
    publicUrl: 'http://localhost:8080',
  };
  app = createGatewayServer({ context, errorPage });
  registerShopProxy(app, () => shopUrl);
  await app.listen({ port: 0, host: '127.0.0.1' });
  gatewayPort = (app.server.address() as AddressInfo).port;
});

after(async () => {
  await app.close();
  await shop.close();
});

/** Sends these bytes and returns all that comes back; an HTTP client would tidy the address up. */
function sendBytes(text: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(gatewayPort, '127.0.0.1', () => socket.write(Buffer.from(text, 'latin1')));
  let answer = '';
  socket.on('data', (bytes) => {
    answer += bytes.toString('latin1');
  });
  socket.on('close', () => resolve(answer)).on('error', reject);
  return promise;
}

const last = () => {
  const request = heard.at(-1);
  assert.ok(request);
  return request;
};

const rawQueries = [
  'b=2&a=1&a=2&empty=&flag',
  'text=%C4%90%C6%A1n+h%c3%a0ng&plus=a%2Bb+c',
  'percent=100%&half=%4&quote=%27\'"<>',
  'again=?x=1?y=2&slash=/../..//&hash=%23',
];

for (const query of rawQueries) {
  test(`the query reaches the shop byte by byte: ${query.slice(0, 30)}`, async () => {
    const answer = await sendBytes(
      `GET /shop/ipn/v1?${query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.equal(last().url, `/shop/ipn/v1?${query}`);
  });
}

for (const [type, body] of [
  ['application/x-www-form-urlencoded', 'b=2&a=1+%C4%91&a=2&x=%zz'],
  ['application/x-www-form-urlencoded; charset=utf-8', 'a=1'],
  ['application/json', '{ "a" : 1,\n"a": 2 }'],
  ['application/json', 'no json at all'],
  ['application/octet-stream', '\u0000\u00ff\u0080'],
] as const) {
  test(`a body of ${type} reaches the shop byte by byte: ${JSON.stringify(body).slice(0, 24)}`, async () => {
    const response = await fetch(`http://127.0.0.1:${gatewayPort}/shop/webhook`, {
      method: 'POST',
      headers: { 'content-type': type, 'webhook-id': 'ntf_1' },
      body: Buffer.from(body, 'latin1'),
    });
    assert.equal(response.status, 200);
    const { method, body: received, headers } = last();
    assert.deepEqual([method, received, headers['content-type']], ['POST', body, type]);
    assert.equal(headers['webhook-id'], 'ntf_1');
  });
}

test('the shop hears who asked, and none of our cookies or keys', async () => {
  await sendBytes(
    [
      'GET /shop/ HTTP/1.1',
      'Host: pay.example:8443',
      'Cookie: vipay_session=secret; theme=dark',
      'Authorization: Bearer sk_sandbox_secret',
      'X-Forwarded-For: 203.0.113.9',
      'Content-Length: 2',
      'Expect: 100-continue',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA',
      'Connection: close, HTTP2-Settings',
      '\r\nhi',
    ].join('\r\n'),
  );
  const { headers, url } = last();
  assert.equal(url, '/shop/');
  for (const name of ['cookie', 'authorization', 'upgrade', 'http2-settings', 'content-length']) {
    assert.equal(headers[name], undefined, name);
  }
  assert.equal(headers['x-forwarded-for'], '127.0.0.1');
  assert.equal(headers['x-forwarded-host'], 'pay.example:8443');
  assert.equal(headers['x-forwarded-proto'], 'http');
});

test("the shop's headers reach the buyer, cookies excepted", async () => {
  const response = await app.inject('/shop/moved');
  assert.equal(response.statusCode, 303);
  assert.equal(response.headers.location, '/shop/elsewhere?a=%20b');
  assert.equal(response.headers['content-security-policy'], "default-src 'none'");
  assert.equal(response.headers.refresh, '2');
  assert.equal(response.headers['set-cookie'], undefined);
  assert.equal(response.body, 'here');
});

test('the bare address is the shop too, and its neighbours are not', async () => {
  assert.equal((await app.inject('/shop')).statusCode, 200);
  assert.equal(last().url, '/shop');
  const count = heard.length;
  for (const path of ['/shopping', '/Shop', '/shop/../healthz', '/shop/..%2f..%2fetc', '/shop/%zz']) {
    const { statusCode } = await app.inject(path);
    assert.ok(statusCode === 404 || statusCode === 400, `${path}: ${statusCode}`);
  }
  assert.equal(heard.length, count);
});

test('a method the shop has no use for is answered 405', async () => {
  const response = await app.inject({ method: 'DELETE', url: '/shop/orders' });
  assert.equal(response.statusCode, 405);
  assert.equal(response.headers.allow, 'GET, HEAD, POST');
});

test('a shop that is away is said so, in both languages, and asked for again', async () => {
  const former = shopUrl;
  shopUrl = null;
  try {
    const vietnamese = await app.inject('/shop/');
    assert.equal(vietnamese.statusCode, 503);
    assert.match(vietnamese.body, /Cửa hàng mẫu đang khởi động lại/);
    assert.equal(vietnamese.headers.refresh, '3');
    assert.equal(vietnamese.headers['retry-after'], '3');
    assert.match((await app.inject('/shop/?lang=en')).body, /The demo shop is starting again/);
    const sent = await app.inject({
      method: 'POST',
      url: '/shop/buy',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'a=1',
    });
    assert.equal(sent.statusCode, 503);
    assert.equal(sent.headers.refresh, undefined);
  } finally {
    shopUrl = former;
  }
});

test('a shop that breaks off is answered 502, and what was sent is not sent again', async () => {
  const count = heard.length;
  const response = await app.inject({ method: 'POST', url: '/shop/breaks', payload: 'a=1' });
  assert.equal(response.statusCode, 502);
  assert.match(response.body, /Mở lại cửa hàng/);
  assert.equal(heard.length, count + 1);
});
