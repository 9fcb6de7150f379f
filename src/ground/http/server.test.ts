import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { portOf, sendRaw } from '../../../tests/support/raw-http.ts';
import { errorPage } from '../../edges/checkout/pages/index.ts';
import { createLogger } from '../log/index.ts';
import { ProblemError } from './problems.ts';
import { createServer } from './server.ts';

const lines: string[] = [];
const log = createLogger('info', { write: (line: string) => void lines.push(line) });
const context = {
  clock: { now: () => new Date('2026-11-23T05:00:00Z') },
  log,
  publicUrl: 'https://pay.example',
};

function createApp(requestTimeoutMs?: number): FastifyInstance {
  const app = createServer({
    context,
    errorPage,
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
  });
  app.get('/page', async () => 'shown');
  app.post('/page', async (request) => ({ body: request.body }));
  app.get('/checkout/:token', async () => 'checkout');
  app.get('/v3/broken', async () => {
    throw new Error('secret internals of table orders');
  });
  app.get('/broken', async () => {
    throw new Error('secret internals of table orders');
  });
  app.get('/v3/away/:code', async (request) => {
    throw Object.assign(new Error('planted'), request.params);
  });
  app.get('/v3/refused', async () => {
    throw new ProblemError('duplicate-reference', {
      detail: 'merch_txn_ref: taken',
      headers: { 'retry-after': '1' },
    });
  });
  return app;
}

describe('the server', () => {
  const app = createApp();
  let port = 0;
  before(async () => {
    await app.listen({ port: 0, host: '127.0.0.1' });
    port = portOf(app);
  });
  after(() => app.close());

  test('every answer carries a trace id of ours, never the one the caller sent', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(() =>
        app.inject({ url: '/page', headers: { 'x-trace-id': 'a'.repeat(16), 'request-id': 'b'.repeat(16) } }),
      ),
    );
    assert.match(String(one?.headers['x-trace-id']), /^[0-9a-f]{16}$/);
    assert.notEqual(one?.headers['x-trace-id'], two?.headers['x-trace-id']);
    assert.notEqual(one?.headers['x-trace-id'], 'a'.repeat(16));
    assert.equal(one?.headers['strict-transport-security'], 'max-age=31536000');
  });

  test('an unknown address is 404: a problem under /v3, a page elsewhere', async () => {
    const api = await app.inject({ url: '/v3/nothing' });
    assert.equal(api.statusCode, 404);
    assert.match(String(api.headers['content-type']), /^application\/problem\+json/);
    assert.deepEqual(api.json(), {
      type: 'https://pay.example/docs/problems/not-found',
      title: 'No such address',
      status: 404,
      detail: 'there is nothing at this address',
      code: '03',
      trace_id: api.headers['x-trace-id'],
    });
    const page = await app.inject({ url: '/nothing', headers: { 'accept-language': 'en-GB,vi;q=0.5' } });
    assert.equal(page.statusCode, 404);
    assert.match(String(page.headers['content-type']), /^text\/html/);
    assert.match(String(page.headers['content-security-policy']), /default-src 'none'/);
    assert.match(page.body, /<html lang="en">/);
    assert.ok(page.body.includes(String(page.headers['x-trace-id'])));
    const json = await app.inject({ url: '/nothing', headers: { accept: 'application/json' } });
    assert.equal(json.json().code, '03');
  });

  test('a known address with another method is 405 and says which it takes', async () => {
    for (const [method, url, allow] of [
      ['DELETE', '/page', 'GET, HEAD, POST'],
      ['OPTIONS', '/page?x=1', 'GET, HEAD, POST'],
      ['POST', '/checkout/abc', 'GET, HEAD'],
      ['PUT', '/v3/refused', 'GET, HEAD'],
    ] as const) {
      const answer = await app.inject({ method, url });
      assert.equal(answer.statusCode, 405, `${method} ${url}`);
      assert.equal(answer.headers.allow, allow);
    }
  });

  test('HEAD answers as GET would, without the body', async () => {
    const answer = await app.inject({ method: 'HEAD', url: '/page' });
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.body, '');
  });

  test('a fault of ours says nothing but its trace id; the log has the rest', async () => {
    for (const url of ['/v3/broken', '/broken']) {
      const answer = await app.inject({ url });
      assert.equal(answer.statusCode, 500);
      assert.doesNotMatch(answer.body, /secret|orders|server\.test|Error:/);
      const traceId = String(answer.headers['x-trace-id']);
      assert.ok(answer.body.includes(traceId));
      assert.ok(lines.some((line) => line.includes(traceId) && line.includes('secret internals')));
    }
  });

  test('what is over by itself in the database is 503 with code 75 and a time to try again', async () => {
    const codes = ['57P01', '08006', '40001', '40P01', '53100', '53300', '55P03', '57014', '25006', '28P01'];
    for (const code of [...codes, 'ECONNREFUSED', 'ENOTFOUND']) {
      const answer = await app.inject({ url: `/v3/away/${code}` });
      assert.deepEqual([code, answer.statusCode], [code, 503]);
      assert.equal(answer.json().code, '75');
      assert.equal(answer.headers['retry-after'], '5');
    }
    assert.equal((await app.inject({ url: '/v3/away/23505' })).statusCode, 500);
  });

  test('a refusal keeps its status, its code and its headers', async () => {
    const answer = await app.inject({ url: '/v3/refused' });
    assert.equal(answer.statusCode, 409);
    assert.equal(answer.json().code, '94');
    assert.equal(answer.headers['retry-after'], '1');
  });

  test('bodies: forms are read, JSON at a page is 415, more than 64 KiB is 413', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const read = await app.inject({
      method: 'POST',
      url: '/page',
      headers: form,
      payload: 'a=1&b=%C3%A1&c=%',
    });
    assert.deepEqual(read.json().body, { a: '1', b: 'á', c: '%' });
    const json = await app.inject({ method: 'POST', url: '/page', payload: { a: 1 } });
    assert.equal(json.statusCode, 415);
    const huge = await app.inject({
      method: 'POST',
      url: '/page',
      headers: form,
      payload: 'a'.repeat(65_537),
    });
    assert.equal(huge.statusCode, 413);
  });

  test('addresses that cannot be decoded, or have an endless part, are refused, not broken', async () => {
    const cases: [url: string, status: number][] = [
      ['/checkout/%', 400],
      ['/checkout/%FF', 400],
      ['/v3/%zz', 400],
      ['/%', 400],
      ['/page?x=%', 200],
      ['/page?x=%ff&x=1&__proto__=1', 200],
      [`/checkout/${'a'.repeat(2000)}`, 414],
    ];
    for (const [url, status] of cases) {
      const answer = await sendRaw(port, `GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), `${url}: ${answer.slice(0, 300)}`);
      assert.match(answer, /x-trace-id: [0-9a-f]{16}/i, url);
    }
  });

  test('bytes that are no request get 400, endless headers 431, unusual methods 404 or 405', async () => {
    assert.match(await sendRaw(port, 'HELLO\r\n\r\n'), /^HTTP\/1.1 400 /);
    const long = `GET /page HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(40_000)}\r\n\r\n`;
    assert.match(await sendRaw(port, long), /^HTTP\/1.1 431 /);
    const odd = await sendRaw(port, 'PROPFIND /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    assert.match(odd, /^HTTP\/1.1 405 /);
    const trace = await sendRaw(
      port,
      'TRACE /page HTTP/1.1\r\nHost: x\r\nCookie: a=b\r\nConnection: close\r\n\r\n',
    );
    assert.match(trace, /^HTTP\/1.1 405 /);
    assert.doesNotMatch(trace, /Cookie/i);
  });
});

test('whatever is worth another try says when, however it came about', async () => {
  const app = createApp();
  app.get('/v3/by-slug', async () => {
    throw new ProblemError('unavailable', { detail: 'busy' });
  });
  app.get('/v3/by-status', async () => {
    throw Object.assign(new Error('x'), { statusCode: 503 });
  });
  app.get('/v3/in-flight', async () => {
    throw new ProblemError('request-in-flight');
  });
  for (const [url, status, seconds] of [
    ['/v3/by-slug', 503, '5'],
    ['/v3/by-status', 503, '5'],
    ['/v3/in-flight', 409, '1'],
    ['/v3/nothing', 404, undefined],
  ] as const) {
    const answer = await app.inject({ url });
    assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [status, seconds], url);
  }
  await app.close();
});

test('a request that dribbles in is cut off at the time limit', async () => {
  const app = createApp(200);
  await app.listen({ port: 0, host: '127.0.0.1' });
  try {
    const port = portOf(app);
    const slow =
      'POST /page HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\na';
    const started = performance.now();
    const answer = await sendRaw(port, slow, false);
    assert.match(answer, /^HTTP\/1.1 408 /);
    assert.ok(performance.now() - started < 5_000);
  } finally {
    await app.close();
  }
});
