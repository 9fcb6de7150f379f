import assert from 'node:assert/strict';
import { test } from 'node:test';
import { html } from './html.ts';
import { createNonce, pageHeaders, renderPage, safeHref } from './page.ts';

const nonce = 'abcdefghijklmnopqrstuv';

test('a page allows only what carries its nonce, posts only to us, and is framed by nobody', () => {
  const headers = pageHeaders({ nonce });
  const policy = headers['content-security-policy'] ?? '';
  assert.match(policy, /^default-src 'none'; /);
  assert.match(policy, new RegExp(`style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'`));
  assert.match(policy, /form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal('refresh' in headers, false);
});

test('a nonce that could write a policy of its own is refused', () => {
  assert.throws(() => pageHeaders({ nonce: "x' 'unsafe-inline" }));
});

test('two nonces differ and fit both the header and the attribute', () => {
  assert.notEqual(createNonce(), createNonce());
  assert.doesNotThrow(() => pageHeaders({ nonce: createNonce() }));
});

test('the refresh names its address on one line, in ASCII', () => {
  const headers = pageHeaders({
    nonce,
    refresh: { afterSeconds: 5, url: 'https://shop.example/kết quả?a=1;b="2"\r\nx: y' },
  });
  assert.equal(headers.refresh, '5; url=https://shop.example/k%E1%BA%BFt%20qu%E1%BA%A3?a=1;b=%222%22x:%20y');
  assert.equal(pageHeaders({ nonce, refresh: { afterSeconds: 3 } }).refresh, '3');
});

test('addresses that run or carry content are refused, also in disguise', () => {
  for (const address of [
    'javascript:alert(1)',
    ' JavaScript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'blob:https://a/b',
    '//other.example/x',
    '/\\other.example',
    '/\t/other.example',
    'no address',
  ]) {
    assert.equal(safeHref(address), null, JSON.stringify(address));
  }
  assert.throws(() => pageHeaders({ nonce, refresh: { afterSeconds: 0, url: 'javascript:alert(1)' } }));
});

test('paths of this host, web addresses and an app of its own scheme pass', () => {
  assert.equal(safeHref('/checkout/abc?stay=1'), '/checkout/abc?stay=1');
  assert.equal(safeHref('https://shop.example/ok?a=1#end'), 'https://shop.example/ok?a=1#end');
  assert.equal(safeHref('senda-shop://paid?ref=1'), 'senda-shop://paid?ref=1');
});

test('the document names its language, links the other one, and has a ribbon in the sandbox only', () => {
  const page = { locale: 'vi', nonce, title: 'a <b>', body: html`<p>x</p>` } as const;
  const sandbox = renderPage({ ...page, environment: 'sandbox' });
  assert.match(sandbox, /<html lang="vi">/);
  assert.match(sandbox, /<title>a &lt;b&gt; – viPay<\/title>/);
  assert.match(sandbox, /href="\?lang=en"/);
  assert.match(sandbox, /không phải tiền thật/);
  const live = renderPage({ ...page, environment: 'live', locale: 'en', languageHref: null });
  assert.doesNotMatch(live, /not real money|\?lang=/);
});
