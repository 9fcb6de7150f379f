import assert from 'node:assert/strict';
import { test } from 'node:test';
import { literalAddresses, refuseAddress, refuseUrl, strictCallbackPolicy } from './outgoing-address.ts';

const withLoopback = { allowLoopback: true, requireHttps: false };

const neverCalled = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '100.64.0.1', // CGNAT
  '100.100.100.200', // a cloud's metadata service
  '168.63.129.16', // a cloud's host service
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.192',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'fc00::1',
  'fd00:ec2::254', // a cloud's metadata service
  'ff02::1',
  '::ffff:127.0.0.1', // IPv4-mapped, whatever it carries
  '::ffff:8.8.8.8',
  '::ffff:7f00:1',
  '::7f00:1', // IPv4-compatible
  '::ffff:0:127.0.0.1',
  '64:ff9b::7f00:1', // NAT64
  '64:ff9b::8.8.8.8',
  '64:ff9b:1::1',
  '2002:7f00:1::1', // 6to4
  '2002:808:808::1',
  '2001:0:4136:e378::1', // Teredo
  '2001:db8::1',
  '3fff::1',
  '5f00::1',
  '100::1',
  '4000::1',
  'shop.example',
  '',
];

test('an address that is not public is refused, whether loopback is allowed or not', () => {
  for (const address of neverCalled) {
    assert.notEqual(refuseAddress(address, withLoopback), null, address);
    assert.notEqual(refuseAddress(address, strictCallbackPolicy), null, address);
  }
});

test('a loopback address is called only where the policy allows it', () => {
  for (const address of ['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1']) {
    assert.equal(refuseAddress(address, withLoopback), null, address);
    assert.equal(refuseAddress(address, strictCallbackPolicy), 'a loopback address', address);
  }
});

test('a public address is called', () => {
  for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '203.162.4.190', '2001:4860:4860::8888']) {
    assert.equal(refuseAddress(address, strictCallbackPolicy), null, address);
  }
});

test('every spelling of an IP address in a URL is seen as the address it is', () => {
  const loopback = [
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://017700000001/',
    'http://0x7f000001/',
    'http://0x7f.0.0.0x1/',
    'http://0177.0.0.01./',
    'http://①②⑦.0.0.1/',
  ];
  for (const url of loopback) assert.deepEqual(literalAddresses(new URL(url).hostname), ['127.0.0.1'], url);
  const others = ['http://2852039166/', 'http://0xa9fea9fe/', 'http://[::ffff:a9fe:a9fe]/', 'http://[::]/'];
  for (const url of others) {
    const [address = ''] = literalAddresses(new URL(url).hostname) ?? [];
    assert.notEqual(refuseAddress(address, withLoopback), null, url);
  }
});

test('localhost and names below it are the loopback, other names are looked up', () => {
  for (const name of ['localhost', 'LOCALHOST', 'localhost.', 'shop.localhost']) {
    assert.deepEqual(literalAddresses(name), ['127.0.0.1', '::1'], name);
  }
  for (const name of ['localhost.example', 'notlocalhost', 'shop.example', '1.2.3.4.example']) {
    assert.equal(literalAddresses(name), null, name);
  }
});

test('a URL that is not http(s), lacks a required https or holds credentials is refused', () => {
  assert.equal(refuseUrl(new URL('ftp://shop.example/'), withLoopback), 'neither http nor https');
  assert.equal(refuseUrl(new URL('file:///etc/passwd'), withLoopback), 'neither http nor https');
  assert.equal(refuseUrl(new URL('http://shop.example/'), strictCallbackPolicy), 'not https');
  assert.equal(refuseUrl(new URL('https://a@shop.example/'), withLoopback), 'holds credentials');
  assert.equal(refuseUrl(new URL('https://:b@shop.example/'), withLoopback), 'holds credentials');
  assert.equal(refuseUrl(new URL('http://shop.example/'), withLoopback), null);
  assert.equal(refuseUrl(new URL('https://shop.example/'), strictCallbackPolicy), null);
});
