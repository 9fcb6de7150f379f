import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { html } from './html.ts';
import { renderPage } from './page.ts';
import { pageHeaders, safeHref } from './page-headers.ts';

const plain = { locale: 'vi', environment: 'live', title: 'a <b>', body: html`<p>x</p>` } as const;

/** As a browser computes it, of the text between the tags. */
function hashIn(markup: string, element: 'style' | 'script'): string {
  const text = new RegExp(`<${element}>([^]*?)</${element}>`).exec(markup)?.[1] ?? '';
  assert.notEqual(text, '');
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

test('a page allows only its own style and script, posts only to us, and is framed by nobody', () => {
  const page = renderPage({
    ...plain,
    style: '.a{color:red}\n.b{color:blue}',
    script: 'alert("a")\nalert(1<2)',
  });
  const headers = pageHeaders(page);
  const policy = headers['content-security-policy'] ?? '';
  assert.match(policy, /^default-src 'none'; /);
  const sources = `; style-src ${hashIn(page.markup, 'style')}; script-src ${hashIn(page.markup, 'script')}; `;
  assert.ok(policy.includes(sources), policy);
  assert.match(policy, /form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal('refresh' in headers, false);
});

test('a page without a script allows none, and pages of different styles have policies of their own', () => {
  const policyOf = (more: { style?: string; script?: string }) =>
    pageHeaders(renderPage({ ...plain, ...more }))['content-security-policy'] ?? '';
  assert.match(policyOf({}), /; script-src 'none'; /);
  const policies = [{}, { style: '.a{}' }, { script: '1' }, { style: '.a{}', script: '1' }].map(policyOf);
  assert.equal(new Set(policies).size, policies.length);
});

test('the bytes of a page are its markup, however long it is and whatever stands in it', () => {
  for (const text of ['', 'Đơn hàng ₫', '\u{1F335} \ud83c broken', 'ế'.repeat(30_000), 'x'.repeat(70_000)]) {
    for (const kind of [plain, { ...plain, environment: 'sandbox', locale: 'en', columns: 'two' } as const]) {
      const page = renderPage({ ...kind, title: text, body: html`<p>${text}</p>`, script: '1' });
      assert.deepEqual(page.encode(), Buffer.from(page.markup));
      assert.ok(page.markup.endsWith('<script>1</script>\n</body>\n</html>'));
    }
  }
});

test('pages that are kept do not change each other', () => {
  const [one, other] = ['một', 'hai'].map((title) => renderPage({ ...plain, title }));
  const first = one?.encode();
  const second = other?.encode();
  assert.match(first?.toString() ?? '', /<title>một – viPay/);
  assert.match(second?.toString() ?? '', /<title>hai – viPay/);
});

test('the refresh names its address on one line, in ASCII', () => {
  const page = renderPage(plain);
  const headers = pageHeaders(page, {
    afterSeconds: 5,
    url: 'https://shop.example/kết quả?a=1;b="2"\r\nx: y',
  });
  assert.equal(headers.refresh, '5; url=https://shop.example/k%E1%BA%BFt%20qu%E1%BA%A3?a=1;b=%222%22x:%20y');
  assert.equal(pageHeaders(page, { afterSeconds: 3 }).refresh, '3');
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
  const refresh = { afterSeconds: 0, url: 'javascript:alert(1)' };
  assert.throws(() => pageHeaders(renderPage(plain), refresh));
});

test('paths of this host, web addresses and an app of its own scheme pass', () => {
  assert.equal(safeHref('/checkout/abc?stay=1'), '/checkout/abc?stay=1');
  assert.equal(safeHref('https://shop.example/ok?a=1#end'), 'https://shop.example/ok?a=1#end');
  assert.equal(safeHref('senda-shop://paid?ref=1'), 'senda-shop://paid?ref=1');
});

test('the document names its language, links the other one, and has a ribbon in the sandbox only', () => {
  const sandbox = renderPage({ ...plain, environment: 'sandbox' }).markup;
  assert.match(sandbox, /<html lang="vi">/);
  assert.match(sandbox, /<title>a &lt;b&gt; – viPay<\/title>/);
  assert.match(sandbox, /href="\?lang=en"/);
  assert.match(sandbox, /không phải tiền thật/);
  const live = renderPage({ ...plain, locale: 'en', languageHref: null }).markup;
  assert.doesNotMatch(live, /not real money|\?lang=/);
});
