import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { parseAnswer, portOf, sendRaw } from '../../../tests/support/raw-http.ts';
import { errorPage } from '../../edges/checkout/pages/index.ts';
import { createLogger } from '../log/index.ts';
import { createKnownHosts } from './known-hosts.ts';
import { createServer, type ServerOptions } from './server.ts';

const lines: string[] = [];
const log = createLogger('info', { write: (line: string) => void lines.push(line) });

function createApp(options: Partial<ServerOptions> & { publicUrl?: string } = {}): FastifyInstance {
  const { publicUrl = 'https://pay.example', ...rest } = options;
  const context = { clock: { now: () => new Date('2026-11-23T05:00:00Z') }, log, publicUrl };
  const app = createServer({ context, errorPage, allowedHosts: [], ...rest });
  app.get('/page', async () => 'shown');
  app.get('/moved', (_request, reply) => reply.redirect('/page', 303));
  app.get('/v3/json', async () => ({ shown: true }));
  app.post('/page', async (request) => ({ body: request.body }));
  app.get('/any', { config: { anyHost: true } }, async () => 'shown to everybody');
  return app;
}

/** One request, its lines as given; the connection ends after it. */
async function ask(app: FastifyInstance, head: string[], body = '') {
  return parseAnswer(await sendRaw(portOf(app), `${head.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`));
}

/** The refusal in the body, with a trace id that is also in the header and in the log. */
function assertTraced(answer: ReturnType<typeof parseAnswer>): Record<string, unknown> {
  assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
  const problem = JSON.parse(answer.body);
  assert.equal(problem.status, answer.status);
  assert.equal(problem.trace_id, answer.headers['x-trace-id']);
  const told = lines.filter((line) => line.includes(problem.trace_id));
  assert.equal(told.length, 1, `log lines of ${problem.trace_id}`);
  assert.equal(told[0]?.split('"traceId"').length, 2, told[0]);
  assert.doesNotMatch(told[0] ?? '', /"stack"/);
  return problem;
}

describe('what a server may be sent', () => {
  const app = createApp();
  before(() => app.listen({ port: 0, host: '127.0.0.1' }));
  after(() => app.close());

  test('a missing, doubled or malformed Host is 400, also where Node would answer by itself', async () => {
    const hosts = [
      [],
      ['Host: pay.example', 'Host: pay.example'],
      ['Host: pay.example', 'host: evil.example'],
      ['Host:'],
      ['Host: pay.example/x'],
      ['Host: user@pay.example'],
      ['Host: pay.example,evil.example'],
      ['Host: pay.example:80:80'],
    ];
    for (const lines of hosts) {
      const answer = await ask(app, ['GET /v3/json HTTP/1.1', ...lines]);
      assert.equal(answer.status, 400, lines.join());
      assert.equal(assertTraced(answer).code, '03');
    }
  });

  test('a stranger’s name is 421 on every address but those of load balancers', async () => {
    for (const path of ['/page', '/v3/json', '/nothing']) {
      const answer = await ask(app, [
        `GET ${path} HTTP/1.1`,
        'Host: evil.example',
        'Accept: application/json',
      ]);
      assert.equal(answer.status, 421, path);
      assertTraced(answer);
    }
    assert.equal((await ask(app, ['GET /any HTTP/1.1', 'Host: 10.0.0.7:8080'])).status, 200);
    assert.equal((await ask(app, ['GET /any HTTP/1.0'])).status, 200);
    for (const host of ['pay.example', 'PAY.example:443', 'pay.example.']) {
      assert.equal((await ask(app, ['GET /page HTTP/1.1', `Host: ${host}`])).status, 200, host);
    }
  });

  test('a target in absolute form is its path; a Host that differs from it is 400', async () => {
    const good = await ask(app, ['GET http://pay.example/page?x=1 HTTP/1.1', 'Host: pay.example']);
    assert.equal(good.status, 200);
    assert.equal((await ask(app, ['GET http://pay.example HTTP/1.1', 'Host: pay.example'])).status, 404);
    const differs = ['GET http://pay.example/v3/json HTTP/1.1', 'Host: evil.example'];
    assert.equal((await ask(app, differs)).status, 400);
    assert.equal((await ask(app, ['GET http://evil.example/v3/json HTTP/1.1'])).status, 421);
    assert.equal((await ask(app, ['OPTIONS * HTTP/1.1', 'Host: pay.example'])).status, 404);
  });

  test('other headers of which there is one are refused when they come twice', async () => {
    for (const name of ['Authorization', 'Content-Type', 'Idempotency-Key', 'Expect', 'Sec-Fetch-Site']) {
      const answer = await ask(app, [
        'GET /v3/json HTTP/1.1',
        'Host: pay.example',
        `${name}: a`,
        `${name}: a`,
      ]);
      assert.equal(answer.status, 400, name);
      assert.deepEqual(assertTraced(answer).errors, [
        { field: name.toLowerCase(), detail: 'sent more than once' },
      ]);
    }
    const cookies = [
      'GET /page HTTP/1.1',
      'Host: pay.example',
      'Cookie: a=1',
      'Cookie: b=2',
      'Via: a',
      'Via: b',
    ];
    assert.equal((await ask(app, cookies)).status, 200);
  });

  test('lengths that contradict each other are 400, and nothing of the rest is read as a request', async () => {
    const hidden = 'GET /page HTTP/1.1\r\nHost: pay.example\r\n\r\n';
    const shapes = [
      ['Content-Length: 4', 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: chunked', 'Content-Length: 4'],
      ['Content-Length: 4', 'Content-Length: 5'],
      ['Content-Length: +4'],
      ['Content-Length: 4, 4'],
      ['Transfer-Encoding: xchunked'],
      ['Transfer-Encoding: chunked, identity'],
      ['Transfer-Encoding : chunked'],
      ['Transfer-Encoding:\tchunked\x0b'],
      [' Transfer-Encoding: chunked'],
    ];
    for (const shape of shapes) {
      const head = [
        'POST /v3/nothing HTTP/1.1',
        'Host: pay.example',
        'Content-Type: application/json',
        ...shape,
      ];
      const text = `${head.join('\r\n')}\r\n\r\n0\r\n\r\n${hidden}`;
      const answers = await sendRaw(portOf(app), text);
      assert.match(answers, /^HTTP\/1\.1 400 /, shape.join());
      assert.equal(answers.match(/HTTP\/1\.1 /g)?.length, 1, `${shape.join()}: ${answers}`);
      assertTraced(parseAnswer(answers));
    }
  });

  test('an expectation other than 100-continue is 417, and 100-continue is met', async () => {
    const form = ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 3'];
    const post = ['POST /page HTTP/1.1', 'Host: pay.example', 'Accept: application/json', ...form];
    const refused = await ask(app, [...post, 'Expect: 200-maybe'], 'a=1');
    assert.equal(refused.status, 417);
    assertTraced(refused);
    const met = await sendRaw(
      portOf(app),
      `${[...post, 'Expect: 100-Continue'].join('\r\n')}\r\nConnection: close\r\n\r\na=1`,
    );
    assert.match(met, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  });

  test('a compressed body is 415 and says what is taken', async () => {
    const form = ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 3'];
    const post = ['POST /page HTTP/1.1', 'Host: pay.example', 'Accept: application/json', ...form];
    for (const coding of ['gzip', 'br', 'identity, gzip', 'GZIP']) {
      const answer = await ask(app, [...post, `Content-Encoding: ${coding}`], 'a=1');
      assert.equal(answer.status, 415, coding);
      assert.equal(answer.headers['accept-encoding'], 'identity');
      assert.match(String(assertTraced(answer).detail), /^content-encoding: /);
    }
    assert.equal((await ask(app, [...post, 'Content-Encoding: Identity'], 'a=1')).status, 200);
  });

  test('what Node’s parser gives up on is refused like everything else', async () => {
    const cases: [bytes: string, status: number, type: string][] = [
      ['HELLO\r\n\r\n', 400, 'malformed-request'],
      ['GET /page HTTP/3.7\r\n\r\n', 400, 'malformed-request'],
      [
        `GET /page HTTP/1.1\r\nHost: pay.example\r\nX-A: ${'a'.repeat(40_000)}\r\n\r\n`,
        431,
        'headers-too-large',
      ],
      [`GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: pay.example\r\n\r\n`, 431, 'headers-too-large'],
      [
        `POST /page HTTP/1.1\r\nHost: pay.example\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(20_000)}\r\n`,
        413,
        'request-too-large',
      ],
      ['GET /page HTTP/1.1\r\nHost: pay.example\r\nX-A: a\0b\r\n\r\n', 400, 'malformed-request'],
    ];
    for (const [bytes, status, type] of cases) {
      const answer = parseAnswer(await sendRaw(portOf(app), bytes));
      assert.equal(answer.status, status, bytes.slice(0, 40));
      assert.equal(assertTraced(answer).type, `https://pay.example/docs/problems/${type}`);
      assert.equal(answer.headers.connection, 'close');
      assert.equal(answer.headers['content-length'], String(answer.body.length));
    }
  });

  test('a browser whose headers are too large gets a page in its language', async () => {
    const head =
      'GET /page HTTP/1.1\r\nHost: pay.example\r\nAccept: text/html,*/*\r\nAccept-Language: en\r\n';
    const answer = parseAnswer(await sendRaw(portOf(app), `${head}Cookie: ${'a'.repeat(40_000)}\r\n\r\n`));
    assert.equal(answer.status, 431);
    assert.match(answer.headers['content-type'] ?? '', /^text\/html/);
    assert.match(answer.headers['content-security-policy'] ?? '', /style-src 'sha256-/);
    assert.match(answer.body, /<html lang="en">/);
    assert.ok(answer.body.includes(answer.headers['x-trace-id'] ?? '?'));
  });

  test('garbage behind a good request does not answer for it', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = createApp();
    slow.get('/slow', async () => held.then(() => 'slow answer'));
    await slow.listen({ port: 0, host: '127.0.0.1' });
    const gaveUp = once(slow.server, 'clientError');
    const answers = sendRaw(
      portOf(slow),
      'GET /slow HTTP/1.1\r\nHost: pay.example\r\n\r\nHELLO\r\n\r\n',
      false,
    );
    await gaveUp;
    release();
    assert.doesNotMatch(await answers, /^HTTP\/1\.1 400/);
    await slow.close();
  });

  test('a client that hangs up in the middle of its body is no fault of ours', async () => {
    const form = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10';
    const before = lines.length;
    const answered = new Promise<void>((resolve) => {
      app.server.once('request', (_request, response) => response.once('close', resolve));
    });
    const socket = connect(portOf(app), '127.0.0.1', () => {
      socket.write(`POST /page HTTP/1.1\r\nHost: pay.example\r\n${form}\r\n\r\na`, () => socket.destroy());
    });
    await answered;
    await new Promise(setImmediate);
    const told = lines.slice(before).join('');
    assert.doesNotMatch(told, /"stack"|"level":"error"/);
  });

  test('every answer has a policy, says nosniff and keeps browsers with https', async () => {
    const answers = [
      await ask(app, ['GET /v3/json HTTP/1.1', 'Host: pay.example']),
      await ask(app, ['GET /moved HTTP/1.1', 'Host: pay.example']),
      await ask(app, ['GET /nothing HTTP/1.1', 'Host: pay.example']),
      await ask(app, ['GET /nothing HTTP/1.1', 'Host: pay.example', 'Accept: application/json']),
      await ask(app, ['GET /% HTTP/1.1', 'Host: pay.example', 'Accept: application/json']),
      await ask(app, ['GET /page HTTP/1.1', 'Host: evil.example']),
      parseAnswer(await sendRaw(portOf(app), 'HELLO\r\n\r\n')),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 303, 404, 404, 400, 421, 400],
    );
    for (const { status, headers } of answers) {
      assert.match(headers['content-security-policy'] ?? '', /^default-src 'none'; /, String(status));
      assert.match(headers['content-security-policy'] ?? '', /frame-ancestors 'none'/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['strict-transport-security'], 'max-age=31536000');
      assert.match(headers['x-trace-id'] ?? '', /^[0-9a-f]{16}$/);
    }
  });
});

test('a request that is not whole in time is 408 in the same shape, headers or body, and closes', async () => {
  const app = createApp({ requestTimeoutMs: 100 });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const form = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\na';
  for (const part of [
    'GET /page HT',
    'GET /page HTTP/1.1\r\nHost: pay',
    `POST /page HTTP/1.1\r\nHost: pay.example\r\n${form}`,
  ]) {
    const answer = parseAnswer(await sendRaw(portOf(app), part, false));
    assert.equal(answer.status, 408, part);
    const problem = JSON.parse(answer.body);
    assert.equal(problem.type, 'https://pay.example/docs/problems/request-timeout');
    assert.equal(answer.headers.connection, 'close');
    assert.ok(lines.some((line) => line.includes(problem.trace_id)));
  }
  await app.close();
});

test('a connection waits longer for its next request than a proxy does, then is closed', async () => {
  const usual = createApp();
  await usual.ready();
  assert.equal(usual.server.keepAliveTimeout, 75_000);
  assert.ok(usual.server.timeout >= 75_000);
  await usual.close();

  const short = createApp({ keepAliveTimeoutMs: 50 });
  await short.listen({ port: 0, host: '127.0.0.1' });
  const answer = await sendRaw(portOf(short), 'GET /page HTTP/1.1\r\nHost: pay.example\r\n\r\n', false);
  assert.match(answer, /^HTTP\/1\.1 200 OK[\s\S]*shown$/);
  await short.close();
});

test('a gateway that closes says so on the answers that are still under way', async () => {
  const app = createApp();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  app.get('/slow', async () => held.then(() => 'slow answer'));
  await app.listen({ port: 0, host: '127.0.0.1' });
  const asked = once(app.server, 'request');
  const answer = sendRaw(portOf(app), 'GET /slow HTTP/1.1\r\nHost: pay.example\r\n\r\n', false);
  await asked;
  const closed = app.close();
  await new Promise(setImmediate);
  release();
  assert.equal(parseAnswer(await answer).headers.connection, 'close');
  await closed;
});

test('HSTS speaks for the names below only when told to, and not at all without https', async () => {
  const wide = createApp({ hstsSubdomains: true });
  const header = 'strict-transport-security';
  const headers = { host: 'pay.example' };
  const told = await wide.inject({ url: '/page', headers });
  assert.equal(told.headers[header], 'max-age=31536000; includeSubDomains');
  await wide.close();
  const plain = createApp({ publicUrl: 'http://pay.example', hstsSubdomains: true });
  assert.equal((await plain.inject({ url: '/page', headers })).headers[header], undefined);
  await plain.close();
});

test('known names: the public address, those listed, and this machine’s own when it is this machine', () => {
  const outside = createKnownHosts('https://pay.example.vn', ['pay.internal', '10.0.0.5', '[fd00::1]']);
  for (const host of ['pay.example.vn', 'pay.internal:8080', '10.0.0.5', '[FD00::1]:8080']) {
    assert.equal(outside(host), true, host);
  }
  for (const host of [
    'localhost',
    '127.0.0.1:8080',
    'evil.example',
    'xpay.example.vn',
    'pay.example.vn.evil.vn',
  ]) {
    assert.equal(outside(host), false, host);
  }
  const local = createKnownHosts('http://localhost:8080');
  for (const host of [
    'localhost:8080',
    'LOCALHOST',
    'shop.localhost',
    '127.0.0.1:1',
    '127.8.9.1',
    '[::1]:8080',
  ]) {
    assert.equal(local(host), true, host);
  }
  for (const host of ['evil.example', '10.0.0.5', 'localhost.evil.example', '127.0.0.1.evil.example']) {
    assert.equal(local(host), false, host);
  }
  for (const host of ['', 'a b', 'a@b', 'a/b', '[::1', 'a..b', 'a:b']) assert.equal(local(host), null, host);
});

test('a trusted proxy may say by which name it was asked; nobody else may', async () => {
  const headers = { host: '127.0.0.1:8080', 'x-forwarded-host': 'pay.example' };
  const trusting = createApp({ trustProxy: ['127.0.0.1'] });
  assert.equal((await trusting.inject({ url: '/page', headers })).statusCode, 200);
  await trusting.close();
  const alone = createApp();
  assert.equal((await alone.inject({ url: '/page', headers })).statusCode, 421);
  await alone.close();
});
