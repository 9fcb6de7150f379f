import assert from 'node:assert/strict';
import { test } from 'node:test';
import ipaddr from 'ipaddr.js';
import { canonicalAddress, networkOf } from './index.ts';

test('every spelling of one address is one caller', () => {
  const spellings: Record<string, string[]> = {
    '203.0.113.7': [
      '203.0.113.7',
      '203.0.113.7:40123',
      ' 203.0.113.7 ',
      '::ffff:203.0.113.7',
      '[::ffff:203.0.113.7]:443',
      '::FFFF:cb00:7107',
      '0:0:0:0:0:ffff:203.0.113.7',
      '64:ff9b::203.0.113.7',
      '2002:cb00:7107::1',
      '2002:cb00:7107:ffff::1',
    ],
    '2001:db8:0:1::/64': [
      '2001:db8:0:1::1',
      '2001:0DB8:0000:0001:ffff::2',
      '[2001:db8:0:1::1]:8443',
      '[2001:db8:0:1::1]',
      '2001:db8:0:1:aaaa:bbbb:cccc:dddd',
      '2001:db8:0:1::1%eth0',
    ],
    'fe80::/64': ['fe80::1%eth0', 'FE80::2'],
    unknown: [
      '',
      'unknown',
      '_hidden',
      '203.0.113',
      '203.0.113.256',
      '010.1.2.3.4',
      'x'.repeat(100),
      '1.2.3.4.5',
    ],
  };
  for (const [network, texts] of Object.entries(spellings))
    for (const text of texts) assert.equal(networkOf(text), network, text);
});

test('twenty hosts of one /64 are one caller, the next /64 is another', () => {
  const hosts = Array.from({ length: 20 }, (_, host) =>
    networkOf(`2001:db8::${(host * 1_733).toString(16)}`),
  );
  assert.equal(new Set(hosts).size, 1);
  assert.notEqual(networkOf('2001:db8:0:1::1'), hosts[0]);
});

test('a network is the first half of its address, wherever its zeros are', () => {
  for (const [address, network] of [
    ['2001:db8::1', '2001:db8::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:0:1::ff', '2001:db8:0:1::/64'],
    ['::1', '::/64'],
    ['0:0:0:1::1', '0:0:0:1::/64'],
  ] as const) {
    assert.equal(networkOf(address), network);
    assert.equal(networkOf(address), `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`)}/64`);
  }
});

test('an address is shown whole, in one spelling', () => {
  assert.equal(canonicalAddress('[2001:0db8::0001]:443'), '2001:db8::1');
  assert.equal(canonicalAddress('::ffff:203.0.113.7'), '203.0.113.7');
  assert.equal(canonicalAddress('anything'), 'unknown');
});
