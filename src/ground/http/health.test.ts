import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { errorPage } from '../../edges/checkout/pages/index.ts';
import { createLogger } from '../log/index.ts';
import { registerHealth } from './health.ts';
import { createServer } from './server.ts';

const { db, drop } = await createTestDatabase();
after(drop);
let stopping = false;

function createApp(trustProxy: boolean) {
  const context = {
    db,
    clock: { now: () => new Date() },
    log: createLogger('silent'),
    publicUrl: 'http://pay.test',
  };
  const app = createServer({ context, errorPage, trustProxy });
  registerHealth(app, context, { isStopping: () => stopping });
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

test('metrics count requests by route, never by address, and are shown to the own network only', async () => {
  const app = createApp(false);
  await app.inject({ url: '/checkout/secret-token' });
  const shown = await app.inject({ url: '/metrics' });
  assert.equal(shown.statusCode, 200);
  assert.match(
    shown.body,
    /vipay_http_requests_total\{method="GET",route="\/checkout\/:token",status="200"\} [1-9]/,
  );
  assert.doesNotMatch(shown.body, /secret-token/);
  const headers = { 'x-forwarded-for': '203.0.113.9' };
  assert.equal((await app.inject({ url: '/metrics', headers })).statusCode, 404);
  assert.equal((await app.inject({ url: '/metrics', remoteAddress: '203.0.113.9' })).statusCode, 404);
  await app.close();
  const behindProxy = createApp(true);
  assert.equal((await behindProxy.inject({ url: '/metrics', headers })).statusCode, 404);
  const inside = await behindProxy.inject({ url: '/metrics', headers: { 'x-forwarded-for': '10.0.0.7' } });
  assert.equal(inside.statusCode, 200);
  await behindProxy.close();
});
