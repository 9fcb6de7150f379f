import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import {
  cancelRestOrder,
  createRestOrder,
  getRestOrder,
  verifyRestReturn,
  verifyWebhook,
} from './vipay-rest.ts';

const webhookSecret = `whsec_${Buffer.from('a secret of twenty-four!').toString('base64')}`;
const now = new Date('2026-11-23T03:00:00Z');
const seconds = now.getTime() / 1000;
const order = {
  id: 'ord_1',
  merch_txn_ref: 'SD1',
  order_no: 'DH1',
  amount: '45000',
  currency: 'VND',
  status: 'paid',
  response_code: '00',
  transaction_no: '2611230003',
  checkout_url: 'http://localhost:8080/checkout/t',
};
const body = Buffer.from(JSON.stringify({ type: 'order.paid', timestamp: now.toISOString(), data: order }));

/** As the gateway signs, written apart from the code under test. */
function mac(text: string): string {
  return `v1,${createHmac('sha256', 'a secret of twenty-four!').update(text).digest('base64')}`;
}

function headers(at = seconds) {
  return {
    'webhook-id': 'whk_1',
    'webhook-timestamp': String(at),
    'webhook-signature': mac(`whk_1.${at}.${body.toString('utf8')}`),
  };
}

test('a signed webhook is believed, also among signatures of another secret', () => {
  assert.equal(verifyWebhook({ webhookSecret }, headers(), body, now)?.order.status, 'paid');
  const both = { ...headers(), 'webhook-signature': `v1,AAAA v1a,BBBB ${headers()['webhook-signature']}` };
  assert.ok(verifyWebhook({ webhookSecret }, both, body, now));
});

test('a webhook within five minutes is taken, one second more is not', () => {
  for (const at of [seconds - 300, seconds + 300]) {
    assert.ok(verifyWebhook({ webhookSecret }, headers(at), body, now));
  }
  for (const at of [seconds - 301, seconds + 301]) {
    assert.equal(verifyWebhook({ webhookSecret }, headers(at), body, now), null);
  }
});

test('a webhook with another id, body or signature, or with a header missing, is not believed', () => {
  const wrong = [
    { ...headers(), 'webhook-id': 'whk_2' },
    { ...headers(), 'webhook-timestamp': String(seconds + 1) },
    { ...headers(), 'webhook-signature': 'v1,' },
    { ...headers(), 'webhook-signature': undefined },
    {},
  ];
  for (const one of wrong) assert.equal(verifyWebhook({ webhookSecret }, one, body, now), null);
  const other = Buffer.from(body.toString('utf8').replace('45000', '45001'));
  assert.equal(verifyWebhook({ webhookSecret }, headers(), other, now), null);
});

test('a signed return is believed among own parameters; a changed or repeated field is not', () => {
  const payload = 'merch_txn_ref=SD1&order_id=ord_1&response_code=00&status=paid';
  const query = new URLSearchParams({
    lang: 'en',
    ...Object.fromEntries(new URLSearchParams(payload)),
    timestamp: String(seconds),
    signature: mac(`ord_1.${seconds}.${payload}`),
  });
  assert.equal(verifyRestReturn({ webhookSecret }, query.toString())?.status, 'paid');
  for (const name of ['merch_txn_ref', 'order_id', 'response_code', 'status', 'timestamp', 'signature']) {
    const changed = new URLSearchParams(query);
    changed.set(name, `${query.get(name)}1`);
    assert.equal(verifyRestReturn({ webhookSecret }, changed.toString()), null, name);
    assert.equal(verifyRestReturn({ webhookSecret }, `${query}&${name}=x`), null, `${name} behind`);
    assert.ok(verifyRestReturn({ webhookSecret }, `${name}=x&${query}`), `${name} before`);
    const prefixed = `${name}=x&${String(query).replace(/(^|&)/g, '$1vipay_')}&${name}=y`;
    assert.ok(verifyRestReturn({ webhookSecret, resultPrefix: 'vipay_' }, prefixed), `${name} prefixed`);
  }
});

test('a lost answer is asked for again under the same idempotency key', async (t) => {
  const seen: string[] = [];
  const site = await listen(t, (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['idempotency-key'] ?? '-'}`);
    assert.equal(request.headers.authorization, 'Bearer sk_sandbox_1');
    if (seen.length === 1) return void request.socket.destroy();
    if (seen.length === 2) return void response.writeHead(503).end();
    response.writeHead(201).end(JSON.stringify(order));
  });
  const words = {
    merch_txn_ref: 'SD1',
    order_no: 'DH1',
    amount: '45000',
    description: 'x',
    return_url: 'http://a/',
  };
  const answer = await createRestOrder(site, words, 'SD1');
  assert.ok(answer.ok);
  assert.deepEqual(seen, Array(3).fill('POST /v3/orders SD1'));
  assert.ok((await getRestOrder(site, 'ord_1')).ok);
  assert.ok((await cancelRestOrder(site, 'ord_1', 'c')).ok);
  assert.deepEqual(seen.slice(3), ['GET /v3/orders/ord_1 -', 'POST /v3/orders/ord_1/cancel c']);
});

test('a refusal is said once, with its code and trace', async (t) => {
  let calls = 0;
  const site = await listen(t, (_, response) => {
    calls += 1;
    response
      .writeHead(422)
      .end(JSON.stringify({ title: 'Malformed', detail: 'amount', code: '03', trace_id: 't1' }));
  });
  const answer = await getRestOrder(site, 'ord_1');
  assert.deepEqual(answer, {
    ok: false,
    refusal: { status: 422, code: '03', detail: 'amount', traceId: 't1' },
  });
  assert.equal(calls, 1);
});

test('a gateway that is not there is a refusal without a status', async () => {
  const site = { merchantSite: 's', apiKey: 'k', webhookSecret, gatewayUrl: 'http://127.0.0.1:1' };
  const answer = await getRestOrder(site, 'ord_1');
  assert.equal(answer.ok ? null : answer.refusal.status, 0);
});

async function listen(t: TestContext, handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const gatewayUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { merchantSite: 'shop_rest', apiKey: 'sk_sandbox_1', webhookSecret, gatewayUrl };
}
