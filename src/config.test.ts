import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { ConfigFault, loadConfig } from './config.ts';

const key = Buffer.alloc(32, 7).toString('base64');
const live = {
  DATABASE_URL: 'postgres://vipay_app:pw@db/vipay',
  VIPAY_SECRET_KEY: `k2:${key},k1:${key}`,
  VIPAY_PUBLIC_URL: 'https://pay.example.vn/',
};

test('without any setting it is a demo on this machine with the embedded database', () => {
  const config = loadConfig({});
  assert.equal(config.demo, true);
  assert.equal(config.databaseUrl, null);
  assert.equal(config.publicUrl, 'http://localhost:8080');
  assert.equal(config.host, '127.0.0.1');
  assert.equal(config.allowLoopbackCallbacks, true);
  assert.equal(config.dataDir, resolve(import.meta.dirname, '../.vipay'));
  assert.deepEqual(config.argon2, { memoryKib: 19_456, passes: 2, parallelism: 1 });
});

test('with a database it is no demo, listens to the world and reaches no loopback', () => {
  const config = loadConfig(live);
  assert.equal(config.demo, false);
  assert.equal(config.host, '::');
  assert.equal(config.publicUrl, 'https://pay.example.vn');
  assert.equal(config.allowLoopbackCallbacks, false);
});

test('all faults are reported together, none quotes a secret', () => {
  assert.throws(
    () =>
      loadConfig({
        DATABASE_URL: 'mysql://x:geheim@db/x',
        VIPAY_PORT: '80a',
        VIPAY_ROLE: 'all',
        VIPAY_SECRET_KEY: 'geheim',
        VIPAY_PUBLIC_URL: 'https://pay.example.vn/path',
        VIPAY_PROT: '1',
      }),
    (error: unknown) => {
      assert.ok(error instanceof ConfigFault);
      assert.equal(error.faults.length, 6);
      for (const name of [
        'DATABASE_URL',
        'VIPAY_PORT',
        'VIPAY_ROLE',
        'VIPAY_SECRET_KEY',
        'VIPAY_PUBLIC_URL',
      ]) {
        assert.match(error.message, new RegExp(`- ${name} (must be|is no) `));
      }
      assert.match(error.message, /VIPAY_PROT is not a setting/);
      assert.doesNotMatch(error.message, /geheim/);
      return true;
    },
  );
});

test('outside the demo the secret key and the public address are required', () => {
  assert.throws(
    () => loadConfig({ DATABASE_URL: live.DATABASE_URL }),
    /VIPAY_SECRET_KEY.*\n.*VIPAY_PUBLIC_URL/,
  );
});

test('a key of another length and an id given twice are refused', () => {
  assert.throws(() => loadConfig({ VIPAY_SECRET_KEY: 'k1:AAAA' }), /VIPAY_SECRET_KEY is no key ring/);
  assert.throws(() => loadConfig({ VIPAY_SECRET_KEY: `k1:${key},k1:${key}` }), /share an id/);
});

test('an empty variable counts as absent', () => {
  assert.equal(loadConfig({ VIPAY_PORT: '', DATABASE_URL: '' }).port, 8080);
});

test('metrics have a port or a token of their own when told to', () => {
  assert.deepEqual([loadConfig({}).metricsPort, loadConfig({}).metricsToken], [null, null]);
  const config = loadConfig({ VIPAY_METRICS_PORT: '9464', VIPAY_METRICS_TOKEN: 'x'.repeat(16) });
  assert.deepEqual([config.metricsPort, config.metricsToken], [9464, 'x'.repeat(16)]);
  for (const wrong of [
    { VIPAY_METRICS_PORT: '8080' },
    { VIPAY_METRICS_PORT: '0' },
    { VIPAY_METRICS_TOKEN: 'short' },
    { VIPAY_METRICS_TOKEN: `a b${'x'.repeat(16)}` },
  ]) {
    assert.throws(() => loadConfig(wrong), /VIPAY_METRICS/, JSON.stringify(wrong));
  }
});

test('names by which the gateway is called too are read as names, without ports', () => {
  const config = loadConfig({ ...live, VIPAY_ALLOWED_HOSTS: 'Pay.internal, 10.0.0.5,[fd00::1]' });
  assert.deepEqual(config.allowedHosts, ['pay.internal', '10.0.0.5', '[fd00::1]']);
  assert.equal(config.hstsSubdomains, false);
  assert.equal(loadConfig({ ...live, VIPAY_HSTS_SUBDOMAINS: '1' }).hstsSubdomains, true);
  for (const text of ['https://pay.internal', 'pay.internal:80', '*.internal', 'a,,b']) {
    assert.throws(() => loadConfig({ ...live, VIPAY_ALLOWED_HOSTS: text }), /VIPAY_ALLOWED_HOSTS/, text);
  }
});

test('the operator is named to buyers on one line; a contact without a name is a fault', () => {
  assert.equal(loadConfig({}).operator, null);
  const named = loadConfig({
    VIPAY_OPERATOR_NAME: ' Ví An Bình ',
    VIPAY_OPERATOR_CONTACT: '1900 1234, a@b.vn',
  });
  assert.deepEqual(named.operator, { name: 'Ví An Bình', contact: '1900 1234, a@b.vn' });
  assert.deepEqual(loadConfig({ VIPAY_OPERATOR_NAME: 'A' }).operator, { name: 'A', contact: null });
  const faultsOf = (env: Record<string, string>) => {
    try {
      loadConfig(env);
      return [];
    } catch (error) {
      return (error as ConfigFault).faults;
    }
  };
  assert.match(faultsOf({ VIPAY_OPERATOR_CONTACT: '1900' })[0] ?? '', /needs VIPAY_OPERATOR_NAME/);
  for (const name of [' ', 'a\nb', 'x'.repeat(121), 'a\u202eb'])
    assert.match(faultsOf({ VIPAY_OPERATOR_NAME: name })[0] ?? '', /VIPAY_OPERATOR_NAME must be one line/);
});

test('a database on another machine is spoken to under TLS, checked, unless the settings say otherwise', () => {
  const addressOf = (url: string, env = {}) => loadConfig({ ...live, DATABASE_URL: url, ...env }).databaseUrl;
  const far = 'postgres://vipay_app:pw@db/vipay';
  assert.equal(addressOf(far), `${far}?sslmode=verify-full`);
  assert.equal(addressOf(`${far}?sslmode=prefer`), `${far}?sslmode=verify-full`);
  assert.equal(addressOf(`${far}?sslmode=no-verify`), `${far}?sslmode=no-verify`);
  assert.equal(addressOf(far, { VIPAY_DATABASE_TLS: 'off' }), far);
  assert.equal(addressOf(`${far}?sslmode=disable`, { VIPAY_DATABASE_TLS: 'off' }), `${far}?sslmode=disable`);
  for (const plain of [
    `${far}?sslmode=disable`,
    `${far}?ssl=0`,
    'postgres://u:p@localhost/v?host=db&ssl=false',
  ])
    assert.throws(() => addressOf(plain), /DATABASE_URL leads to another machine without TLS/);

  const here = [
    'postgres://u:p@localhost/v',
    'postgres://u:p@127.0.0.1:5433/v',
    'postgres://u:p@[::1]/v',
    'postgres:///v?host=/var/run/postgresql',
    'postgres://u:p@%2Fvar%2Frun%2Fpostgresql/v',
    'postgres:///v',
  ];
  for (const url of here) assert.equal(addressOf(url), url);
  // Where the address names no host, the driver asks the environment.
  assert.match(String(addressOf('postgres:///v', { PGHOST: 'db' })), /sslmode=verify-full/);
  assert.match(String(addressOf('postgres://u:p@127.0.0.1.evil.example/v')), /sslmode=verify-full/);
});

test('mail: server and sender come together, TLS is required beyond this machine, and no fault quotes the password', () => {
  assert.equal(loadConfig({}).mail, null);
  const VIPAY_MAIL_FROM = 'viPay <no-reply@pay.example.vn>';
  const of = (VIPAY_SMTP_URL: string, more = {}) =>
    loadConfig({ VIPAY_SMTP_URL, VIPAY_MAIL_FROM, ...more }).mail?.server;
  assert.deepEqual(of('smtp://gw%40x:p%40ss%2F1@mail.example.vn'), {
    host: 'mail.example.vn',
    port: 587,
    encryption: 'starttls',
    signIn: { user: 'gw@x', password: 'p@ss/1' },
  });
  assert.deepEqual(of('smtps://mail.example.vn'), {
    host: 'mail.example.vn',
    port: 465,
    encryption: 'tls',
    signIn: null,
  });
  assert.equal(of('smtp://mail.example.vn:25', { VIPAY_SMTP_TLS: 'off' })?.encryption, 'clear');
  for (const host of ['127.0.0.1', '[::1]', 'localhost'])
    assert.equal(of(`smtp://${host}:25`)?.encryption, 'clear', host);
  for (const host of ['127.0.0.1.example.vn', 'localhost.example.vn', '10.0.0.5'])
    assert.equal(of(`smtp://${host}`)?.encryption, 'starttls', host);
  const bad = [
    'geheim',
    'http://u:geheim@x',
    'smtp://u:geheim@x/path',
    'smtp://u:geheim@x?tls=0',
    'smtp://geheim@x',
    'smtp://u:geheim%0d%0a@x',
    'smtp://u:%zzgeheim@x',
  ];
  for (const url of bad) {
    assert.throws(
      () => of(url),
      (error: unknown) => {
        assert.ok(error instanceof ConfigFault);
        assert.match(error.message, /VIPAY_SMTP_URL/);
        assert.doesNotMatch(error.message, /geheim/);
        return true;
      },
      url,
    );
  }
  assert.throws(() => loadConfig({ VIPAY_SMTP_URL: 'smtp://localhost' }), /VIPAY_MAIL_FROM/);
  assert.throws(() => loadConfig({ VIPAY_MAIL_FROM }), /VIPAY_SMTP_URL/);
  assert.throws(
    () => of('smtp://localhost', { VIPAY_MAIL_FROM: 'a@x.vn, b@x.vn' }),
    /VIPAY_MAIL_FROM must be one address/,
  );
});
