// The example configurations of proxies set what the gateway believes, take away what a buyer could forge, and fit the
// gateway's limits of size and time. Their header rules are applied to a forged request, which then meets a gateway.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { createApp } from '../../src/app.ts';
import { createTestContext } from '../support/context.ts';

const projectDir = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(projectDir, path), 'utf8');
const withoutComments = (text: string) => text.replace(/^\s*#.*$/gm, '');
const nginx = withoutComments(read('docs/operating/examples/nginx.conf'));
const caddy = withoutComments(read('docs/operating/examples/Caddyfile'));
const server = read('src/ground/http/server.ts');

const { context, drop } = await createTestContext().then((made) => ({ context: made, drop: made.drop }));
const app = createApp(
  { ...context, publicUrl: 'https://pay.example.vn' },
  { sandbox: null, trustedProxies: ['127.0.0.1'] },
);
await app.listen({ port: 0, host: '127.0.0.1' });
after(async () => {
  await app.close();
  await drop();
});
const { port } = app.server.address() as AddressInfo;

/** What is known to a proxy of the connection it serves. */
type Seen = { address: string; host: string; scheme: string };
type Headers = Record<string, string>;

/** `proxy_set_header NAME VALUE;`: an empty value takes the header away. */
function asNginx(sent: Headers, seen: Seen): Headers {
  const values: Record<string, string> = {
    $remote_addr: seen.address,
    $host: seen.host,
    $scheme: seen.scheme,
  };
  const passed = { ...sent, connection: 'close', host: 'vipay' };
  for (const [, name = '', value = ''] of nginx.matchAll(/proxy_set_header\s+(\S+)\s+(.+?);/g)) {
    assert.ok(value === '""' || value in values, `${name}: ${value}`);
    setOrTake(passed, name, value === '""' ? null : (values[value] ?? ''));
  }
  return passed;
}

/** `header_up NAME VALUE` and `header_up -NAME`; by itself Caddy passes Host on. */
function asCaddy(sent: Headers, seen: Seen): Headers {
  const values: Record<string, string> = {
    '{remote_host}': seen.address,
    '{host}': seen.host,
    '{scheme}': seen.scheme,
  };
  const passed = { ...sent };
  for (const [, minus, name = '', value = ''] of caddy.matchAll(/header_up\s+(-?)([\w-]+)[ \t]*(\S*)$/gm)) {
    assert.ok(minus === '-' || value in values, `${name}: ${value}`);
    setOrTake(passed, name, minus === '-' ? null : (values[value] ?? ''));
  }
  return passed;
}

function setOrTake(headers: Headers, name: string, value: string | null): void {
  for (const known of Object.keys(headers)) {
    if (known.toLowerCase() === name.toLowerCase()) delete headers[known];
  }
  if (value !== null) headers[name.toLowerCase()] = value;
}

async function send(headers: Headers): Promise<number> {
  const { promise, resolve: settle, reject } = Promise.withResolvers<number>();
  const path = '/vipay/ecommerce?merchant_site=proxy_test&vpc_x=1';
  request({ host: '127.0.0.1', port, path, headers }, (response) => {
    response.resume();
    response.once('end', () => settle(response.statusCode ?? 0));
  })
    .once('error', reject)
    .end();
  return promise;
}

async function addressesNoted(): Promise<string[]> {
  for (let tries = 0; tries < 100; tries += 1) {
    const { rows } = await context.db.pool.query<{ address: string }>(
      'delete from refused_requests returning remote_address as address',
    );
    if (rows.length > 0) return rows.map(({ address }) => address);
    await new Promise((done) => setTimeout(done, 50));
  }
  return [];
}

for (const [name, pass] of [
  ['nginx', asNginx],
  ['Caddy', asCaddy],
] as const) {
  test(`behind ${name} the gateway sees the buyer's own address and the public name, whatever the buyer sends`, async () => {
    const forged = {
      host: 'pay.example.vn',
      'x-forwarded-for': '198.51.100.66',
      forwarded: 'for=198.51.100.66;host=evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
    };
    const passed = pass(forged, { address: '203.0.113.7', host: 'pay.example.vn', scheme: 'https' });
    assert.equal(passed.host, 'pay.example.vn');
    assert.equal(passed['x-forwarded-for'], '203.0.113.7');
    assert.equal(passed['x-forwarded-proto'], 'https');
    assert.doesNotMatch(JSON.stringify(passed), /198\.51|evil/);
    assert.notEqual(await send(passed), 421);
    assert.deepEqual(await addressesNoted(), ['203.0.113.7']);
  });
}

test('without the rules a buyer could forge: the test would notice', async () => {
  await send({ host: 'pay.example.vn', 'x-forwarded-for': '198.51.100.66' });
  assert.deepEqual(await addressesNoted(), ['198.51.100.66']);
});

test('idle connections end at the proxy first, and sizes are those of the gateway', () => {
  const ours = Number(/keepAliveTimeoutMsDefault = ([\d_]+);/.exec(server)?.[1]?.replaceAll('_', ''));
  assert.ok(ours > 0);
  const nginxIdle = Number(/keepalive_timeout\s+(\d+)s;/.exec(nginx)?.[1]) * 1000;
  const caddyIdle = Number(/keepalive\s+(\d+)s$/m.exec(caddy)?.[1]) * 1000;
  assert.ok(nginxIdle < ours && caddyIdle < ours, `${nginxIdle}, ${caddyIdle}, ours ${ours}`);
  // Kept alive at all: HTTP/1.1 and no Connection header.
  assert.match(nginx, /proxy_http_version 1\.1;/);
  assert.match(nginx, /proxy_set_header Connection "";/);
  const bodyBytes = Number(
    /bodyLimitBytesDefault = ([\d_* ]+);/
      .exec(server)?.[1]
      ?.split('*')
      .reduce((all, part) => all * Number(part.replaceAll('_', '')), 1),
  );
  const headerBytes = Number(
    /headersLimitBytes = ([\d_* ]+);/
      .exec(server)?.[1]
      ?.split('*')
      .reduce((all, part) => all * Number(part.replaceAll('_', '')), 1),
  );
  assert.equal(Number(/client_max_body_size (\d+)k;/.exec(nginx)?.[1]) * 1024, bodyBytes);
  assert.equal(Number(/max_size (\d+)KiB/.exec(caddy)?.[1]) * 1024, bodyBytes);
  assert.ok(Number(/large_client_header_buffers \d+ (\d+)k;/.exec(nginx)?.[1]) * 1024 >= headerBytes);
});

test('the unit and the Dockerfile start the program itself, name settings that exist, and wait longer than a stop takes', () => {
  const unit = read('docs/operating/examples/vipay.service');
  const dockerfile = read('docs/operating/examples/Dockerfile');
  const known = new Set(
    [...read('src/config.ts').matchAll(/^ {2}(VIPAY_\w+|DATABASE_URL):/gm)].map(([, name]) => name),
  );
  const named = [nginx, caddy, unit, dockerfile].flatMap((text) => text.match(/\bVIPAY_[A-Z_]+\b/g) ?? []);
  assert.ok(named.length > 0);
  for (const name of named) assert.ok(known.has(name), name);
  const stopMs = Number(/stopWithinMs = ([\d_]+);/.exec(read('src/main.ts'))?.[1]?.replaceAll('_', ''));
  assert.ok(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) * 1000 > stopMs);
  // As `npm start` does, with the same options.
  const { start } = JSON.parse(read('package.json')).scripts as { start: string };
  const words = start.replace(/^exec node /, '').split(' ');
  assert.equal(words.at(-1), 'src/main.ts');
  const command = /^ExecStart=(.+)$/m.exec(unit)?.[1]?.split(' ') ?? [];
  assert.match(command[0] ?? '', /^\/\S+\/node_modules\/\.bin\/node$/);
  assert.deepEqual(command.slice(1), words);
  assert.match(unit, /^StateDirectoryMode=0700$/m);
  // The compiler of JavaScript needs memory that is written and run.
  assert.doesNotMatch(unit, /MemoryDenyWriteExecute=(?:yes|true)/);
  assert.match(dockerfile, /^USER node$/m);
  assert.deepEqual(JSON.parse(/^CMD (.+)$/m.exec(dockerfile)?.[1] ?? '[]'), [
    'node_modules/.bin/node',
    ...words,
  ]);
});
