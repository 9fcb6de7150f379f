import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentDigest } from './classic-fields.ts';
import { appendToUrl, checkReturnUrl } from './return-url.ts';

test('web addresses and an app of the merchant are accepted', () => {
  for (const url of [
    'https://shop.example',
    'http://localhost:3000/r',
    'HTTPS://Shop.example/a?b=c#d',
    'https://cửahàng.example/kết-quả',
    'vn.shop.app://payment/done',
    'myapp://',
    `https://shop.example/${'a'.repeat(2027)}`,
  ]) {
    assert.equal(checkReturnUrl(url), null, url);
  }
});

test('addresses that run something, read files, hide something or are none are refused', () => {
  for (const url of [
    '',
    'shop.example',
    '/r',
    '//shop.example/',
    'https:shop.example',
    'https://',
    'https:///shop.example/',
    'HTTP:////shop.example/',
    'https://?shop.example',
    'https://#shop.example',
    'https://:443/',
    'https://shop.example:99999/',
    'https://shop.example/a b',
    'https://shop.example/\r\nSet-Cookie:a=b',
    ' https://shop.example/',
    'https:\\\\shop.example\\',
    'https://shop.example\\@evil.example/',
    'https://shop.example@evil.example/',
    'https://u:p@shop.example/',
    'app://u@host/',
    'javascript://shop.example/%0aalert(1)',
    'JavaScript://shop.example/%0aalert(1)',
    'javascript:alert(1)',
    'data://text/html,x',
    'file:///etc/passwd',
    'vbscript://x',
    'blob://x',
    'about://blank',
    'intent://x#Intent;end',
    'ms-settings://x',
    'search-ms://query=x',
    'itms-services://?action=download-manifest',
    'tel://0900000001',
    'x-apple-health://x',
    `https://shop.example/${'a'.repeat(2028)}`,
  ]) {
    assert.equal(checkReturnUrl(url)?.code, '03', url);
  }
});

test("a shop's own query may hold any name; where results are prefixed, none that begins as theirs", () => {
  const own = 'https://shop.example/?key=wc_order_x&status=1&version=2&secure_hash=3&signature=4';
  assert.equal(checkReturnUrl(own), null);
  assert.equal(checkReturnUrl(own, { names: 'prefixed' }), null);
  for (const query of ['?vipay_status=1', '?a=1&VIPAY_x', '?%76ipay_key=', '?a=?&vipay_=']) {
    const url = `https://shop.example/${query}`;
    assert.equal(checkReturnUrl(url), null);
    const fault = checkReturnUrl(url, { field: 'cancel_url', names: 'prefixed' });
    assert.match(fault?.detail ?? '', /^cancel_url: .* vipay_$/, query);
  }
  assert.match(checkReturnUrl('https://shop.example/?x=%FF')?.detail ?? '', /^return_url: x: not UTF-8/);
  const elsewhere = 'https://shop.example/vipay_x?vipay=1#?vipay_x=1';
  assert.equal(checkReturnUrl(elsewhere, { names: 'prefixed' }), null);
});

test('hosts with a root dot and hosts in Vietnamese letters are taken, and written as browsers write them', () => {
  for (const [url, sent] of [
    ['https://shop.example./r', 'https://shop.example./r?a=1'],
    ['https://cửahàng.example./r', 'https://xn--cahng-tqa2694c.example./r?a=1'],
    ['https://CỬAHÀNG.example/r', 'https://xn--cahng-tqa2694c.example/r?a=1'],
  ] as const) {
    assert.equal(checkReturnUrl(url), null, url);
    assert.equal(appendToUrl(url, [['a', '1']]), sent);
  }
});

test('fields are appended before the fragment, encoded, to whatever query there is', () => {
  const fields = [
    ['a', 'x y&ệ'],
    ['b', ''],
  ] as const;
  const tail = 'a=x%20y%26%E1%BB%87&b=';
  assert.equal(appendToUrl('https://s.example', fields), `https://s.example?${tail}`);
  assert.equal(appendToUrl('https://s.example/?q=%2f#f?g', fields), `https://s.example/?q=%2f&${tail}#f?g`);
  assert.equal(appendToUrl('https://s.example/?', fields), `https://s.example/?${tail}`);
  assert.equal(appendToUrl('https://s.example/?q&', fields), `https://s.example/?q&${tail}`);
  assert.equal(appendToUrl('https://s.example/ệ', fields), `https://s.example/%E1%BB%87?${tail}`);
});

test('content is all fields but the locale and the address of the buyer', () => {
  const content = contentDigest({ merch_txn_ref: 'R', order_no: 'O', locale: 'vn', client_ip: '::1' });
  assert.equal(contentDigest({ order_no: 'O', merch_txn_ref: 'R', locale: 'en', methods: '' }), content);
  assert.notEqual(contentDigest({ order_no: 'O', merch_txn_ref: 'S' }), content);
  assert.notEqual(contentDigest({ order_no: 'R', merch_txn_ref: 'O' }), content);
});

test('a field that says its default is a field not sent, and any other value is another content', () => {
  const order = { merch_txn_ref: 'R', return_url: 'https://shop.example/' };
  const content = contentDigest(order);
  const said = { currency: 'VND', account_type: 'VV', shipping_fee: '0', tax_fee: '0' };
  assert.equal(contentDigest({ ...order, ...said, cancel_url: order.return_url }), content);
  for (const other of [
    { cancel_url: 'https://shop.example/x' },
    { shipping_fee: '1' },
    { branch_code: '0' },
  ]) {
    assert.notEqual(contentDigest({ ...order, ...other }), content);
  }
});
