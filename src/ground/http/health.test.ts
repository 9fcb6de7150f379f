import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { createMetricsApp } from '../../app.ts';
import { errorPage } from '../../edges/checkout/pages/index.ts';
import { watchDatabase } from '../database/index.ts';
import { createLogger } from '../log/index.ts';
import { registerHealth } from './health.ts';
import { registerMetrics } from './metrics-route.ts';
import { createServer } from './server.ts';

const { db, drop } = await createTestDatabase();
const watch = watchDatabase(db.url);
after(async () => {
  await watch.stop();
  await drop();
});
let stopping = false;

function createApp(trustProxy: boolean) {
  const context = {
    clock: { now: () => new Date() },
    log: createLogger('silent'),
    publicUrl: 'http://pay.test',
  };
  const app = createServer({ context, errorPage, trustProxy });
  registerHealth(app, { watch, isStopping: () => stopping });
  app.get('/checkout/:token', async () => 'x');
  return app;
}

test('healthz answers, readyz asks the database and says no while stopping', async () => {
  const app = createApp(false);
  assert.equal((await app.inject({ url: '/healthz' })).statusCode, 200);
  assert.deepEqual((await app.inject({ url: '/readyz' })).json(), { status: 'ready' });
  stopping = true;
  assert.equal((await app.inject({ url: '/readyz' })).statusCode, 503);
  stopping = false;
  await app.close();
});

test('metrics count requests by route, never by address', async () => {
  const app = createApp(false);
  registerMetrics(app, 'http://pay.test', 'open');
  await app.inject({ url: '/checkout/secret-token' });
  const shown = await app.inject({ url: '/metrics' });
  assert.equal(shown.statusCode, 200);
  assert.match(
    shown.body,
    /vipay_http_requests_total\{method="GET",route="\/checkout\/:token",status="200"\} [1-9]/,
  );
  assert.doesNotMatch(shown.body, /secret-token/);
  await app.close();
});

test('without a token metrics are shown to this machine, on a gateway that is this machine, past no proxy', async () => {
  const local = createApp(true);
  registerMetrics(local, 'http://localhost:8080', 'local');
  const ask = (headers: Record<string, string> = {}, remoteAddress = '127.0.0.1') =>
    local.inject({ url: '/metrics', remoteAddress, headers: { host: 'localhost:8080', ...headers } });
  assert.equal((await ask()).statusCode, 200);
  assert.equal((await ask({}, '::1')).statusCode, 200);
  assert.equal((await ask({}, '::ffff:127.0.0.1')).statusCode, 200);
  for (const forwarded of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via']) {
    assert.equal((await ask({ [forwarded]: '127.0.0.1' })).statusCode, 404, forwarded);
  }
  assert.equal((await ask({ host: 'pay.example' })).statusCode, 404);
  for (const address of ['10.0.0.7', '203.0.113.9', 'fe80::1']) {
    assert.equal((await ask({}, address)).statusCode, 404, address);
  }
  await local.close();
  // Behind a proxy on this machine that sets no header and asks by this machine's name, everybody looks like it.
  const reached = createApp(false);
  registerMetrics(reached, 'https://pay.example', 'local');
  const headers = { host: '127.0.0.1:8080' };
  assert.equal((await reached.inject({ url: '/metrics', headers })).statusCode, 404);
  await reached.close();
});

test('with a token metrics are shown to whoever has it, from anywhere, and to nobody else', async () => {
  const app = createApp(false);
  registerMetrics(app, 'https://pay.example', { token: 'a-token-of-the-operator' });
  const ask = (authorization?: string) =>
    app.inject({
      url: '/metrics',
      remoteAddress: '203.0.113.9',
      headers: authorization === undefined ? {} : { authorization },
    });
  assert.equal((await ask('Bearer a-token-of-the-operator')).statusCode, 200);
  for (const wrong of [undefined, '', 'Bearer', 'Bearer a-token-of-the-operato', 'a-token-of-the-operator']) {
    const refused = await ask(wrong);
    assert.equal(refused.statusCode, 401, wrong);
    assert.match(String(refused.headers['www-authenticate']), /^Bearer/);
    assert.doesNotMatch(refused.body, /vipay_http/);
  }
  await app.close();
});

test('with a port of their own metrics are not at the gateway’s, and that port has nothing else', async () => {
  const context = {
    clock: { now: () => new Date() },
    log: createLogger('silent'),
    publicUrl: 'http://localhost',
  };
  const main = createApp(false);
  registerMetrics(main, 'http://localhost', 'closed');
  assert.equal((await main.inject({ url: '/metrics' })).statusCode, 404);
  await main.close();
  const own = createMetricsApp(context, 'open');
  assert.equal((await own.inject({ url: '/metrics', remoteAddress: '10.0.0.7' })).statusCode, 200);
  for (const url of ['/', '/healthz', '/v3/orders', '/checkout/x'])
    assert.equal((await own.inject({ url })).statusCode, 404, url);
  await own.close();
});
