// Names of merchants' hosts: as the DNS answers them, as people write them, and as certificates hold them.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { listen, startMerchantEndpoint } from '../../../tests/support/merchant-endpoint.ts';
import selfSigned from './fixtures/shop-example-certificate.json' with { type: 'json' };
import authority from './fixtures/test-authority.json' with { type: 'json' };
import { callMerchant, type MerchantCall } from './outgoing.ts';
import { createResolver } from './outgoing-resolver.ts';

const policy = { allowLoopback: true, requireHttps: false };
const toLoopback = async () => ['127.0.0.1'];
const get = (url: string, call: Partial<MerchantCall> = {}) =>
  callMerchant(url, { method: 'GET', policy, timeoutMs: 5_000, resolve: toLoopback, ...call });

/** A name server that gives every question this code and no address; notes the names it is asked for. */
async function startNameServer(responseCode: number) {
  const asked: string[] = [];
  const server = createSocket('udp4');
  server.on('message', (question, { port, address }) => {
    const labels: string[] = [];
    for (let at = 12; (question[at] ?? 0) > 0; at += (question[at] ?? 0) + 1)
      labels.push(question.toString('latin1', at + 1, at + 1 + (question[at] ?? 0)));
    asked.push(labels.join('.'));
    const answer = Buffer.from(question);
    answer.writeUInt16BE(0x8180 | responseCode, 2);
    server.send(answer, port, address);
  });
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  after(() => server.close());
  return { asked, resolve: createResolver([`127.0.0.1:${(server.address() as AddressInfo).port}`]) };
}

for (const [name, responseCode, kind] of [
  ['that the DNS does not know', 3, 'name_unknown'],
  ['without an address', 0, 'name_without_address'],
  ['whose name server fails', 2, 'name_server_failed'],
] as const) {
  test(`a name ${name} is told as ${kind}`, async () => {
    const { resolve } = await startNameServer(responseCode);
    const outcome = await get('http://shop.example/', { resolve });
    assert.ok(outcome.outcome !== 'answered');
    assert.equal(outcome.kind, kind, outcome.detail);
    assert.match(outcome.detail, /shop\.example/);
    if (kind !== 'name_server_failed') assert.match(outcome.detail, /hosts file is not/);
  });
}

test('a dot at the end and letters beyond ASCII are looked up, called and checked in one canonical form', async () => {
  const heard: [unknown, unknown][] = [];
  const { certificate, privateKey } = authority.leaf;
  const server = https.createServer(
    { cert: certificate + authority.intermediate, key: privateKey },
    (request, response) => {
      heard.push([(request.socket as unknown as { servername: unknown }).servername, request.headers.host]);
      response.end();
    },
  );
  const { port, close } = await listen(server);
  after(close);
  const asked: string[] = [];
  const resolve = async (hostname: string) => {
    asked.push(hostname);
    return ['127.0.0.1'];
  };
  const hosts = [
    'shop.example.',
    'SHOP.example',
    'ｓｈｏｐ。example',
    'cửa-hàng.example',
    'CỬA-HÀNG.example.',
  ];
  for (const host of hosts) {
    const outcome = await get(`https://${host}:${port}/`, { resolve, trustedCertificates: authority.root });
    assert.partialDeepStrictEqual(outcome, { outcome: 'answered', status: 200 }, host);
  }
  const shop = 'shop.example';
  const idn = 'xn--ca-hng-lta4562d.example';
  const expected = [shop, shop, shop, idn, idn];
  assert.deepEqual(asked, expected);
  assert.deepEqual(
    heard,
    expected.map((name) => [name, `${name}:${port}`]),
  );
});

test('however a host is written, an inner address behind it is refused', async () => {
  const endpoint = await startMerchantEndpoint((response) => response.end());
  after(endpoint.close);
  const closed = { policy: { allowLoopback: false, requireHttps: false } };
  const hosts = [
    '127.0.0.1.',
    '127。0。0。1',
    '①②⑦.0.0.1.',
    'localhost.',
    'ＬＯＣＡＬＨＯＳＴ',
    'shop.example.',
    'cửa-hàng.vn.',
  ];
  for (const host of hosts) {
    const outcome = await get(`http://${host}:${endpoint.port}/`, closed);
    assert.partialDeepStrictEqual(outcome, { outcome: 'address_refused', kind: 'address_not_public' }, host);
  }
  for (const host of ['shop.example..', 'shop..example']) {
    const outcome = await get(`http://${host}/`);
    assert.partialDeepStrictEqual(outcome, { outcome: 'address_refused', kind: 'url_unusable' }, host);
  }
  assert.equal(endpoint.heard.length, 0);
});

test('whatever the clock of the machine says, these certificates are what the tests take them for', () => {
  const datesOf = (pem: string) => {
    const { validFromDate, validToDate } = new X509Certificate(pem);
    return [validFromDate.getUTCFullYear(), validToDate.getUTCFullYear()];
  };
  for (const pem of [
    selfSigned.certificate,
    authority.root,
    authority.intermediate,
    authority.leaf.certificate,
  ]) {
    const [from = 0, to = 0] = datesOf(pem);
    assert.ok(from <= 2016 && to >= 2200, `${from}–${to}`);
  }
  assert.ok((datesOf(authority.expired.certificate)[1] ?? 0) <= 2019);
  assert.ok((datesOf(authority.notYetValid.certificate)[0] ?? 0) >= 2200);
});

const { root, intermediate, leaf, expired, notYetValid } = authority;
for (const [kind, served, trusted, host] of [
  ['certificate_expired', expired, root, 'shop.example'],
  ['certificate_not_yet_valid', notYetValid, root, 'shop.example'],
  ['certificate_name', { ...leaf, certificate: leaf.certificate + intermediate }, root, 'other.example'],
  ['certificate_self_signed', selfSigned, root, 'shop.example'],
  ['certificate_chain', leaf, root, 'shop.example'],
  ['certificate_authority', { ...leaf, certificate: leaf.certificate + intermediate }, null, 'shop.example'],
  [
    'certificate_authority',
    { ...leaf, certificate: leaf.certificate + intermediate + root },
    null,
    'shop.example',
  ],
] as const) {
  test(`a certificate that is not good is told apart: ${kind}`, async () => {
    const server = https.createServer({ cert: served.certificate, key: served.privateKey });
    const { port, close } = await listen(server);
    after(close);
    const trust = trusted === null ? {} : { trustedCertificates: trusted };
    const outcome = await get(`https://${host}:${port}/`, trust);
    assert.ok(outcome.outcome !== 'answered');
    assert.equal(outcome.kind, kind, outcome.detail);
  });
}
