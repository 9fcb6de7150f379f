import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import https from 'node:https';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { listen, startMerchantEndpoint } from '../../../tests/support/merchant-endpoint.ts';
import fixture from './fixtures/shop-example-certificate.json' with { type: 'json' };
import { type CallOutcome, callMerchant, type MerchantCall } from './outgoing.ts';

const local = { allowLoopback: true, requireHttps: false };
const strict = { allowLoopback: false, requireHttps: false };
const get = (url: string, call: Partial<MerchantCall> = {}): Promise<CallOutcome> =>
  callMerchant(url, { method: 'GET', policy: local, timeoutMs: 5_000, ...call });

async function startAnswering(listener: http.RequestListener) {
  const server = http.createServer(listener);
  const { port, close } = await listen(server);
  after(close);
  return `http://127.0.0.1:${port}/notify`;
}

test('a call carries its method, headers and body, and brings status and body back', async () => {
  const endpoint = await startMerchantEndpoint((response) => {
    response.statusCode = 201;
    response.end('đã nhận');
  });
  after(endpoint.close);
  const outcome = await get(`${endpoint.url}?a=1`, {
    method: 'POST',
    headers: { 'x-viet': 'yes', 'content-type': 'application/json' },
    body: '{"tên":"Sen Đá"}',
  });
  assert.partialDeepStrictEqual(outcome, { outcome: 'answered', status: 201, body: 'đã nhận' });
  const [heard] = endpoint.heard;
  assert.partialDeepStrictEqual(heard, { method: 'POST', url: '/notify?a=1', body: '{"tên":"Sen Đá"}' });
  assert.equal(heard?.headers.host, `127.0.0.1:${endpoint.port}`);
  assert.equal(heard?.headers['x-viet'], 'yes');
  assert.equal(heard?.headers.connection, 'close', 'none is kept: a retry never meets a dead connection');
  assert.equal(heard?.headers['accept-encoding'], 'identity');
});

test('a redirect is an answer and is not followed', async () => {
  const goal = await startMerchantEndpoint((response) => response.end('reached'));
  after(goal.close);
  const url = await startAnswering((_request, response) =>
    response.writeHead(302, { location: goal.url }).end(),
  );
  assert.partialDeepStrictEqual(await get(url), { outcome: 'answered', status: 302, location: goal.url });
  assert.equal(goal.heard.length, 0);
});

test('an endpoint that never answers is given up at the deadline', async () => {
  const url = await startAnswering(() => undefined);
  const outcome = await get(url, { timeoutMs: 200 });
  assert.partialDeepStrictEqual(outcome, { outcome: 'timed_out', status: null });
  assert.ok(outcome.durationMs >= 195 && outcome.durationMs < 2_000, `${outcome.durationMs} ms`);
});

test('a body that drips one byte at a time does not outlive the deadline', async () => {
  const url = await startAnswering((_request, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(drip));
  });
  const outcome = await get(url, { timeoutMs: 300 });
  assert.partialDeepStrictEqual(outcome, { outcome: 'timed_out', status: 200 });
  assert.ok(outcome.durationMs < 2_000, `${outcome.durationMs} ms`);
});

test('headers that drip one byte at a time do not outlive the deadline', async () => {
  const url = await startAnswering((request) => {
    request.socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
    const drip = setInterval(() => request.socket.write('a'), 20);
    request.socket.on('close', () => clearInterval(drip));
  });
  assert.partialDeepStrictEqual(await get(url, { timeoutMs: 300 }), { outcome: 'timed_out', status: null });
});

test('an answer of 64 KiB is read, one byte more is too large, declared or not', async () => {
  const answerOf = (bytes: number, declared: boolean) =>
    startAnswering((_request, response) => {
      response.writeHead(200, declared ? { 'content-length': bytes } : {});
      response.end(Buffer.alloc(bytes, 'a'));
    });
  const whole = await get(await answerOf(65_536, false));
  assert.equal(whole.outcome === 'answered' && whole.body.length, 65_536);
  for (const declared of [true, false]) {
    const outcome = await get(await answerOf(65_537, declared));
    assert.partialDeepStrictEqual(outcome, { outcome: 'answer_too_large', status: 200 });
  }
});

test('an answer cut off, an answer that is no HTTP and a closed port are connection failures', async () => {
  const cut = await startAnswering((_request, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half');
    setTimeout(() => response.destroy(), 20);
  });
  assert.partialDeepStrictEqual(await get(cut), { outcome: 'connection_failed', status: 200 });
  const noise = await startAnswering((request) => void request.socket.end('SSH-2.0-x\r\n'));
  assert.partialDeepStrictEqual(await get(noise), { outcome: 'connection_failed' });
  const longHeaders = await startAnswering((_request, response) =>
    response.writeHead(200, { 'x-long': 'a'.repeat(20_000) }).end(),
  );
  assert.partialDeepStrictEqual(await get(longHeaders), { outcome: 'connection_failed' });
  const server = http.createServer();
  const { port, close } = await listen(server);
  await close();
  assert.partialDeepStrictEqual(await get(`http://127.0.0.1:${port}/`), { outcome: 'connection_failed' });
});

test('a name that resolves to an inner address is refused, and nothing is connected', async () => {
  const endpoint = await startMerchantEndpoint((response) => response.end());
  after(endpoint.close);
  const url = `http://shop.example:${endpoint.port}/notify`;
  const inner = ['127.0.0.1', '169.254.169.254', '10.0.0.1', '::ffff:127.0.0.1', '64:ff9b::7f00:1'];
  for (const address of inner) {
    const outcome = await get(url, { policy: strict, resolve: async () => [address] });
    assert.equal(outcome.outcome, 'address_refused', address);
  }
  assert.equal(endpoint.heard.length, 0);
  for (const literal of [`http://2130706433:${endpoint.port}/`, `http://localhost:${endpoint.port}/`]) {
    assert.equal((await get(literal, { policy: strict })).outcome, 'address_refused');
  }
  const metadata = await get('http://169.254.169.254/latest/meta-data/');
  assert.equal(metadata.outcome, 'address_refused', 'refused even where loopback is allowed');
});

test('a name is resolved once, and the connection goes to the address that was checked', async () => {
  const endpoint = await startMerchantEndpoint((response) => response.end('here'));
  after(endpoint.close);
  let lookups = 0;
  const resolve = async () => (++lookups === 1 ? ['127.0.0.1'] : ['10.0.0.1']);
  const outcome = await get(`http://shop.example:${endpoint.port}/`, { resolve });
  assert.partialDeepStrictEqual(outcome, { outcome: 'answered', body: 'here' });
  assert.equal(lookups, 1);
  assert.equal(endpoint.heard[0]?.headers.host, `shop.example:${endpoint.port}`);
});

test('among several addresses of a name only the allowed ones are tried', async () => {
  const endpoint = await startMerchantEndpoint((response) => response.end('here'));
  after(endpoint.close);
  const resolve = async () => ['10.0.0.1', '::1', '127.0.0.1'];
  const outcome = await get(`http://shop.example:${endpoint.port}/`, { resolve });
  assert.partialDeepStrictEqual(outcome, { outcome: 'answered', body: 'here' });
});

test('a name server that stays silent, fails, or knows no address ends within the deadline', async () => {
  const silent = await get('http://shop.example/', { timeoutMs: 100, resolve: () => new Promise(() => {}) });
  assert.equal(silent.outcome, 'timed_out');
  const failing = async () => {
    throw Object.assign(new Error('queryA ENOTFOUND shop.example'), { code: 'ENOTFOUND' });
  };
  const unknown = await get('http://shop.example/', { resolve: failing });
  assert.partialDeepStrictEqual(unknown, { outcome: 'connection_failed' });
  const empty = await get('http://shop.example/', { resolve: async () => [] });
  assert.equal(empty.outcome, 'connection_failed');
});

test('https is held to the name of the URL, not to the address, and to trusted certificates', async () => {
  const names: (string | false)[] = [];
  const { certificate, privateKey } = fixture;
  const server = https.createServer({ cert: certificate, key: privateKey }, (request, response) => {
    names.push((request.socket as unknown as { servername: string | false }).servername);
    response.end(request.headers.host);
  });
  const { port, close } = await listen(server);
  after(close);
  const call = {
    policy: { allowLoopback: true, requireHttps: true },
    resolve: async () => ['127.0.0.1'],
    trustedCertificates: certificate,
  };
  const good = await get(`https://shop.example:${port}/`, call);
  assert.partialDeepStrictEqual(good, { outcome: 'answered', body: `shop.example:${port}` });
  assert.deepEqual(names, ['shop.example']);
  const otherName = await get(`https://other.example:${port}/`, call);
  assert.partialDeepStrictEqual(otherName, { outcome: 'connection_failed', kind: 'certificate_name' });
  const { trustedCertificates: _unused, ...untrusted } = call;
  const selfSigned = await get(`https://shop.example:${port}/`, untrusted);
  assert.partialDeepStrictEqual(selfSigned, {
    outcome: 'connection_failed',
    kind: 'certificate_self_signed',
  });
  const plain = await get(`http://shop.example:${port}/`, call);
  assert.partialDeepStrictEqual(plain, { outcome: 'address_refused', detail: 'not https' });
});

test('proxy variables of the environment are not obeyed', async () => {
  const endpoint = await startMerchantEndpoint((response) => response.end('direct'));
  const proxy = await startMerchantEndpoint((response) => response.end('proxied'));
  after(endpoint.close);
  after(proxy.close);
  // Node reads these variables at its start, so the call is made by a process of its own.
  const script = `
    import { callMerchant } from ${JSON.stringify(new URL('./outgoing.ts', import.meta.url).href)};
    const policy = { allowLoopback: true, requireHttps: false };
    const outcome = await callMerchant(${JSON.stringify(endpoint.url)}, { method: 'GET', policy });
    console.log(outcome.body);`;
  const proxyUrl = new URL(proxy.url).origin;
  const proxies = { HTTP_PROXY: proxyUrl, http_proxy: proxyUrl, NODE_USE_ENV_PROXY: '1' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, ...proxies, NO_PROXY: '', no_proxy: '' },
  });
  assert.equal(stdout.trim(), 'direct');
  assert.equal(proxy.heard.length, 0);
});
