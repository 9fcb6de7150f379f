// The shop as a gateway and a buyer meet it: over HTTP, against a small gateway in this file that signs by itself.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, createHmac, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ShopOrder } from './order-book.ts';
import { startShop } from './shop.ts';
import { parseShopSettings } from './shop-settings.ts';
import { sealV2 } from './vipay-v2.ts';

const gatewayKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const merchantKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const privatePem = merchantKeys.privateKey.export({ type: 'pkcs8', format: 'pem' });
const publicPem = gatewayKeys.publicKey.export({ type: 'spki', format: 'pem' });
const webhookSecret = `whsec_${Buffer.from('webhook secret').toString('base64')}`;
const sites = [
  { merchant_site: 'shop_v1', protocol: 'classic-v1', access_code: '3685', secret: 'xxxxxx' },
  {
    ...{ merchant_site: 'shop_v2', protocol: 'classic-v2', access_code: '3686' },
    ...{ merchantPrivateKey: privatePem, gatewayPublicKey: publicPem },
  },
  { merchant_site: 'shop_rest', protocol: 'rest', apiKey: 'sk_sandbox_1', webhookSecret },
];

type Shop = Awaited<ReturnType<typeof openShop>>;

/** A shop and a gateway; `gateway.refuse` makes it say no, `gateway.status` is what it answers of an order. */
async function openShop(t: TestContext, dataFile: string | null = null) {
  const clock = { at: new Date('2026-11-23T03:00:00Z') };
  const gateway = { refuse: 0, status: 'open', url: '', asked: [] as string[], shown: null as object | null };
  const server = createServer(async (request, response) => {
    gateway.asked.push(`${request.method} ${request.url}`);
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    if (gateway.refuse) {
      response.writeHead(gateway.refuse);
      return response.end(JSON.stringify({ detail: 'no <b>', code: '04', trace_id: 'tr1' }));
    }
    const given = parts.length > 0 ? JSON.parse(Buffer.concat(parts).toString('utf8')) : {};
    if (request.url === '/v3/orders') gateway.shown = given;
    if (request.url?.endsWith('/cancel')) gateway.status = 'cancelled';
    const order = { ...gateway.shown, currency: 'VND', ...restResult(gateway.status) };
    response.writeHead(200).end(JSON.stringify({ ...order, checkout_url: `${gateway.url}/checkout/token` }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  gateway.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = { publicUrl: `${gateway.url}/shop/`, gatewayUrl: gateway.url, sites };
  const shop = await startShop(parseShopSettings(config, dataFile), () => clock.at);
  t.after(async () => {
    await shop.close();
    server.closeAllConnections();
    server.close();
  });
  const address = `http://127.0.0.1:${shop.port}/shop`;
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${address}${path}`, { redirect: 'manual', ...init });
  const buy = async (protocol: string, product = 'sen-nau', lang = 'vi') => {
    const response = await ask('/buy', {
      method: 'POST',
      body: new URLSearchParams({ protocol, product, lang }),
    });
    assert.equal(response.status, 303);
    const [order] = shop.book.list();
    assert.ok(order);
    return { order, location: response.headers.get('location') ?? '' };
  };
  return { ask, buy, clock, gateway, book: shop.book };
}

function restResult(status: string) {
  const code = { open: null, paid: '00', cancelled: '24', failed: '51', expired: '11' }[status] ?? null;
  return {
    id: 'ord_1',
    status,
    response_code: code,
    transaction_no: status === 'paid' ? '2611230003' : null,
  };
}

function classicFields(order: ShopOrder, changes: Record<string, string> = {}): Record<string, string> {
  return {
    merchant_site: order.protocol === 'classic-v1' ? 'shop_v1' : 'shop_v2',
    version: order.protocol === 'classic-v1' ? '1.0' : '2.0',
    locale: 'vn',
    merch_txn_ref: order.merchTxnRef,
    order_no: order.orderNo,
    total_amount: String(order.protocol === 'classic-v1' ? order.amountDong * 100n : order.amountDong),
    currency: 'VND',
    transaction_no: '2611230001',
    response_code: '00',
    message: 'Giao dịch thành công',
    pay_date: '20261123100000',
    ...changes,
  };
}

/** The result's query, signed as the gateway would, in either dialect. */
function classicQuery(order: ShopOrder, changes: Record<string, string> = {}): string {
  const fields = classicFields(order, changes);
  if (order.protocol === 'classic-v2') {
    const plaintext = Buffer.from(JSON.stringify(fields));
    const parts = sealV2(plaintext, gatewayKeys.privateKey, merchantKeys.publicKey);
    return new URLSearchParams({ merchant_site: 'shop_v2', ...parts }).toString();
  }
  const values = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = ['xxxxxx', ...values.map(([, value]) => value)].join('|');
  const secure_hash = createHash('sha256').update(text).digest('hex');
  return new URLSearchParams({ ...fields, secure_hash }).toString();
}

function hmac(text: string): string {
  return `v1,${createHmac('sha256', 'webhook secret').update(text).digest('base64')}`;
}

function webhook(shop: Shop, id: string, status: string, changes: object = {}): RequestInit {
  const order = {
    ...shop.gateway.shown,
    currency: 'VND',
    ...restResult(status),
    checkout_url: 'x',
    ...changes,
  };
  const body = JSON.stringify({
    type: `order.${status}`,
    timestamp: shop.clock.at.toISOString(),
    data: order,
  });
  const at = String(shop.clock.at.getTime() / 1000);
  return {
    ...{ method: 'POST', body },
    headers: {
      'content-type': 'application/json',
      ...{ 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': hmac(`${id}.${at}.${body}`) },
    },
  };
}

async function ipn(shop: Shop, protocol: string, query: string): Promise<string> {
  const response = await shop.ask(`/ipn/${protocol === 'classic-v1' ? 'v1' : 'v2'}?${query}`);
  assert.equal(response.status, 200);
  const answer = (await response.json()) as { RspCode: string; Message: string };
  assert.deepEqual(Object.keys(answer), ['RspCode', 'Message']);
  return answer.RspCode;
}

const classics = ['classic-v1', 'classic-v2'];

test('the shop shows its goods in both languages, and its policy lets the form lead to the gateway', async (t) => {
  const shop = await openShop(t);
  const response = await shop.ask('/');
  const page = await response.text();
  assert.match(page, /<html lang="vi">/);
  for (const text of ['45.000', '250.000', '5.200.000', 'classic-v1', 'classic-v2', 'rest']) {
    assert.ok(page.includes(text), text);
  }
  const policy = response.headers.get('content-security-policy') ?? '';
  assert.ok(policy.includes(`form-action 'self' ${shop.gateway.url}`));
  assert.doesNotMatch(page, /<script|style=|https?:\/\/(?!www\.w3\.org)/);
  assert.match(await (await shop.ask('?lang=en')).text(), /<html lang="en">/);
  assert.equal((await shop.ask('/nowhere')).status, 404);
  assert.equal((await shop.ask('/buy', { method: 'POST', body: 'product=none' })).status, 400);
});

test('buying leads to the gateway in each dialect, with a new reference each time', async (t) => {
  const shop = await openShop(t);
  const v1 = await shop.buy('classic-v1');
  assert.ok(v1.location.startsWith(`${shop.gateway.url}/vipay/ecommerce?`));
  const v2 = await shop.buy('classic-v2');
  assert.ok(v2.location.startsWith(`${shop.gateway.url}/vipay_v2/initpay?`));
  const rest = await shop.buy('rest', 'vuon-sen', 'en');
  assert.equal(rest.location, `${shop.gateway.url}/checkout/token`);
  assert.deepEqual(shop.gateway.shown, {
    ...{ merch_txn_ref: rest.order.merchTxnRef, order_no: rest.order.orderNo, amount: '5200000' },
    description: `Succulent garden (${rest.order.orderNo})`,
    ...{ return_url: `${shop.gateway.url}/shop/return/rest?lang=en`, locale: 'en' },
  });
  assert.equal(new Set(shop.book.list().map((order) => order.merchTxnRef)).size, 3);
});

for (const protocol of classics) {
  test(`${protocol}: each notification has its answer`, async (t) => {
    const shop = await openShop(t);
    const { order } = await shop.buy(protocol);
    const forged = new URLSearchParams(classicQuery(order));
    const sealed = protocol === 'classic-v1' ? 'secure_hash' : 'data';
    const value = forged.get(sealed) ?? '';
    // Another character than the one that is there.
    forged.set(sealed, `${value.startsWith('A') ? 'B' : 'A'}${value.slice(1)}`);
    assert.equal(await ipn(shop, protocol, classicQuery(order, { merch_txn_ref: 'SDX' })), '01');
    assert.equal(await ipn(shop, protocol, classicQuery(order, { total_amount: '4600000' })), '04');
    assert.equal(await ipn(shop, protocol, forged.toString()), '97');
    assert.equal(await ipn(shop, protocol, classicQuery(order, { response_code: '68' })), '99');
    assert.equal(order.state, 'waiting');
    assert.equal(await ipn(shop, protocol, classicQuery(order)), '00');
    assert.equal(order.state, 'paid');
    assert.equal(await ipn(shop, protocol, classicQuery(order)), '02');
    assert.equal(await ipn(shop, protocol, classicQuery(order, { response_code: '51' })), '99');
    assert.equal(order.state, 'paid');
    const failed = await shop.buy(protocol);
    assert.equal(await ipn(shop, protocol, classicQuery(failed.order, { response_code: '51' })), '00');
    assert.equal(failed.order.state, 'failed');
  });

  test(`${protocol}: two notifications at the same moment get one 00 and one 02`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'shop-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const shop = await openShop(t, join(folder, 'orders.json'));
    for (let round = 0; round < 5; round += 1) {
      const { order } = await shop.buy(protocol);
      const query = classicQuery(order);
      const answers = await Promise.all([ipn(shop, protocol, query), ipn(shop, protocol, query)]);
      assert.deepEqual(answers.sort(), ['00', '02']);
    }
  });

  test(`${protocol}: a signed return shows the buyer is back and proves nothing; the notification does`, async (t) => {
    const shop = await openShop(t);
    const { order } = await shop.buy(protocol);
    const path = protocol === 'classic-v1' ? '/return/v1' : '/return/v2';
    const back = await shop.ask(`${path}?${classicQuery(order)}`);
    assert.equal(back.status, 303);
    assert.ok(back.headers.get('location')?.endsWith(`/shop/orders/${order.id}?lang=vi`));
    const waiting = await shop.ask(`/orders/${order.id}`);
    assert.equal(waiting.headers.get('refresh'), '2');
    assert.match(await waiting.text(), /Đã quay về, đang chờ xác nhận/);
    assert.equal(order.state, 'waiting');
    assert.equal(await ipn(shop, protocol, classicQuery(order)), '00');
    const paid = await shop.ask(`/orders/${order.id}`);
    assert.equal(paid.headers.get('refresh'), null);
    assert.match(await paid.text(), /Đã thanh toán/);
  });

  test(`${protocol}: a notification before the return shows the result at once`, async (t) => {
    const shop = await openShop(t);
    const { order } = await shop.buy(protocol);
    await ipn(shop, protocol, classicQuery(order, { response_code: '24' }));
    const path = protocol === 'classic-v1' ? '/return/v1' : '/return/v2';
    assert.equal((await shop.ask(`${path}?${classicQuery(order, { response_code: '24' })}`)).status, 303);
    assert.match(await (await shop.ask(`/orders/${order.id}?lang=en`)).text(), /Cancelled/);
  });
}

test('a forged return is a warning with 400, and stands in the timeline as not believed', async (t) => {
  const shop = await openShop(t);
  const { order } = await shop.buy('classic-v1');
  const query = new URLSearchParams(classicQuery(order, { response_code: '24' }));
  query.set('response_code', '00');
  query.set('message', '<script>alert(1)</script>');
  const response = await shop.ask(`/return/v1?${query}`);
  assert.equal(response.status, 400);
  assert.match(await response.text(), /Kết quả này không đáng tin/);
  assert.equal(order.state, 'waiting');
  assert.equal(order.returnedAt, null);
  const page = await (await shop.ask(`/orders/${order.id}`)).text();
  assert.match(page, /Chữ ký sai/);
  assert.doesNotMatch(page, /<script>/);
  for (const route of ['v1', 'v2', 'rest']) assert.equal((await shop.ask(`/return/${route}`)).status, 400);
});

test('sixty forged notifications push nothing proven out of the timeline', async (t) => {
  const shop = await openShop(t);
  const { order } = await shop.buy('classic-v1');
  const forge = `merch_txn_ref=${order.merchTxnRef}&secure_hash=0`;
  for (let count = 0; count < 60; count += 1) await ipn(shop, 'classic-v1', forge);
  await ipn(shop, 'classic-v1', classicQuery(order));
  assert.equal(order.events.length, 40);
  assert.equal(order.events.at(0)?.what, 'created');
  assert.equal(order.events.at(-1)?.signature, 'valid');
});

test('webhooks: 204 once and for a repeat, 401 forged, 404 unknown, 422 wrong amount, 409 a contradiction', async (t) => {
  const shop = await openShop(t);
  const { order } = await shop.buy('rest');
  const send = async (init: RequestInit) => (await shop.ask('/webhook', init)).status;
  assert.equal(await send(webhook(shop, 'whk_1', 'paid', { merch_txn_ref: 'SDX' })), 404);
  assert.equal(await send(webhook(shop, 'whk_2', 'paid', { amount: '1' })), 422);
  const forged = webhook(shop, 'whk_3', 'paid');
  assert.equal(await send({ ...forged, body: `${forged.body} ` }), 401);
  assert.equal(order.state, 'waiting');
  const twice = await Promise.all([1, 2].map(() => send(webhook(shop, 'whk_4', 'paid'))));
  assert.deepEqual(twice, [204, 204]);
  assert.equal(order.state, 'paid');
  assert.equal(await send(webhook(shop, 'whk_5', 'paid')), 204);
  assert.equal(await send(webhook(shop, 'whk_6', 'failed')), 409);
  assert.equal(order.state, 'paid');
  assert.equal(await send({ method: 'POST', body: 'x'.repeat(70_000) }), 413);
});

test('a REST return proves nothing; after five silent seconds the shop asks, and believes the answer', async (t) => {
  const shop = await openShop(t);
  const { order } = await shop.buy('rest');
  const payload = `merch_txn_ref=${order.merchTxnRef}&order_id=ord_1&response_code=00&status=paid`;
  const query = `${payload}&timestamp=1&signature=${encodeURIComponent(hmac(`ord_1.1.${payload}`))}`;
  assert.equal((await shop.ask(`/return/rest?${query}`)).status, 303);
  shop.gateway.status = 'paid';
  assert.match(await (await shop.ask(`/orders/${order.id}`)).text(), /đang chờ xác nhận/);
  shop.clock.at = new Date(shop.clock.at.getTime() + 5_000);
  assert.match(await (await shop.ask(`/orders/${order.id}`)).text(), /Đã thanh toán/);
  assert.deepEqual(shop.gateway.asked.slice(1), ['GET /v3/orders/ord_1']);
  assert.equal((await shop.ask('/webhook', webhook(shop, 'whk_1', 'paid'))).status, 204);
  const { orders } = (await (await shop.ask('/orders.json')).json()) as { orders: { state: string }[] };
  assert.equal(orders[0]?.state, 'paid');
});

test('a buyer cancels at the shop and the order ends as cancelled', async (t) => {
  const shop = await openShop(t);
  const { order } = await shop.buy('rest');
  const response = await shop.ask(`/orders/${order.id}/cancel`, { method: 'POST', body: 'lang=en' });
  assert.equal(response.status, 303);
  assert.equal(order.state, 'cancelled');
});

test('an order the gateway refuses has failed; one it did not answer is still open to its webhook', async (t) => {
  const shop = await openShop(t);
  shop.gateway.refuse = 403;
  const refused = await shop.buy('rest');
  assert.match(refused.location, /\/shop\/orders\//);
  assert.equal(refused.order.state, 'failed');
  assert.match(await (await shop.ask(`/orders/${refused.order.id}`)).text(), /403 no &#60;b&#62;/);
  shop.gateway.refuse = 503;
  const { order } = await shop.buy('rest');
  assert.equal(order.state, 'waiting');
  assert.match(await (await shop.ask(`/orders/${order.id}`)).text(), /Chưa mở được trang thanh toán/);
  const words = { merch_txn_ref: order.merchTxnRef, order_no: order.orderNo, amount: '45000' };
  assert.equal((await shop.ask('/webhook', webhook(shop, 'whk_1', 'expired', words))).status, 204);
  assert.equal(order.state, 'expired');
});

test('orders survive a restart, and a repeated notification is still a repeat', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'shop-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'orders.json');
  const before = await openShop(t, file);
  const { order } = await before.buy('classic-v1');
  assert.equal(await ipn(before, 'classic-v1', classicQuery(order)), '00');
  const after = await openShop(t, file);
  assert.deepEqual(after.book.find(order.id), order);
  assert.equal(await ipn(after, 'classic-v1', classicQuery(order)), '02');
});

test("how a site's results are told is read in the words the gateway prints, and its faults are told", () => {
  const read = (told: object) =>
    parseShopSettings(
      {
        publicUrl: 'http://a/shop',
        gatewayUrl: 'http://a',
        sites: sites.map((site) => ({ ...site, ...told })),
      },
      null,
    ).sites;
  const own = read({
    result_names: 'prefixed',
    result_amount: 'as_received',
    result_codes: { '24': 'PAY-0028' },
  });
  assert.deepEqual(
    [own['classic-v1']?.resultPrefix, own['classic-v2']?.resultPrefix, own.rest?.resultPrefix],
    ['vipay_', 'vipay_', 'vipay_'],
  );
  assert.equal(own['classic-v2']?.resultAmount, 'as_received');
  assert.deepEqual(own['classic-v1']?.resultCodes, { '24': 'PAY-0028' });
  assert.equal(read({})['classic-v2']?.resultPrefix, undefined);
  for (const [wrong, name] of [
    [{ result_names: 'x' }, /result_names/],
    [{ result_amount: 'x' }, /result_amount/],
    [{ result_codes: { '24': 1 } }, /result_codes/],
  ] as const) {
    assert.throws(() => read(wrong), name);
  }
});

test('faults of the settings are all told at once', () => {
  const broken = { port: -1, publicUrl: 'shop', gatewayUrl: 'ftp://x', sites: [{ protocol: 'v9' }] };
  assert.throws(
    () => parseShopSettings(broken, null),
    (error: Error) =>
      ['port', 'publicUrl', 'gatewayUrl', 'sites[0].merchant_site', 'sites[0].protocol'].every((name) =>
        error.message.includes(name),
      ),
  );
});

for (const how of ['its starter is gone', 'it is told to']) {
  test(`the program prints its port and ends when ${how}`, { timeout: 20_000 }, async () => {
    const config = { publicUrl: 'http://localhost:1/shop', gatewayUrl: 'http://localhost:1', sites };
    const program = spawn(process.execPath, [new URL('./shop.ts', import.meta.url).pathname], {
      env: { VIPAY_SHOP_CONFIG: JSON.stringify(config) },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [line] = (await once(program.stdout, 'data')) as [Buffer];
    const { listening } = JSON.parse(line.toString('utf8')) as { listening: number };
    assert.equal((await fetch(`http://127.0.0.1:${listening}/shop/`)).status, 200);
    if (how === 'it is told to') program.kill('SIGTERM');
    else program.stdin.end();
    const [code] = await once(program, 'exit');
    assert.equal(code, 0);
  });
}
