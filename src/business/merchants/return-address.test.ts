import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findReturnAddressFault, readReturnHosts, readReturnSchemes } from './return-address.ts';

const sandbox = {
  environment: 'sandbox' as const,
  returnSchemes: [] as string[],
  returnHosts: [] as string[],
  resultNames: 'plain' as const,
};
const detailOf = (site: typeof sandbox | { environment: 'live' }, address: string) =>
  findReturnAddressFault({ ...sandbox, ...site }, 'cancel_url', address)?.detail ?? null;

test('a site that lists nothing returns to https, in the sandbox to http too, and to nothing else', () => {
  assert.equal(detailOf(sandbox, 'https://any.example/x'), null);
  assert.equal(detailOf(sandbox, 'http://localhost:3000/x'), null);
  assert.equal(detailOf({ environment: 'live' }, 'https://any.example/x'), null);
  assert.match(detailOf({ environment: 'live' }, 'HTTP://any.example/x') ?? '', /^cancel_url: must be https/);
  for (const scheme of ['myshop', 'search-ms', 'itms-services', 'tel', 'vn.shop.app']) {
    assert.match(detailOf(sandbox, `${scheme}://x`) ?? '', /^cancel_url: its scheme /, scheme);
  }
});

test('hosts that no name server can know are refused, as they are in the URLs of a site', () => {
  for (const host of ['.', 'shop..example', '.shop.example', '*.shop.example', `${'a'.repeat(64)}.example`]) {
    assert.match(detailOf(sandbox, `https://${host}/`) ?? '', /^cancel_url: a host /, host);
  }
  for (const host of ['shop_1.example', '192.0.2.1', '[2001:db8::1]', 'cửahàng.example.']) {
    assert.equal(detailOf(sandbox, `https://${host}/`), null, host);
  }
});

test('a listed scheme is returned to, by its exact name, in any letters; not one that the device owns', () => {
  const site = { ...sandbox, returnSchemes: ['myshop', 'tel'] };
  assert.equal(detailOf(site, 'myshop://paid'), null);
  assert.equal(detailOf(site, 'MyShop://paid'), null);
  for (const address of ['myshop2://paid', 'my://shop', 'xmyshop://paid', 'tel://0900000001']) {
    assert.notEqual(detailOf(site, address), null, address);
  }
});

test('listed hosts are the only ones, whatever their spelling; *. is what lies below and not the name itself', () => {
  const site = {
    ...sandbox,
    returnSchemes: ['myshop'],
    returnHosts: ['shop.example', '*.shop.vn', 'xn--ca-hng-8ta0u.vn'],
  };
  for (const address of [
    'https://shop.example/x',
    'https://SHOP.example:8443/x',
    'https://a.shop.vn/',
    'https://a.b.shop.vn/',
    'https://shop.example./x',
    'myshop://paid',
  ]) {
    assert.equal(detailOf(site, address), null, address);
  }
  for (const address of [
    'https://evil.example/',
    'https://shop.example.evil.vn/',
    'https://xshop.example/',
    'https://shop.vn/',
    'https://evilshop.vn/',
    'https://evil.example/?shop.example',
    'https://evil.example/#@shop.example',
    'http://[::1]/',
  ]) {
    assert.match(detailOf(site, address) ?? '', /^cancel_url: its host /, address);
  }
});

test('what can be listed: schemes of apps and names of hosts, in one spelling', () => {
  assert.deepEqual(readReturnSchemes(['MyShop', 'vn.shop.app', 'myshop://', 'myshop:']), [
    'myshop',
    'vn.shop.app',
  ]);
  for (const scheme of [
    ...[
      '',
      'a',
      'http',
      'https',
      'HTTPS',
      'javascript',
      'JavaScript:',
      'data',
      'file',
      'blob',
      'vbscript',
      'intent',
    ],
    ...[
      'tel',
      'sms',
      'mailto',
      'search-ms',
      'search',
      'itms-services',
      'itms-apps',
      'ms-settings',
      'ms-word',
    ],
    ...[
      'chrome',
      'chrome-extension',
      'x-apple-health',
      'about',
      'view-source',
      'content',
      'ssh',
      'my shop',
      '1app',
    ],
    ...['app:x', 'ứngdụng', 'a'.repeat(65)],
  ]) {
    assert.equal(readReturnSchemes([scheme]), null, scheme);
  }
  assert.equal(readReturnSchemes(Array.from({ length: 11 }, (_, at) => `app${at}`)), null);
  assert.deepEqual(
    readReturnHosts(['Shop.Example', '*.SHOP.vn', 'cửa-hàng.vn', '10.0.0.5', '[::1]', 'shop.example']),
    ['shop.example', '*.shop.vn', new URL('https://cửa-hàng.vn').hostname, '10.0.0.5', '[::1]'],
  );
  for (const host of [
    '',
    '*',
    '*.',
    '*.vn',
    'https://shop.example',
    'shop.example:443',
    'shop.example/x',
    'a@b',
    'a b',
  ]) {
    assert.equal(readReturnHosts([host]), null, host);
  }
});
